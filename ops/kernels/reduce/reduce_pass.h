// One pass of a reduction.
#pragma once

#include <cstdint>

namespace weft {

// A tensor seen as [outer, count, inner], reduced over its middle: out[o, i] = reduce over r of x[o, r, i].
struct ReducePass {
  std::int64_t outer = 1, count = 1, inner = 1;
};
using ReducePassFn = void (*)(const void* x, void* out, const ReducePass& pass);

}  // namespace weft
