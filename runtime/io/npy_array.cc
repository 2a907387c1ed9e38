#include "runtime/io/npy_array.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/io/input_file.h"
#include "runtime/io/npy_header.h"

namespace weft {
namespace {

// Where the elements lie from one to the next in each dim, in bytes, when the first dim is the innermost.
std::array<std::size_t, Shape::kMaxRank> fortran_strides(const TensorType& type) {
  std::array<std::size_t, Shape::kMaxRank> strides{};
  std::size_t stride = size_of(type.dtype);
  for (int dim = 0; dim < type.shape.rank(); ++dim) {
    strides[static_cast<std::size_t>(dim)] = stride;
    stride *= static_cast<std::size_t>(type.shape[dim]);
  }
  return strides;
}

// The elements in row-major order, from Fortran's.
void copy_from_fortran(const TensorType& type, const std::byte* from, std::byte* to) {
  const std::size_t width = size_of(type.dtype);
  const auto strides = fortran_strides(type);
  std::array<std::int64_t, Shape::kMaxRank> at{};
  std::size_t place = 0;
  for (std::int64_t i = 0; i < type.shape.numel(); ++i, to += width) {
    std::memcpy(to, from + place, width);
    for (int dim = type.shape.rank() - 1; dim >= 0; --dim) {
      const auto d = static_cast<std::size_t>(dim);
      place += strides[d];
      if (++at[d] < type.shape[dim]) break;
      place -= strides[d] * static_cast<std::size_t>(at[d]);
      at[d] = 0;
    }
  }
}

void reverse_each(std::byte* bytes, std::size_t count, std::size_t width) {
  for (std::size_t i = 0; i < count; ++i, bytes += width) std::reverse(bytes, bytes + width);
}

}  // namespace

NpyArray read_npy_array(const std::shared_ptr<Buffer>& file, const std::string& name, const FileCall& call) {
  const NpyHeader header = parse_npy_header({file->as<std::byte>(), file->bytes()}, call);
  const TensorType& type = header.type;
  const std::size_t bytes = type.bytes(), width = size_of(type.dtype);
  const bool swapped = header.big_endian && width > 1;
  std::shared_ptr<Buffer> buffer;
  if (!swapped && !header.fortran_order && bytes > 0) buffer = aligned_part(file, header.size, bytes);
  if (!buffer) {
    buffer = make_buffer(bytes, call.at);
    const std::byte* const from = file->as<std::byte>() + header.size;
    if (header.fortran_order)
      copy_from_fortran(type, from, buffer->as<std::byte>());
    else if (bytes > 0)
      std::memcpy(buffer->data(), from, bytes);
    if (swapped) reverse_each(buffer->as<std::byte>(), bytes / width, width);
  }
  check_elements(type, *buffer, name, call);
  return {type, std::move(buffer)};
}

}  // namespace weft
