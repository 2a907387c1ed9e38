// Function::report(): a page about a program, as text and in a browser.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <zlib.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/reports/markup.h"
#include "runtime/reports/units.h"
#include "weft/function.h"
#include "weft/losses.h"
#include "weft/nn.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string path_of(const std::string& name) { return ::testing::TempDir() + "weft_report_" + name; }

std::string contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string report_of(const Function& function, const std::string& name) {
  const std::string path = path_of(name);
  function.report(path);
  const std::string text = contents(path);
  std::filesystem::remove(path);
  return text;
}

template <class F>
std::string error_of(F f, ErrorKind kind) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  return "no error";
}

// A step of training, called once.
Function training_step() {
  const auto model = std::make_shared<nn::Sequential>(nn::Linear(64, 32), nn::ReLU(), nn::Linear(32, 10));
  const auto optimizer = std::make_shared<optim::Adam>(model->parameters());
  Function step([model, optimizer](const std::vector<Tensor>& in) -> std::vector<Tensor> {
    const Tensor loss = cross_entropy((*model)(in[0]), in[1]);
    loss.backward();
    optimizer->step();
    optimizer->zero_grad();
    return {loss};
  });
  step.call({ones({16, 64}), zeros({16}, kInt64)});
  return step;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST(ReportPage, HasTheMemoryMapTheScheduleAndTheCalls) {
  const std::string text = report_of(training_step(), "training");
  EXPECT_THAT(text, HasSubstr("<title id=map-title>Memory map</title>"));
  EXPECT_THAT(text, HasSubstr("peak: step "));
  EXPECT_THAT(text, HasSubstr("Held at the peak"));
  EXPECT_THAT(text, HasSubstr("<title id=run-title>Schedule</title>"));
  EXPECT_THAT(text, HasSubstr("Critical path: "));
  EXPECT_THAT(text, HasSubstr("Work by operation and line"));
}

TEST(ReportPage, NamesOperationTypeLineAndBytesOfEachValue) {
  const Tensor w = ones({50, 20});
  const int line = __LINE__ + 1;
  const auto run = compile([&](Tensor x) { return matmul(softmax(x, 1), w).sum(); });
  run(ones({100, 50}));
  const std::string text = report_of(run, "values");
  EXPECT_THAT(text, HasSubstr("softmax %"));
  EXPECT_THAT(
      text, HasSubstr(": f32[100,50] (tests/runtime/reports/page_test.cc:" + std::to_string(line) + ")\n19.5 KiB at"));
  EXPECT_THAT(text, HasSubstr(">page_test.cc:" + std::to_string(line) + "</span>"));
  EXPECT_THAT(text, HasSubstr("GFLOP/s"));
}

TEST(ReportPage, AddsUpTheCallsOfOneLine) {
  const Tensor w = ones({8, 8});
  const auto run = compile([&](Tensor x) {
    for (int i = 0; i < 7; ++i) x = softmax(x, 1);
    return x;
  });
  run(w);
  const std::string text = report_of(run, "calls");
  const std::string calls = text.substr(text.find("id=calls"));
  EXPECT_EQ(count(calls, "<tr><th scope=row>"), 1U);
  EXPECT_THAT(calls, HasSubstr("<td class=n>7<td class=n>7<td class=n>"));
}

TEST(ReportPage, NeedsNoOtherFile) {
  const std::string text = report_of(training_step(), "alone");
  for (const char* outside : {"http", "<script", "<link", "@import", "url(", "src="})
    EXPECT_THAT(text, Not(HasSubstr(outside)));
}

TEST(ReportPage, TakesNamesOfFilesForText) {
  const char* const file = "a/<script>alert(\"1\")</script>&'.cc";
  const auto run = compile([&](Tensor x) { return x.softmax(1, SourceLocation::current(file, 7)); });
  run(ones({4, 4}));
  const std::string text = report_of(run, "names");
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;.cc:7"));
}

TEST(ReportPage, OfThousandsOfStepsIsNoLongerThanABrowserBears) {
  constexpr int kSteps = 3000;
  const auto run = compile([](Tensor x) {
    std::vector<Tensor> all;
    for (int i = 0; i < kSteps; ++i) all.push_back(x = softmax(x, 0));
    return all[0].matmul(x);
  });
  run(ones({8, 8}));
  const std::string text = report_of(run, "large");
  EXPECT_GE(run.stats().steps, static_cast<std::size_t>(kSteps));
  EXPECT_LT(text.size(), 2000000U);
  EXPECT_LE(count(text, "<rect"), 5000U);
  EXPECT_THAT(text, HasSubstr("too small to be drawn one by one"));
}

TEST(ReportPage, OfAProgramWithoutStepsSaysSo) {
  const auto run = compile([](Tensor x) { return x; });
  run(ones(2));
  EXPECT_THAT(report_of(run, "empty"), HasSubstr("There are no steps."));
}

TEST(ReportPage, ChangesNothing) {
  const Tensor w = ones({4}).requires_grad_();
  const auto step = compile([&](Tensor x) { (x * w).sum().backward(); });
  step(ones({4}));
  const auto before = w.grad().to_vector<float>();
  report_of(step, "nothing");
  EXPECT_EQ(w.grad().to_vector<float>(), before);
  EXPECT_EQ(step.stats().runs, 1U);
}

TEST(ReportPage, IsOfWhatWasRunLast) {
  const auto step = compile([](Tensor x) { return x * 2; });
  EXPECT_THAT(error_of([&] { step.report("anywhere"); }, ErrorKind::state), HasSubstr("[report] no program yet"));
  EXPECT_FALSE(std::filesystem::exists("anywhere"));
}

TEST(ReportPage, RefusesAPathThatCannotBeWritten) {
  const Function step = training_step();
  EXPECT_THAT(error_of([&] { step.report("/no/such/folder/page.html"); }, ErrorKind::io),
              HasSubstr("[report] /no/such/folder/page.html: cannot be written"));
}

TEST(ReportPage, LeavesTheOldPageWhereTheDiskIsFull) {
  const std::string path = path_of("full");
  std::ofstream(path) << "old";
  const Function step = training_step();
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit little{1000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &little);
  const std::string error = error_of([&] { step.report(path); }, ErrorKind::io);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(error, HasSubstr("cannot be written: File too large"));
  EXPECT_EQ(contents(path), "old");
  std::filesystem::remove(path);
}

// ---- In a browser

using Colour = std::array<std::uint8_t, 3>;

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes.at(at + i));
  return value;
}

