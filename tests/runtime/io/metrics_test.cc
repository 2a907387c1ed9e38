// Files of metrics: CSV, JSON lines and event files.
#include "weft/metrics.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "runtime/io/event_records.h"
#include "tests/testing/error_of.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();

std::string path_of(const std::string& name) {
  const std::string path = ::testing::TempDir() + "weft_metrics_" + name;
  std::filesystem::remove_all(path);
  return path;
}

std::string contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(MetricsFile, WritesCsvWithOneHeader) {
  const std::string path = path_of("a.csv");
  MetricsFile file(path);
  file.write(10, {{"loss", 0.25}, {"accuracy", 0.9}});
  file.write(20, {{"loss", 0.1}, {"accuracy", 1}});
  EXPECT_EQ(contents(path), "step,loss,accuracy\n10,0.25,0.9\n20,0.1,1\n");
}

TEST(MetricsFile, WritesJsonLines) {
  const std::string path = path_of("a.jsonl");
  MetricsFile file(path);
  file.write(10, {{"loss", 0.25}, {"accuracy", 0.9}});
  file.write(20, {});
  EXPECT_EQ(contents(path), "{\"step\":10,\"loss\":0.25,\"accuracy\":0.9}\n{\"step\":20}\n");
}

TEST(MetricsFile, QuotesNames) {
  const std::string csv = path_of("names.csv"), json = path_of("names.jsonl");
  MetricsFile(csv).write(1, {{"a,b", 1}, {"say \"x\"", 2}, {"two\nlines", 3}});
  EXPECT_EQ(contents(csv), "step,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n1,1,2,3\n");
  MetricsFile(json).write(1, {{"say \"x\"\\\n", 2}});
  EXPECT_EQ(contents(json), "{\"step\":1,\"say \\\"x\\\"\\\\\\n\":2}\n");
  EXPECT_THAT(error_of([&] { MetricsFile(path_of("bad.jsonl")).write(1, {{"\xff", 1}}); }), HasSubstr("UTF-8"));
}

TEST(MetricsFile, WritesWhatIsNotFiniteAsDocumented) {
  const std::string csv = path_of("nan.csv"), json = path_of("nan.jsonl");
  const Metrics metrics{{"a", kNan}, {"b", kInf}, {"c", -kInf}};
  MetricsFile(csv).write(1, metrics);
  EXPECT_EQ(contents(csv), "step,a,b,c\n1,nan,inf,-inf\n");
  MetricsFile(json).write(1, metrics);
  EXPECT_EQ(contents(json), "{\"step\":1,\"a\":\"nan\",\"b\":\"inf\",\"c\":\"-inf\"}\n");
}

TEST(MetricsFile, WritesNumbersThatReadBackTheSame) {
  const std::string path = path_of("digits.csv");
  MetricsFile(path).write(INT64_MIN, {{"a", 0.1 + 0.2}, {"b", 1e300}, {"c", 5e-324}});
  EXPECT_EQ(contents(path), "step,a,b,c\n-9223372036854775808,0.30000000000000004,1e+300,5e-324\n");
}

TEST(MetricsFile, FailsAppendsOrReplacesAsAsked) {
  const std::string path = path_of("there.csv");
  MetricsFile(path).write(1, {{"loss", 1}});
  EXPECT_THAT(error_of([&] { MetricsFile file(path); }), HasSubstr("[MetricsFile] " + path + ": is there already"));
  MetricsFile(path, IfExists::append).write(2, {{"loss", 2}});
  EXPECT_EQ(contents(path), "step,loss\n1,1\n2,2\n");
  MetricsFile(path, IfExists::replace).write(3, {{"other", 3}});
  EXPECT_EQ(contents(path), "step,other\n3,3\n");
}

TEST(MetricsFile, RefusesOtherColumns) {
  const std::string path = path_of("columns.csv");
  MetricsFile file(path);
  file.write(1, {{"loss", 1}});
  EXPECT_THAT(error_of([&] {
                file.write(2, {{"accuracy", 1}});
              }),
              HasSubstr("its columns are others than step,accuracy"));
  MetricsFile again(path, IfExists::append);
  EXPECT_THAT(error_of([&] { again.write(2, {{"loss", 1}, {"accuracy", 1}}); }), HasSubstr("its columns are others"));
  EXPECT_THAT(error_of([&] { again.write(2, {{"loss", 1}, {"loss", 1}}); }), HasSubstr("\"loss\" is there twice"));
  EXPECT_EQ(contents(path), "step,loss\n1,1\n");
}

TEST(MetricsFile, RefusesPathsThatItCannotUse) {
  EXPECT_THAT(error_of([] { MetricsFile file("metrics.txt"); }), HasSubstr("must end in .csv or .jsonl"));
  EXPECT_THAT(error_of([] { MetricsFile file("/no/such/folder/a.csv"); }),
              HasSubstr("cannot be written: No such file"));
  const std::string path = path_of("half.jsonl");
  std::ofstream(path) << "{\"step\":1";
  EXPECT_THAT(error_of([&] { MetricsFile file(path, IfExists::append); }), HasSubstr("its last line has no end"));
}

