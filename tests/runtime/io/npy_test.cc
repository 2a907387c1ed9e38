// NumPy's files: what is written and read, and that no bytes at all can do harm.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/testing/damage.h"
#include "weft/io.h"
#include "weft/ops.h"

namespace weft::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weft::testing::Bytes;
using weft::testing::for_each_cut;
using weft::testing::for_each_flip;
using weft::testing::read_file;
using weft::testing::write_file;

std::string name_of_file() {
  return std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "/file";
}
std::string path_of_file() { return write_file(name_of_file(), {}); }

// A file of version 1.0 with this header, and these elements behind it.
Bytes npy(const std::string& header, const Bytes& elements) {
  Bytes bytes = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  bytes.push_back(static_cast<unsigned char>(header.size() & 0xff));
  bytes.push_back(static_cast<unsigned char>(header.size() >> 8));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), elements.begin(), elements.end());
  return bytes;
}

std::string dictionary(const std::string& descr, const std::string& fortran, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

Tensor load(const Bytes& bytes) { return load_npy(write_file(name_of_file(), bytes)); }

template <class F>
std::string error_of(F f) {
  try {
    f();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<unsigned char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// numpy.save(file, numpy.array([[1, 2, 3], [4, 5, 6]], dtype='<f4')) of NumPy 1.24.
TEST(SaveNpy, WritesTheBytesOfNumPy) {
  const std::string path = path_of_file();
  save_npy(path, tensor({{1.0F, 2.0F, 3.0F}, {4.0F, 5.0F, 6.0F}}));
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  header.resize(117, ' ');
  EXPECT_EQ(read_file(path), npy(header + "\n", from_hex("0000803f0000004000004040000080400000a0400000c040")));
}

TEST(SaveNpy, EveryTypeAndShapeComesBack) {
  const std::string path = path_of_file();
  const Tensor grid = tensor({{1.5, -0.0, 3.0}, {4.0, 1e-300, 6.0}}, kFloat64);
  for (const Tensor& saved : {tensor(2.5F), grid, grid.transpose(0, 1), tensor({INT64_MIN, INT64_MAX}),
                              tensor({INT32_MIN, INT32_MAX}, kInt32), tensor({0, 255}, kUInt8),
                              tensor({{true}, {false}}), zeros({3, 0, 2}), ones({1, 1, 1, 1, 1, 1, 1, 2})}) {
    save_npy(path, saved);
    for (const bool map : {true, false}) {
      const Tensor found = load_npy(path, map);
      EXPECT_EQ(found.dtype(), saved.dtype());
      EXPECT_EQ(to_string(found), to_string(saved));
    }
  }
  EXPECT_THROW(save_npy(path, Tensor()), Error);
}

TEST(LoadNpy, WritingToAMappedTensorDoesNotChangeTheFile) {
  const std::string path = path_of_file();
  save_npy(path, ones(100));
  const Bytes before = read_file(path);
  load_npy(path, true).fill_(3);
  EXPECT_EQ(read_file(path), before);
}

TEST(LoadNpy, ReadsFortransOrder) {
  const Tensor found = load(npy(dictionary("|b1", "True", "(2, 3)"), {1, 0, 0, 1, 1, 0}));
  EXPECT_EQ(found.shape(), Shape({2, 3}));
  EXPECT_THAT(found.to_vector<bool>(), ElementsAre(true, false, true, false, true, false));
  // numpy.asfortranarray(numpy.arange(12).reshape(2, 3, 2))[1, 2, 0] is 10.
  Bytes elements;
  for (const int i : {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11})
    for (int byte = 0; byte < 8; ++byte) elements.push_back(static_cast<unsigned char>(byte == 0 ? i : 0));
  EXPECT_THAT(load(npy(dictionary("<i8", "True", "(2, 3, 2)"), elements)).to_vector<std::int64_t>(),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST(LoadNpy, ReadsTheOtherByteOrder) {
  const Bytes elements = {0x3f, 0x80, 0, 0, 0x40, 0, 0, 0};
  EXPECT_THAT(load(npy(dictionary(">f4", "False", "(2,)"), elements)).to_vector<float>(), ElementsAre(1, 2));
  EXPECT_THAT(load(npy(dictionary(">f4", "True", "(1, 2)"), elements)).to_vector<float>(), ElementsAre(1, 2));
}

TEST(LoadNpy, ReadsLaterVersionsAndAnyOrderOfKeys) {
  const std::string header = "{ 'shape':(2,),\"fortran_order\" :False ,'descr':'=f4'} ";
  Bytes bytes = npy(header, Bytes(8));
  EXPECT_EQ(load(bytes).shape(), Shape({2}));
  for (const unsigned char version : {2, 3}) {
    Bytes later = bytes;
    later[6] = version;
    later.insert(later.begin() + 10, 2, 0);  // the length has 4 bytes
    EXPECT_EQ(load(later).shape(), Shape({2})) << int{version};
  }
}

TEST(LoadNpy, RefusesHeadersThatDeceive) {
  const auto refused = [](const std::string& header, std::size_t data, const std::string& rule) {
    EXPECT_THAT(error_of([&] { load(npy(header, Bytes(data))); }), HasSubstr(rule)) << header;
  };
  refused(dictionary("<f4", "False", "(2,)"), 7, "holds 7 bytes of elements, its header claims 8");
  refused(dictionary("<f4", "False", "(2,)"), 9, "holds 9 bytes of elements, its header claims 8");
  refused(dictionary("<f2", "False", "(2,)"), 4, R"("<f2", which Weft has not)");
  refused(dictionary("|f4", "False", "(2,)"), 8, "which Weft has not");
  refused(dictionary("f4", "False", "(2,)"), 8, "which Weft has not");
  refused(dictionary("|O", "False", "(2,)"), 8, "which Weft has not");
  refused(dictionary("", "False", "(2,)"), 8, "which Weft has not");
  refused(dictionary("<f4", "Maybe", "(2,)"), 8, "is no dictionary");
  refused(dictionary("<f4", "False", "(2)"), 8, "is no dictionary");
  refused(dictionary("<f4", "False", "[2,]"), 8, "is no dictionary");
  refused(dictionary("<f4", "False", "(2, 1"), 8, "is no dictionary");
  refused(dictionary("<f4", "False", "(-2,)"), 8, "negative extent");
  refused(dictionary("<f4", "False", "(4294967296, 4294967296)"), 0, "more than 2^40 elements");
  refused(dictionary("<f4", "False", "(99999999999999999999,)"), 0, "is no dictionary");
  refused(dictionary("<f4", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 4, "more than 8 dims");
  refused("{'descr': '<f4', 'shape': (2,), }", 8, "is no dictionary");
  refused("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 8, "\"descr\" twice");
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", 8, "is no dictionary");
  refused("{'descr': ", 8, "is no dictionary");
  refused("", 8, "is no dictionary");
  refused(dictionary("|b1", "False", "(1,)") + std::string(1, '\0'), 1, "is no dictionary");
  EXPECT_THAT(error_of([] { load(npy(dictionary("|b1", "False", "(1,)"), {2})); }), HasSubstr("neither 0 nor 1"));
}

TEST(LoadNpy, RefusesEveryCut) {
  const Bytes whole = npy(dictionary("<f4", "False", "(2,)"), Bytes(8));
  for_each_cut(whole, [](const Bytes& cut, std::size_t size) { EXPECT_NE(error_of([&] { load(cut); }), "") << size; });
}

// The format has no checksum: a flip may give other numbers, or as many bytes in another shape.
TEST(LoadNpy, EveryFlipGivesAnErrorOrAsManyBytes) {
  std::size_t refused = 0;
  for_each_flip(npy(dictionary("<f4", "False", "(2,)"), Bytes(8)), [&](const Bytes& damaged, std::size_t place) {
    try {
      const Tensor found = load(damaged);
      EXPECT_EQ(static_cast<std::size_t>(found.numel()) * size_of(found.dtype()), 8U) << place;
    } catch (const Error&) {
      ++refused;
    }
  });
  EXPECT_GT(refused, 500U);
}

// ---- npz

StateDict load_archive(const Bytes& bytes) { return load_npz(write_file(name_of_file(), bytes)); }

const StateDict::Entry& at(const StateDict& tensors, std::size_t i) {
  return *(tensors.begin() + static_cast<std::ptrdiff_t>(i));
}

// numpy.savez_compressed(file, a=numpy.zeros((2, 3), '<f4'), b=numpy.array([7], '<i8')) of NumPy 1.24.
const std::string kCompressedByNumPy =
    "504b03041400000008000000210078b32618490000009800000005001400612e6e707901001000980000000000000049000000000000009b"
    "ec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a"
    "463a0ac69a3a0ab50a64032e061c0000504b030414000000080000002100b9937b98480000008800000005001400622e6e70790100100088"
    "0000000000000048000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f54529498179f5f94920a"
    "12774bcc294e058a17672416a402f91a863a9a3a0ab50a14002e7606080000504b010214031400000008000000210078b326184900000098"
    "000000050000000000000000000000800100000000612e6e7079504b0102140314000000080000002100b9937b9848000000880000000500"
    "00000000000000000000800180000000622e6e7079504b0506000000000200020066000000ff0000000000";

// numpy.savez(file, a=numpy.array([1, 2], '<f4')).
const std::string kStoredByNumPy =
    "504b0304140000000000000021009acaabe7880000008800000005001400612e6e7079010010008800000000000000880000000000000093"
    "4e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065"
    "273a2028322c292c207d20202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
    "20202020202020202020202020200a0000803f00000040504b01021403140000000000000021009acaabe788000000880000000500000000"
    "00000000000000800100000000612e6e7079504b0506000000000100010033000000bf0000000000";

TEST(LoadNpz, ReadsWhatNumPyWrites) {
  const StateDict compressed = load_archive(from_hex(kCompressedByNumPy));
  ASSERT_EQ(compressed.size(), 2U);
  EXPECT_EQ(at(compressed, 0).first, "a");
  EXPECT_EQ(to_string(at(compressed, 0).second), to_string(zeros({2, 3})));
  EXPECT_EQ(at(compressed, 1).first, "b");
  EXPECT_THAT(at(compressed, 1).second.to_vector<std::int64_t>(), ElementsAre(7));
  const StateDict stored = load_archive(from_hex(kStoredByNumPy));
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_THAT(at(stored, 0).second.to_vector<float>(), ElementsAre(1, 2));
}

TEST(SaveNpz, ComesBackStoredAndDeflated) {
  const std::string path = path_of_file();
  const StateDict saved = {
      {"x/\xc3\xa4", randn({300, 70})}, {"flags", tensor({true, false})}, {"none", zeros(0)}, {"same", full(99999, 2)}};
  std::size_t sizes[2];
  for (const bool compressed : {false, true}) {
    save_npz(path, saved, compressed);
    const StateDict found = load_npz(path);
    ASSERT_EQ(found.size(), saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i) {
      EXPECT_EQ(at(found, i).first, at(saved, i).first);
      EXPECT_EQ(to_string(at(found, i).second), to_string(at(saved, i).second));
    }
    EXPECT_EQ(at(found, 0).second.to_vector<float>(), at(saved, 0).second.to_vector<float>());
    sizes[compressed] = read_file(path).size();
  }
  EXPECT_LT(sizes[1], sizes[0] - 300000);
  save_npz(path, {});
  EXPECT_TRUE(load_npz(path).empty());
  EXPECT_THROW(save_npz(path, {{"", ones(1)}}), Error);
  EXPECT_THROW(save_npz(path, {{std::string(70000, 'a'), ones(1)}}), Error);
}

// Names, sizes and elements are protected by the checksums or by each other; only what no reader looks at is free.
TEST(LoadNpz, EveryFlipGivesAnErrorOrTheSameElements) {
  for (const std::string& hex : {kStoredByNumPy, kCompressedByNumPy}) {
    std::size_t refused = 0;
    const StateDict right = load_archive(from_hex(hex));
    for_each_flip(from_hex(hex), [&](const Bytes& damaged, std::size_t place) {
      try {
        const StateDict found = load_archive(damaged);
        ASSERT_EQ(found.size(), right.size()) << place;
        for (std::size_t i = 0; i < right.size(); ++i)
          EXPECT_EQ(to_string(at(found, i).second), to_string(at(right, i).second)) << place;
      } catch (const Error&) {
        ++refused;
      }
    });
    EXPECT_GT(refused, hex.size() / 2 * 9 / 2);
  }
}

TEST(LoadNpz, RefusesEveryCut) {
  for (const std::string& hex : {kStoredByNumPy, kCompressedByNumPy})
    for_each_cut(from_hex(hex), [](const Bytes& cut, std::size_t size) {
      EXPECT_NE(error_of([&] { load_archive(cut); }), "") << size;
    });
}

// A member that claims to unpack to 4 GB takes no memory: deflate packs 1032 times at most.
TEST(LoadNpz, RefusesSizesThatCannotBe) {
  Bytes bytes = from_hex(kCompressedByNumPy);
  const std::size_t directory = 0xff;
  for (std::size_t i = 0; i < 3; ++i) bytes[directory + 24 + i] = 0xff;
  EXPECT_THAT(error_of([&] { load_archive(bytes); }), HasSubstr("cannot unpack to the size"));
  bytes = from_hex(kCompressedByNumPy);
  bytes[directory + 51 + 42] = 0;  // the second member begins where the first does
  EXPECT_THAT(error_of([&] { load_archive(bytes); }), HasSubstr("overlaps what follows it"));
}

// ---- The same with Python, where it is installed

TEST(Python, ReadsAndWritesTheSameFiles) {
  const std::string path = path_of_file(), python = "/usr/bin/python3 -c \"import numpy as np\n";
  const auto run = [&](const std::string& program) { return std::system((python + program + "\"").c_str()); };
  if (run("") != 0) GTEST_SKIP() << "python3-numpy is not installed";
  const Tensor x = tensor({{1.5F, -2.0F}, {3.0F, 4.0F}});
  save_npy(path, x);
  EXPECT_EQ(run("assert np.load('" + path + "').tolist() == [[1.5, -2], [3, 4]]"), 0);
  for (const bool compressed : {false, true}) {
    save_npz(path, {{"x", x}, {"\xc3\xa4", tensor({true, false})}, {"n", zeros({0, 2}, kInt64)}}, compressed);
    EXPECT_EQ(run("f = np.load('" + path +
                  "')\nassert f.files == ['x', '\xc3\xa4', 'n'] and f['x'].tolist() == [[1.5, -2], [3, 4]]\n"
                  "assert f['\xc3\xa4'].tolist() == [True, False] and f['n'].shape == (0, 2) and f['n'].dtype == 'i8'"),
              0);
  }
  EXPECT_EQ(run("np.savez_compressed('" + path + ".npz', a=np.arange(6.).reshape(2, 3).T, b=np.array(3, '>i8'))"), 0);
  const StateDict found = load_npz(path + ".npz");
  EXPECT_THAT(at(found, 0).second.to_vector<double>(), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_EQ(at(found, 1).second.item(), 3);
}

}  // namespace
}  // namespace weft::io
