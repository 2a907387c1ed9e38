// The IDX format: 0, 0, type code, rank, then each extent and the elements, all big-endian.
#include "runtime/io/idx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <new>

#include "runtime/io/byte_source.h"
#include "weft/data.h"

namespace weft::data {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;  // what Shape accepts
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

std::string decimal(std::size_t n) { return std::to_string(n); }

Shape read_shape(ByteSource& source, int rank) {
  std::array<unsigned char, 4 * Shape::kMaxRank> raw{};
  const auto bytes = std::span(raw).first(4 * static_cast<std::size_t>(rank));
  if (source.read(bytes) != bytes.size()) source.fail("ends inside its header");
  std::vector<std::int64_t> dims;
  std::int64_t count = 1;
  bool too_many = false;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    dims.push_back(std::int64_t{raw[i]} << 24 | raw[i + 1] << 16 | raw[i + 2] << 8 | raw[i + 3]);
    // Also where another extent is 0: Shape's own limit must never be what refuses the file.
    too_many = too_many || (dims.back() > 0 && count > kMaxElements / dims.back());
    if (!too_many) count *= std::max<std::int64_t>(dims.back(), 1);
  }
  if (too_many) source.fail("its header claims more than 2^40 elements", "the header is damaged");
  return Shape(dims);
}

// Grows with what arrives, so a header that promises more than the file holds costs no memory.
std::vector<unsigned char> read_elements(ByteSource& source, std::size_t size) {
  std::vector<unsigned char> bytes;
  while (bytes.size() < size) {
    const std::size_t before = bytes.size();
    const std::size_t want = std::min(size - before, kChunkBytes);
    bytes.resize(before + want);
    const std::size_t got = source.read(std::span(bytes).subspan(before));
    if (got != want)
      source.fail("holds " + decimal(before + got) + " bytes of elements, its header claims " + decimal(size));
  }
  // Asking for a byte that must not be there also makes a gzip file check its checksum.
  std::array<unsigned char, 1> beyond{};
  if (source.read(beyond) != 0) source.fail("has bytes after the " + decimal(size) + " that its header claims");
  return bytes;
}

void to_native_order(std::vector<unsigned char>& bytes, std::size_t element) {
  if (std::endian::native == std::endian::big || element == 1) return;
  for (auto at = bytes.begin(); at != bytes.end(); at += static_cast<std::ptrdiff_t>(element))
    std::reverse(at, at + static_cast<std::ptrdiff_t>(element));
}

}  // namespace

std::size_t idx_element_bytes(unsigned char code) {
  switch (static_cast<IdxType>(code)) {
    case IdxType::u8:
    case IdxType::i8:
      return 1;
    case IdxType::i16:
      return 2;
    case IdxType::i32:
    case IdxType::f32:
      return 4;
    case IdxType::f64:
      return 8;
  }
  return 0;
}

IdxArray read_idx(const std::string& path, SourceLocation at) {
  ByteSource source("read_idx", path, at);
  std::array<unsigned char, 4> header{};
  if (source.read(header) != header.size()) source.fail("ends inside its header");
  const std::size_t element = idx_element_bytes(header[2]);
  if (header[0] != 0 || header[1] != 0) source.fail("is not an IDX file: it must start with two zero bytes");
  if (element == 0) source.fail("is not an IDX file: element type " + decimal(header[2]) + " is unknown");
  if (header[3] < 1 || header[3] > Shape::kMaxRank)
    source.fail("has " + decimal(header[3]) + " dimensions, not 1 to " + decimal(Shape::kMaxRank));
  try {
    IdxArray array{static_cast<IdxType>(header[2]), read_shape(source, header[3]), {}};
    array.bytes = read_elements(source, static_cast<std::size_t>(array.shape.numel()) * element);
    to_native_order(array.bytes, element);
    return array;
  } catch (const std::bad_alloc&) {
    source.fail(ErrorKind::memory, "is too large for the memory of this machine");
  }
}

}  // namespace weft::data