std::uint8_t paeth(int left, int up, int corner) {
  const int p = left + up - corner, a = std::abs(p - left), b = std::abs(p - up), c = std::abs(p - corner);
  return static_cast<std::uint8_t>(a <= b && a <= c ? left : b <= c ? up : corner);
}

// The number of pixels of a colour in a PNG file of 8 bits RGB or RGBA (www.w3.org/TR/png-3).
std::size_t pixels_of(const std::string& png, const Colour& colour) {
  const std::size_t width = big_endian(png, 16), height = big_endian(png, 20), depth = png.at(25) == 6 ? 4 : 3;
  std::string packed;
  for (std::size_t at = 8; at + 12 <= png.size(); at += 12 + big_endian(png, at))
    if (png.substr(at + 4, 4) == "IDAT") packed += png.substr(at + 8, big_endian(png, at));
  const std::size_t stride = width * depth;
  std::vector<std::uint8_t> raw(height * (stride + 1));
  uLongf size = raw.size();
  if (::uncompress(raw.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()) != Z_OK) return 0;
  std::vector<std::uint8_t> above(stride, 0), row(stride);
  std::size_t found = 0;
  for (std::size_t y = 0; y < height; ++y) {
    const std::uint8_t* const line = raw.data() + y * (stride + 1);
    for (std::size_t i = 0; i < stride; ++i) {
      const int left = i < depth ? 0 : row[i - depth], up = above[i], corner = i < depth ? 0 : above[i - depth];
      const int guess[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
      row[i] = static_cast<std::uint8_t>(line[i + 1] + guess[line[0]]);
    }
    for (std::size_t i = 0; i < stride; i += depth)
      found += row[i] == colour[0] && row[i + 1] == colour[1] && row[i + 2] == colour[2];
    above = row;
  }
  return found;
}

TEST(ReportPage, IsDrawnByABrowserWithoutAMessage) {
  if (std::system("command -v chromium >/dev/null 2>&1") != 0) GTEST_SKIP() << "chromium is not installed";
  const std::string page = path_of("page.html"), picture = path_of("page.png"), log = path_of("log"),
                    profile = path_of("profile");
  training_step().report(page);
  const std::string command =
      "timeout 120 chromium --headless=new --no-sandbox --disable-gpu --no-first-run --user-data-dir=" + profile +
      " --window-size=1200,1600 --enable-logging=stderr --screenshot=" + picture + " file://" + page + " 2>" + log;
  EXPECT_EQ(std::system(command.c_str()), 0) << contents(log);
  EXPECT_THAT(contents(log), Not(HasSubstr("CONSOLE")));
  // The colour of the operation that takes most time: large boxes in both pictures.
  EXPECT_GT(pixels_of(contents(picture), {0x7a, 0xa6, 0xd8}), 20000U);
  for (const std::string& path : {page, picture, log, profile}) std::filesystem::remove_all(path);
}

// ---- Parts

TEST(Markup, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(escaped("a<b>&\"c'\n\x01"), "a&lt;b&gt;&amp;&quot;c&#39;\n ");
  EXPECT_EQ(escaped("\xc3\xa9"), "\xc3\xa9");
}

TEST(Raster, JoinsTheCellsOfARow) {
  Raster raster(4, 2);
  raster.cover(0, 0, 0.5, 0.5, 1);
  raster.cover(0.6, 0, 0.7, 0.1, 1);
  raster.cover(0, 0.9, 2, 1, 0);
  EXPECT_EQ(raster.path(4, 2, 1), "M0 0h3v1h-3z");
  EXPECT_EQ(raster.path(4, 2, 0), "M0 1h4v1h-4z");
  EXPECT_EQ(raster.path(4, 2, 2), "");
}

TEST(Ticks, AreRoundNumbers) {
  EXPECT_THAT(ticks(10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(ticks(3, 8, 1), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(ticks(0, 8), ElementsAre(0));
}

TEST(Units, HaveThreeDigits) {
  EXPECT_EQ(seconds_text(0.45e-6), "0.45 us");
  EXPECT_EQ(seconds_text(12.34e-3), "12.3 ms");
  EXPECT_EQ(seconds_text(0.9999), "1.00 s");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(rate_text(2e9, 1), "2.0 GFLOP/s");
  EXPECT_EQ(rate_text(0, 1), "");
}

}  // namespace
}  // namespace weft
