// The levels of sum_levels.h, for many sums side by side.
// Included once for each instruction set.
#if defined(WEFT_OPS_SUM_LEVELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SUM_LEVELS_INL_H_
#undef WEFT_OPS_SUM_LEVELS_INL_H_
#else
#define WEFT_OPS_SUM_LEVELS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "ops/kernels/reduce/sum_levels.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// to = from where `to` begins, or to += from.
template <class T>
void add_sums(const T* from, T* to, std::size_t width, bool begins) {
  if (begins) {
    std::copy_n(from, width, to);
    return;
  }
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t c = 0;
  for (; c + lanes <= width; c += lanes) hn::StoreU(hn::Add(hn::LoadU(d, to + c), hn::LoadU(d, from + c)), d, to + c);
  for (; c < width; ++c) to[c] += from[c];
}

// Levels of `width` sums each. What a level holds follows from the number of blocks, so levels that were not reached
// yet are neither cleared nor read.
template <class T>
struct SumLevels {
  T* first;
  std::size_t stride;  // elements from level to level
  std::size_t width;

  // The sums of block number `block`.
  void add(const T* sums, std::size_t block) const {
    add_sums(sums, first, width, sums_in_level(0, block) == 0);
    carry(block + 1);
  }

  // Empties the levels that are full, where the first one was given all of `blocks` blocks.
  void carry(std::size_t blocks) const {
    T* level = first;
    for (std::size_t l = 1; l < kSumLevels && sums_in_level(l - 1, blocks) == 0; ++l, level += stride)
      add_sums(level, level + stride, width, sums_in_level(l, blocks) == 1);
  }

  // What all blocks come to. The levels stay as they are.
  void total(std::size_t blocks, T* out) const {
    bool begins = true;
    for (std::size_t l = 0; l < levels_of(blocks); ++l) {
      if (sums_in_level(l, blocks) == 0) continue;
      add_sums(first + l * stride, out, width, begins);
      begins = false;
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif  // WEFT_OPS_SUM_LEVELS_INL_H_
