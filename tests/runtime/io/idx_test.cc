// Reading IDX files: what they hold, and that no bytes at all can do harm.
#include <gtest/gtest.h>

#include <random>

#include "tests/testing/idx_file.h"
#include "weft/data.h"

namespace weft::data {
namespace {

using testing::Bytes;
using testing::gzip;
using testing::idx_bytes;
using testing::write_file;

constexpr unsigned char kU8 = 0x08, kI8 = 0x09, kI16 = 0x0b, kI32 = 0x0c, kF32 = 0x0d, kF64 = 0x0e;

// The file of most tests: u8[2,3].
Bytes small_file() { return idx_bytes(kU8, {2, 3}, {1, 2, 3, 4, 5, 250}); }

IdxArray read(const Bytes& bytes) { return read_idx(write_file("idx_test_file", bytes)); }

// What reading throws; "" where it does not.
std::string error_of(const Bytes& bytes) {
  const std::string path = write_file("idx_test_file", bytes);
  try {
    read_idx(path);
    return "";
  } catch (const Error& error) {
    const std::string text = error.what(), start = "[read_idx] " + path + ": ";
    EXPECT_EQ(text.substr(0, start.size()), start);
    return text.substr(start.size());
  }
}

void expect_error(const Bytes& bytes, const std::string& rule) {
  EXPECT_EQ(error_of(bytes).substr(0, rule.size()), rule);
}

template <class T>
std::vector<T> values(const Bytes& bytes) {
  return to_tensor(read(bytes)).to_vector<T>();
}

TEST(ReadIdx, GivesTypeShapeAndBytes) {
  const IdxArray array = read(small_file());
  EXPECT_EQ(array.type, IdxType::u8);
  EXPECT_EQ(array.shape, Shape({2, 3}));
  EXPECT_EQ(array.bytes, (Bytes{1, 2, 3, 4, 5, 250}));
}

TEST(ReadIdx, ReadsGzipByItsFirstBytesAndNotByTheName) {
  const IdxArray array = read(gzip(small_file()));
  EXPECT_EQ(array.shape, Shape({2, 3}));
  EXPECT_EQ(array.bytes, (Bytes{1, 2, 3, 4, 5, 250}));
}

TEST(ReadIdx, ReadsEveryElementType) {
  EXPECT_EQ(values<std::int64_t>(idx_bytes(kU8, {2}, {7, 255})), (std::vector<std::int64_t>{7, 255}));
  EXPECT_EQ(values<std::int64_t>(idx_bytes(kI8, {2}, {7, 255})), (std::vector<std::int64_t>{7, -1}));
  EXPECT_EQ(values<std::int64_t>(idx_bytes(kI16, {2}, {1, 2, 0xff, 0xfe})), (std::vector<std::int64_t>{258, -2}));
  EXPECT_EQ(values<std::int64_t>(idx_bytes(kI32, {1}, {0, 1, 0, 2})), (std::vector<std::int64_t>{65538}));
  EXPECT_EQ(values<float>(idx_bytes(kF32, {1}, {0x3f, 0xc0, 0, 0})), std::vector<float>{1.5F});
  EXPECT_EQ(values<double>(idx_bytes(kF64, {1}, {0xc0, 0, 0, 0, 0, 0, 0, 0})), std::vector<double>{-2.0});
}

TEST(ReadIdx, TensorHasTheShapeOfTheArray) {
  const Tensor tensor = to_tensor(read(small_file()));
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
  EXPECT_EQ(tensor.dtype(), DType::i64);
}

TEST(ReadIdx, ArraysOfNoElements) {
  EXPECT_EQ(read(idx_bytes(kF32, {0, 3}, {})).shape, Shape({0, 3}));
  EXPECT_EQ(to_tensor(read(idx_bytes(kF64, {0}, {}))).numel(), 0);
  expect_error(idx_bytes(kU8, {0, 3}, {1}), "has bytes after the 0");
}

TEST(ReadIdx, UpToEightDimensions) {
  EXPECT_EQ(read(idx_bytes(kU8, {1, 1, 1, 1, 1, 1, 1, 1}, {9})).shape.rank(), 8);
  expect_error(idx_bytes(kU8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {9}), "has 9 dimensions");
  expect_error(idx_bytes(kU8, {}, {9}), "has 0 dimensions");
}

TEST(ReadIdx, RefusesOtherFiles) {
  expect_error({}, "ends inside its header");
  expect_error({'n', 'o', ' ', 'i', 'd', 'x'}, "is not an IDX file: it must start with two zero bytes");
  expect_error(idx_bytes(0x0a, {1}, {1}), "is not an IDX file: element type 10 is unknown");
  expect_error({0, 0, kU8, 2, 0, 0, 0, 1}, "ends inside its header");
}

TEST(ReadIdx, RefusesAnotherNumberOfBytesThanTheHeaderClaims) {
  expect_error(idx_bytes(kU8, {4}, {1, 2, 3}), "holds 3 bytes of elements, its header claims 4");
  expect_error(idx_bytes(kI32, {1}, {1, 2, 3}), "holds 3 bytes of elements, its header claims 4");
  expect_error(idx_bytes(kU8, {2}, {1, 2, 3}), "has bytes after the 2 that its header claims");
}

TEST(ReadIdx, RefusesClaimsBeyondAllMemory) {
  const std::uint32_t most = 0xffffffff;
  expect_error(idx_bytes(kU8, {most, most}, {}), "its header claims more than 2^40 elements");
  expect_error(idx_bytes(kU8, {most, most, most, most, most, most, most, most}, {}), "its header claims more than");
  expect_error(idx_bytes(kU8, {0, most, most}, {}), "its header claims more than 2^40 elements");
  expect_error(idx_bytes(kF64, {1U << 20, 1U << 20}, {1}), "holds 1 bytes of elements, its header claims 879609302220");
}

TEST(ReadIdx, RefusesMoreCompressedBytesThanTheHeaderClaims) {
  expect_error(gzip(idx_bytes(kU8, {1}, Bytes(std::size_t{1} << 22))), "has bytes after the 1");
}

TEST(ReadIdx, ReadsJoinedGzipFilesAsOne) {
  Bytes joined = gzip(idx_bytes(kU8, {4}, {1, 2}));
  const Bytes rest = gzip({3, 4});
  joined.insert(joined.end(), rest.begin(), rest.end());
  EXPECT_EQ(read(joined).bytes, (Bytes{1, 2, 3, 4}));
}

// gzip -d reads these too.
TEST(ReadIdx, ReadsGzipThatIsFilledUpWithZeros) {
  for (const std::size_t zeros : {1, 511, 200000}) {
    Bytes file = gzip(small_file());
    file.insert(file.end(), zeros, 0);
    EXPECT_EQ(read(file).shape, Shape({2, 3})) << zeros;
    file.push_back(1);
    expect_error(file, "the gzip data is damaged: there is something after the zeros");
  }
}

TEST(ReadIdx, RefusesBytesAfterGzip) {
  Bytes file = gzip(small_file());
  file.push_back(0x1f);
  expect_error(file, "the gzip data is cut off");
  file.insert(file.end(), {1, 2, 3});
  expect_error(file, "the gzip data is damaged");
}

TEST(ReadIdx, FilesLargerThanABufferArriveWhole) {
  Bytes elements(3000000);
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<unsigned char>(i * i >> 7);
  const Bytes file = idx_bytes(kU8, {3, 1000000}, elements);
  EXPECT_EQ(read(file).bytes, elements);
  EXPECT_EQ(read(gzip(file)).bytes, elements);
}

TEST(ReadIdx, NamesWhatCannotBeOpened) {
  const std::string path = ::testing::TempDir() + "/no/such/file";
  const int line = __LINE__ + 2;
  try {
    read_idx(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[read_idx] " + path + ": cannot be opened: No such file"),
              std::string::npos);
    EXPECT_EQ(error.where().line, line);
  }
  EXPECT_THROW(read_idx(::testing::TempDir()), Error);  // a folder
}

TEST(ReadIdx, RefusesEveryTruncation) {
  for (const Bytes& whole : {small_file(), gzip(small_file())})
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_NE(error_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "") << size;
}

// Any other value of a header byte claims another file; the elements of a plain file are free.
TEST(ReadIdx, RefusesEveryDamagedHeaderByte) {
  const std::size_t header = small_file().size() - 6;
  for (std::size_t i = 0; i < header; ++i) {
    for (int value = 0; value < 256; ++value) {
      Bytes file = small_file();
      if (file[i] == value) continue;
      file[i] = static_cast<unsigned char>(value);
      const bool signed_bytes = i == 2 && value == kI8;  // of the same size
      EXPECT_EQ(error_of(file) == "", signed_bytes) << "byte " << i << " = " << value;
    }
  }
}

// A gzip header has fields that mean nothing to the contents. All other damage must be found.
TEST(ReadIdx, DamagedGzipIsRefusedOrReadsTheSame) {
  const Bytes whole = gzip(small_file());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes file = whole;
      file[i] = static_cast<unsigned char>(file[i] ^ (1 << bit));
      try {
        EXPECT_EQ(read(file).bytes, (Bytes{1, 2, 3, 4, 5, 250})) << "byte " << i << " bit " << bit;
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  // Free are the time, the extra flags and the system (bytes 4 to 9), the text flag, and what fills up the last byte of
  // the compressed data.
  EXPECT_GE(refused, whole.size() * 8 - (6 * 8 + 1 + 7));
}

TEST(ReadIdx, AnyBytesGiveAnArrayOrAnError) {
  std::mt19937_64 random(20260701);
  std::size_t arrays = 0, errors = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::size_t count = random() % 30;
    const Bytes types = {kU8, kI8, kU8, kI16, kI32, kF32, kF64, 0};
    Bytes file = idx_bytes(types[random() % 8], {static_cast<std::uint32_t>(count)},
                           Bytes(count * (1 + random() % 2), static_cast<unsigned char>(random())));
    for (std::uint64_t hits = random() % 3; hits > 0; --hits)
      file[random() % file.size()] = static_cast<unsigned char>(random());
    if (random() % 2) file = gzip(file);
    if (random() % 4 == 0) file[random() % file.size()] = static_cast<unsigned char>(random());
    try {
      const IdxArray array = read(file);
      EXPECT_EQ(to_tensor(array).shape(), array.shape);
      ++arrays;
    } catch (const Error&) {
      ++errors;
    }
  }
  EXPECT_GT(arrays, 200u);
  EXPECT_GT(errors, 200u);
}

TEST(ToTensor, RefusesArraysThatContradictThemselves) {
  EXPECT_THROW(to_tensor({IdxType::f32, {2}, Bytes(7)}), Error);
  EXPECT_THROW(to_tensor({static_cast<IdxType>(1), {2}, Bytes(2)}), Error);
}

}  // namespace
}  // namespace weft::data
