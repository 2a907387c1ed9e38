// How the sums of many blocks are added: in levels, so that rounding errors grow with the logarithm of their number.
// A level adds the sums of kSumFan blocks one after the other, is then a block of the next level, and begins again.
#pragma once

#include <cstddef>

namespace weft {

inline constexpr std::size_t kSumFan = 32;
// The last level takes any number.
inline constexpr std::size_t kSumLevels = 6;

// How many sums a level, counted from 0, is of when `blocks` blocks were added.
constexpr std::size_t sums_in_level(std::size_t level, std::size_t blocks) {
  for (std::size_t l = 0; l < level; ++l) blocks /= kSumFan;
  return level + 1 < kSumLevels ? blocks % kSumFan : blocks;
}

// How many levels that many blocks reach.
constexpr std::size_t levels_of(std::size_t blocks) {
  std::size_t levels = 1;
  for (; blocks >= kSumFan && levels < kSumLevels; blocks /= kSumFan) ++levels;
  return levels;
}

}  // namespace weft
