// safetensors files: what is written and read, and that no bytes at all can do harm.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "graph/storage.h"
#include "tests/testing/damage.h"
#include "weft/io.h"
#include "weft/ops.h"

namespace weft::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using weft::testing::Bytes;
using weft::testing::for_each_cut;
using weft::testing::for_each_flip;
using weft::testing::read_file;
using weft::testing::write_file;

// A file with this header, and so many bytes 0, 1, 2, ... behind it.
Bytes file_of(const std::string& header, std::size_t data) {
  Bytes bytes(8);
  const std::uint64_t size = header.size();
  std::memcpy(bytes.data(), &size, 8);
  bytes.insert(bytes.end(), header.begin(), header.end());
  for (std::size_t i = 0; i < data; ++i) bytes.push_back(static_cast<unsigned char>(i));
  return bytes;
}

// Kept in a folder of its own for each test, since tests run side by side.
std::string path_of(const std::string& name) {
  return write_file(std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "/" + name, {});
}

TensorFile load(const Bytes& bytes, const LoadOptions& options = {}) {
  const std::string path = path_of("file");
  write_file(path.substr(::testing::TempDir().size() + 1), bytes);
  return load_safetensors(path, options);
}

std::string error_of(const Bytes& bytes) {
  try {
    load(bytes);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

void expect_refused(const std::string& header, std::size_t data, const std::string& rule) {
  EXPECT_THAT(error_of(file_of(header, data)), HasSubstr(rule)) << header;
}

std::vector<std::string> names_of(const StateDict& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

const Tensor& at(const StateDict& tensors, std::size_t i) {
  return (tensors.begin() + static_cast<std::ptrdiff_t>(i))->second;
}

// What Python's safetensors.torch.save({"weight": torch.tensor([[1., 2.], [3., 4.]]), "steps": torch.tensor(7)},
// metadata={"format": "pt"}) makes.
TEST(LoadSafetensors, ReadsWhatPythonWrites) {
  std::string header = R"({"__metadata__":{"format":"pt"},"steps":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                       R"("weight":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  Bytes bytes = file_of(header, 0);
  const std::int64_t steps = 7;
  const float weight[] = {1, 2, 3, 4};
  bytes.resize(bytes.size() + 24);
  std::memcpy(&bytes[bytes.size() - 24], &steps, 8);
  std::memcpy(&bytes[bytes.size() - 16], weight, 16);
  const auto [tensors, metadata] = load(bytes);
  EXPECT_THAT(names_of(tensors), ElementsAre("steps", "weight"));
  EXPECT_EQ(at(tensors, 0).item<std::int64_t>(), 7);
  EXPECT_EQ(at(tensors, 1).shape(), Shape({2, 2}));
  EXPECT_THAT(at(tensors, 1).to_vector<float>(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(metadata, ElementsAre(Pair("format", "pt")));
  EXPECT_FALSE(at(tensors, 1).requires_grad());
}

TEST(SaveSafetensors, WritesTheseBytes) {
  const std::string path = path_of("file");
  save_safetensors(path, {{"a", tensor({1.0F, 2.0F})}, {"b\"", tensor({true, false, true})}}, {{"note", "x\ny"}});
  std::string header = R"({"__metadata__":{"note":"x\ny"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                       R"("b\"":{"dtype":"BOOL","shape":[3],"data_offsets":[8,11]}})";
  header.resize(184, ' ');  // 8 + 184 is a multiple of 64
  Bytes expected = file_of(header, 0);
  for (const int byte : {0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 1, 0, 1})
    expected.push_back(static_cast<unsigned char>(byte));
  EXPECT_EQ(read_file(path), expected);
}

TEST(SaveSafetensors, EveryTypeAndShapeComesBack) {
  const std::string path = path_of("file");
  const Tensor grid = tensor({{1.5, -0.0, INFINITY}, {NAN, 1e-300, 3}}, kFloat64);
  const StateDict saved = {{"scalar", tensor(2.5F)},
                           {"grid", grid},
                           {"turned", grid.transpose(0, 1)},  // a view is written as its elements lie
                           {"whole", tensor({INT64_MIN, INT64_MAX})},
                           {"whole32", tensor({INT32_MIN, INT32_MAX}, kInt32)},
                           {"bytes", tensor({0, 255}, kUInt8)},
                           {"flags", tensor({{true}, {false}})},
                           {"nothing", zeros({3, 0, 2})},
                           {"computed", ones({2, 2}).requires_grad_() * 3},
                           {"\xc3\xa4 \\ \" \n", zeros({16})}};
  save_safetensors(path, saved, {{"", "empty key"}, {"\xe2\x82\xac", "\t"}});
  for (const bool map : {true, false}) {
    const TensorFile found = load_safetensors(path, {.map = map});
    EXPECT_EQ(names_of(found.tensors), names_of(saved));
    for (std::size_t i = 0; i < saved.size(); ++i) {
      EXPECT_EQ(at(found.tensors, i).dtype(), at(saved, i).dtype());
      EXPECT_EQ(to_string(at(found.tensors, i)), to_string(at(saved, i).detach())) << i;
    }
    EXPECT_EQ(found.metadata.at("\xe2\x82\xac"), "\t");
    EXPECT_EQ(found.metadata.at(""), "empty key");
  }
}

TEST(SaveSafetensors, NothingIsAFileToo) {
  const std::string path = path_of("file");
  save_safetensors(path, {});
  const TensorFile found = load_safetensors(path);
  EXPECT_TRUE(found.tensors.empty());
  EXPECT_TRUE(found.metadata.empty());
}

TEST(SaveSafetensors, RefusesNamesThatNoReaderWouldTake) {
  const std::string path = path_of("file");
  const Bytes before = read_file(path);
  const Tensor x = ones(2);
  for (const StateDict& tensors : {StateDict{{"", x}}, {{"__metadata__", x}}, {{"\xff", x}}})
    EXPECT_THROW(save_safetensors(path, tensors), Error);
  EXPECT_THROW(save_safetensors(path, {{"a", x}}, {{"\xff", ""}}), Error);
  EXPECT_THROW(save_safetensors(path, {{"a", x}}, {{"", "\xc3"}}), Error);
  EXPECT_EQ(read_file(path), before);
}

TEST(LoadSafetensors, MapsWhatIsAlignedAndCopiesTheRest) {
  const std::string path = path_of("file");
  save_safetensors(path, {{"odd", ones(3)}, {"even", ones(16)}, {"large", ones({64, 64})}, {"last", ones(5)}});
  const std::size_t before = Buffer::allocations();
  const TensorFile mapped = load_safetensors(path);
  // What fills whole lines of 64 bytes comes first in the file, and "odd" follows it.
  EXPECT_EQ(Buffer::allocations() - before, 1U);
  const TensorFile copied = load_safetensors(path, {.map = false});
  EXPECT_EQ(Buffer::allocations() - before, 5U);
  for (const auto& [name, tensor] : mapped.tensors)
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data_ptr<float>()) % 64, 0U) << name;
}

TEST(LoadSafetensors, WritingToATensorDoesNotChangeTheFileNorItsNeighbours) {
  const std::string path = path_of("file");
  save_safetensors(path, {{"a", ones(16)}, {"b", ones(16)}});
  const Bytes before = read_file(path);
  const TensorFile first = load_safetensors(path), second = load_safetensors(path);
  at(first.tensors, 0).fill_(5);
  at(first.tensors, 0).mutable_data_ptr<float>()[0] = 6;
  EXPECT_EQ(at(first.tensors, 1).sum().item(), 16);
  EXPECT_EQ(at(second.tensors, 0).sum().item(), 16);
  EXPECT_EQ(read_file(path), before);
}

TEST(LoadSafetensors, AMappedFileMayBeReplacedAndRemoved) {
  const std::string path = path_of("file");
  save_safetensors(path, {{"a", ones(1024)}});
  const TensorFile old = load_safetensors(path);
  save_safetensors(path, {{"a", zeros(16)}});
  EXPECT_EQ(at(old.tensors, 0).sum().item(), 1024);
  EXPECT_EQ(at(load_safetensors(path).tensors, 0).sum().item(), 0);
}

TEST(LoadSafetensors, RenamesPrefixes) {
  const std::string path = path_of("file");
  save_safetensors(path, {{"module.0.weight", ones(1)}, {"module.0.bias", ones(1)}, {"0.bias", ones(1)}});
  const LoadOptions drop{.rename = {{"module.0.w", "w"}, {"module.", "x."}}};
  EXPECT_THAT(names_of(load_safetensors(path, drop).tensors), ElementsAre("weight", "x.0.bias", "0.bias"));
  const LoadOptions clash{.rename = {{"module.", ""}}};
  EXPECT_THROW(load_safetensors(path, clash), Error);
}

// The ways in which files have been made to deceive readers: each of them names what is wrong.
TEST(LoadSafetensors, RefusesHeadersThatDeceive) {
  const auto a = [](const std::string& fields) { return R"({"a":{)" + fields + "}}"; };
  const std::string good = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";
  EXPECT_EQ(error_of(file_of(a(good), 4)), "");
  expect_refused(a(good), 3, "has 3 bytes of elements, its header claims more");
  expect_refused(a(good), 5, "has 5 bytes of elements, its header claims 4");
  expect_refused(" " + a(good), 4, "must begin with {");
  expect_refused("[1]", 4, "must begin with {");
  expect_refused("", 4, "must begin with {");
  expect_refused(a(good) + "x", 4, "is no JSON");
  expect_refused(a(good) + a(good), 4, "is no JSON");
  expect_refused(a(good).substr(0, 20), 4, "is no JSON");
  expect_refused("{\"a\xff\":{" + good + "}}", 4, "is no JSON");
  expect_refused(R"({"a":{)" + good + R"(},"a":{)" + good + "}}", 4, R"(has "a" twice)");
  expect_refused(a(good + R"(,"shape":[1])"), 4, R"(has "shape" twice)");
  expect_refused(a(good + R"(,"more":1)"), 4, R"(tensor "a" has "more")");
  expect_refused(a(R"("dtype":"F32","shape":[1])"), 4, "lacks its dtype");
  expect_refused("{\"a\":{}}", 0, "lacks its dtype");
  expect_refused("{\"a\":4}", 0, "which is no object");
  expect_refused(R"({"__metadata__":{"a":1}})", 0, "is no text");
  expect_refused(R"({"__metadata__":{"a":{"b":"c"}}})", 0, "an object in a place that has none");
  expect_refused(a(R"("dtype":"BF16","shape":[1],"data_offsets":[0,2])"), 2, R"("BF16", which Weft has not)");
  expect_refused(a(R"("dtype":4,"shape":[1],"data_offsets":[0,4])"), 4, R"("dtype", which is not)");
  expect_refused(a(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), 4, "other things than whole");
  expect_refused(a(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), 4, "other things than whole");
  expect_refused(a(R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])"), 4, "a list in a place");
  expect_refused(a(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,4])"), 4, "has no two data_offsets");
  expect_refused(a(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), 4, "of other bytes than");
  expect_refused(a(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4, "of other bytes than");
  expect_refused(a(R"("dtype":"F32","shape":[1],"data_offsets":[1,5])"), 5, "begins at 1 and not at 0");
  expect_refused(a(R"("dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,18446744073709551616])"), 4,
                 "other things than whole");
  expect_refused(a(R"("dtype":"BOOL","shape":[2],"data_offsets":[1,3])"), 3, "begins at 1");
  expect_refused(a(R"("dtype":"BOOL","shape":[3],"data_offsets":[0,3])"), 3, "neither 0 nor 1");
  expect_refused(std::string(10000, '{'), 0, "is no JSON");
  expect_refused("{\"a\":" + std::string(10000, '['), 0, "a list in a place that has none");
}

TEST(LoadSafetensors, RefusesShapesWhoseSizeOverflows) {
  for (const std::string shape : {"4294967296,4294967296", "9223372036854775807,2,2", "18446744073709551615",
                                  "0,9223372036854775807,9223372036854775807", "1,1,1,1,1,1,1,1,1"}) {
    const std::string header = R"({"a":{"dtype":"F32","shape":[)" + shape + R"(],"data_offsets":[0,0]}})";
    EXPECT_NE(error_of(file_of(header, 0)), "") << shape;
  }
}

TEST(LoadSafetensors, RefusesTensorsThatShareBytesOrLeaveAHole) {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + first +
           R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + second + "}}";
  };
  EXPECT_EQ(error_of(file_of(two("[4,8]", "[0,4]"), 8)), "");
  expect_refused(two("[0,4]", "[0,4]"), 4, "begins at 0 and not at 4");
  expect_refused(two("[0,4]", "[2,6]"), 6, "begins at 2 and not at 4");
  expect_refused(two("[0,4]", "[8,12]"), 12, "begins at 8 and not at 4");
}

TEST(LoadSafetensors, RefusesLengthsThatAreNotTheHeaders) {
  Bytes bytes = file_of("{}", 0);
  for (const std::uint64_t size : {std::uint64_t{3}, std::uint64_t{100'000'001}, UINT64_MAX, UINT64_MAX - 7}) {
    std::memcpy(bytes.data(), &size, 8);
    EXPECT_NE(error_of(bytes), "") << size;
  }
  EXPECT_NE(error_of(Bytes(7)), "");
  EXPECT_NE(error_of({}), "");
}

TEST(LoadSafetensors, RefusesWhatIsNoRegularFile) {
  EXPECT_THROW(load_safetensors(::testing::TempDir()), Error);
  EXPECT_THROW(load_safetensors("/dev/zero"), Error);
  EXPECT_THROW(load_safetensors("/no/such/file"), Error);
}

// A name cannot garble a terminal or fill it.
TEST(LoadSafetensors, ErrorsNameTensorsInShort) {
  const std::string text = error_of(
      file_of("{\"" + std::string(5000, 'n') + R"(\u001b[2J":{"dtype":"F3","shape":[],"data_offsets":[0,0]}})", 0));
  EXPECT_THAT(text, HasSubstr("nnn\"..."));
  EXPECT_LT(text.size(), 1000U);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

Bytes small_file() {
  const std::string path = path_of("small");
  save_safetensors(path, {{"a", tensor({1.0F, 2.0F})}, {"b", tensor({true})}}, {{"k", "v"}});
  return read_file(path);
}

TEST(LoadSafetensors, RefusesEveryCut) {
  for_each_cut(small_file(), [](const Bytes& cut, std::size_t size) { EXPECT_NE(error_of(cut), "") << size; });
}

// The format has no checksum: a flip may give other numbers and other names, and never other sizes.
TEST(LoadSafetensors, EveryFlipGivesAnErrorOrTensorsOfTheSameSizes) {
  std::size_t refused = 0, read = 0;
  for_each_flip(small_file(), [&](const Bytes& damaged, std::size_t place) {
    try {
      const TensorFile found = load(damaged);
      std::size_t bytes = 0;
      for (const auto& [name, tensor] : found.tensors)
        bytes += static_cast<std::size_t>(tensor.numel()) * size_of(tensor.dtype());
      EXPECT_TRUE(bytes == 9 || bytes == 0) << place;
      ++read;
    } catch (const Error&) {
      ++refused;
    }
  });
  EXPECT_GT(refused, 500U);
  EXPECT_GT(read, 50U);
}

// ---- Several files

class Sharded : public ::testing::Test {
 protected:
  void SetUp() override {
    index_ = path_of("model.safetensors.index.json");
    folder_ = index_.substr(0, index_.rfind('/') + 1);
    save_safetensors(folder_ + "1.safetensors", {{"a", ones(1)}, {"b", ones(2)}}, {{"format", "pt"}});
    save_safetensors(folder_ + "2.safetensors", {{"c", ones(3)}});
  }
  TensorFile load_index(const std::string& text) {
    write_file(index_.substr(::testing::TempDir().size() + 1), Bytes(text.begin(), text.end()));
    return load_sharded_safetensors(index_);
  }
  std::string index_, folder_;
};

TEST_F(Sharded, TensorsComeInTheOrderOfTheIndex) {
  const TensorFile found = load_index(R"({"metadata":{"total_size":24,"x":null},)"
                                      R"("weight_map":{"c":"2.safetensors","a":"1.safetensors","b":"1.safetensors"}})");
  EXPECT_THAT(names_of(found.tensors), ElementsAre("c", "a", "b"));
  EXPECT_EQ(at(found.tensors, 0).numel(), 3);
  EXPECT_THAT(found.metadata, ElementsAre(Pair("format", "pt")));
}

TEST_F(Sharded, RefusesAnIndexThatLeavesItsFolderOrIsWrong) {
  EXPECT_NO_THROW(load_index(R"({"weight_map":{}})"));
  for (const std::string text :
       {R"({"weight_map":{"a":"../1.safetensors"}})", R"({"weight_map":{"a":"/etc/passwd"}})",
        R"({"weight_map":{"a":".."}})", R"({"weight_map":{"a":""}})", R"({"weight_map":{"a":"1.safetensors\u0000"}})",
        R"({"weight_map":{"a":1}})", R"({"weight_map":"1.safetensors"})", R"({"weight_map":{"a":"3.safetensors"}})",
        R"({"weight_map":{"c":"1.safetensors"}})", R"({"weight_map":{"a":{}}})", "{}", "", "[]", "null"})
    EXPECT_THROW(load_index(text), Error) << text;
}

}  // namespace
}  // namespace weft::io
