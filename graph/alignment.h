// How values in memory are aligned: to whole cache lines, which hold whole vectors of every instruction set.
#pragma once

#include <cstddef>

namespace weft {

inline constexpr std::size_t kAlignment = 64;

// The least multiple of unit that is not below n.
template <class N>
constexpr N round_up(N n, N unit) {
  return (n + unit - 1) / unit * unit;
}

// The bytes that a value takes where others lie beside it.
constexpr std::size_t aligned(std::size_t bytes) { return round_up(bytes, kAlignment); }

}  // namespace weft
