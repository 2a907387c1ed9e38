// The IDX format.
#pragma once

#include <cstddef>

namespace weft::data {

// 0 for a code that IDX does not have.
std::size_t idx_element_bytes(unsigned char code);

}  // namespace weft::data