TEST(MetricsFile, HoldsWholeRowsWhereTheDiskIsFull) {
  const std::string path = path_of("full.csv");
  MetricsFile file(path);
  file.write(1, {{"loss", 1}});
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit little{17, before.rlim_max};  // a part of the next row
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &little);
  const std::string error = error_of([&] { file.write(2, {{"loss", 0.123456789}}); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(error, HasSubstr("cannot be written: File too large"));
  file.write(3, {{"loss", 3}});
  EXPECT_EQ(contents(path), "step,loss\n1,1\n3,3\n");
}

TEST(MetricsFile, KeepsRowsOfSeveralThreadsWhole) {
  const std::string path = path_of("threads.csv");
  {
    MetricsFile file(path);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) file.write(7, {{"loss", 0.5}});
      });
    for (std::thread& thread : threads) thread.join();
  }
  std::string expected = "step,loss\n";
  for (int i = 0; i < 400; ++i) expected += "7,0.5\n";
  EXPECT_EQ(contents(path), expected);
}

// ---- TensorBoard

TEST(EventRecords, HaveChecksumsAsTheStandardSays) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(""), 0U);
}

// Byte for byte what tensorflow's writers make of the same event.
TEST(EventRecords, AreTheBytesOfTheFormat) {
  using namespace std::string_literals;
  EXPECT_EQ(version_event(1.5),
            "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x1a\x0d"
            "brain.Event:2"s);
  EXPECT_EQ(scalar_event(1.5, 300, "loss", 0.25F),
            "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f"  // wall_time
            "\x10\xac\x02"                          // step
            "\x2a\x0d\x0a\x0b"                      // summary, value
            "\x0a\x04loss"
            "\x15\x00\x00\x80\x3e"s);
  const std::string record = record_of("abc");
  EXPECT_EQ(record.size(), 8U + 4 + 3 + 4);
  EXPECT_EQ(record.substr(0, 8), "\x03\0\0\0\0\0\0\0"s);
  EXPECT_EQ(record.substr(12, 3), "abc");
}

TEST(Histogram, HasTheValuesByTheirSize) {
  const Histogram h = histogram_of({1, 1, 2, -3, 0});
  EXPECT_EQ(h.min, -3);
  EXPECT_EQ(h.max, 2);
  EXPECT_EQ(h.count, 5);
  EXPECT_EQ(h.sum, 1);
  EXPECT_EQ(h.sum_of_squares, 15);
  ASSERT_EQ(h.limits.size(), h.buckets.size());
  EXPECT_EQ(h.buckets.front(), 0);
  EXPECT_EQ(h.buckets[1], 1);
  EXPECT_LT(h.limits[0], -3);
  EXPECT_GE(h.limits[1], -3);
  EXPECT_EQ(h.buckets.back(), 1);
  EXPECT_GE(h.limits.back(), 2);
  double count = 0;
  for (const double n : h.buckets) count += n;
  EXPECT_EQ(count, 5);
}

// The records of a file, their checksums checked.
std::vector<std::string> records_of(const std::string& bytes) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at + 16 <= bytes.size();) {
    std::uint64_t size = 0;
    for (std::size_t i = 8; i-- > 0;) size = size << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    const std::string data = bytes.substr(at + 12, size);
    EXPECT_EQ(bytes.substr(at, 16 + size), record_of(data));
    records.push_back(data);
    at += 16 + size;
  }
  return records;
}

TEST(TensorBoard, WritesScalarsAndHistograms) {
  const std::string folder = path_of("board") + "/deep";
  TensorBoard board(folder);
  board.scalar("loss", 0.25, 3);
  board.scalars({{"a", 1}, {"b", kNan}}, 4);
  board.histogram("weights", ones({10}), 5);
  EXPECT_THAT(board.path(), StartsWith(folder + "/events.out.tfevents."));
  const std::vector<std::string> records = records_of(contents(board.path()));
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].substr(9), version_event(0).substr(9));
  EXPECT_EQ(records[1].substr(9), scalar_event(0, 3, "loss", 0.25F).substr(9));
  EXPECT_EQ(records[3].substr(9), scalar_event(0, 4, "b", std::numeric_limits<float>::quiet_NaN()).substr(9));
  EXPECT_EQ(records[4].substr(9), histogram_event(0, 5, "weights", histogram_of(std::vector<double>(10, 1))).substr(9));
}

TEST(TensorBoard, MakesAFileOfItsOwnForEachWriter) {
  const std::string folder = path_of("boards");
  const TensorBoard first(folder), second(folder);
  EXPECT_NE(first.path(), second.path());
}

TEST(TensorBoard, RefusesWhatNoReaderTakes) {
  const std::string folder = path_of("refused");
  TensorBoard board(folder);
  EXPECT_THAT(error_of([&] { board.scalar("", 1, 1); }), HasSubstr("a tag is empty"));
  EXPECT_THAT(error_of([&] { board.scalar("\xff", 1, 1); }), HasSubstr("UTF-8"));
  EXPECT_THAT(error_of([&] { board.histogram("w", Tensor(), 1); }), HasSubstr("undefined tensor"));
  EXPECT_THAT(error_of([&] { board.histogram("w", full({2}, kNan), 1); }), HasSubstr("no element that is finite"));
  EXPECT_THAT(error_of([&] { TensorBoard other("/dev/null/folder"); }),
              HasSubstr("[TensorBoard] /dev/null/folder: cannot be made"));
  EXPECT_EQ(records_of(contents(board.path())).size(), 1U);
}

}  // namespace
}  // namespace weft
