// The safetensors format: a header that says which tensors the file has and where, and their elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "graph/type.h"
#include "runtime/io/input_file.h"
#include "runtime/io/output_file.h"

namespace weft {

struct SafetensorsEntry {
  std::string name;
  TensorType type;
  std::uint64_t begin = 0;  // of its bytes, counted from the end of the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of the text
  std::map<std::string, std::string> metadata;
  std::uint64_t size = 0;  // of the header in the file: the elements begin there
};

// Throws Error for what is no header, and unless the tensors fill what is behind it without a hole.
SafetensorsHeader read_safetensors_header(const InputFile& file);

// Writes the header and, behind it, the elements of each entry, which gets its place here: what fills whole cache lines
// comes first, so that it can be mapped as it lies.
void write_safetensors(OutputFile& file, SafetensorsHeader header, std::span<const std::span<const std::byte>> values,
                       const FileCall& call);

}  // namespace weft
