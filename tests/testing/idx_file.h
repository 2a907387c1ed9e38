// IDX files made by hand, for tests of what reads them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::testing {

using Bytes = std::vector<unsigned char>;

// 0, 0, type, rank, big-endian extents, then the elements as they are given.
Bytes idx_bytes(unsigned char type, const std::vector<std::uint32_t>& dims, const Bytes& elements);
// The bytes as gzip would compress them.
Bytes gzip(const Bytes& bytes);
// Writes a file in the test's folder and returns its path.
std::string write_file(const std::string& name, const Bytes& bytes);
Bytes read_file(const std::string& path);

}  // namespace weft::testing
