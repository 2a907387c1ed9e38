// The header of NumPy's npy format: what the array behind it is. (numpy.lib.format.)
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "graph/type.h"
#include "runtime/io/file_call.h"

namespace weft {

struct NpyHeader {
  TensorType type;
  bool big_endian = false;
  bool fortran_order = false;
  std::size_t size = 0;  // of the header: the array begins there
};

// Of the bytes of a whole file. Throws Error unless these hold the array and nothing else.
NpyHeader parse_npy_header(std::span<const std::byte> file, const FileCall& call);
// As numpy.save() writes it; its end is aligned as values are.
std::string npy_header_text(const TensorType& type);

}  // namespace weft
