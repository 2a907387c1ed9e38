// The instructions of element programs over rows of f32, on Highway: the same functors as the kernels of
// ops/kernels/elementwise/simd.h.
#pragma once

#include <cstddef>

#include "graph/element_function.h"

namespace weft {

// out[r, c] = f(in[0][r, c], ...) for all rows and columns; rows are `stride` elements apart. An operand that is the
// same in its row has one number there. Out may be an operand at the same place.
struct ElementRows {
  std::size_t rows = 0, cols = 0;
  float* out = nullptr;
  std::size_t out_stride = 0;
  const float* in[3] = {};
  std::size_t stride[3] = {};
  float x = 0, y = 0;  // the numbers of the instruction
};
using ElementRowsFn = void (*)(const ElementRows& rows);

// `same`: bit i where operand i is the same in its row. Not for constants, which are operands themselves.
ElementRowsFn element_rows(ElementFn fn, unsigned same);

// Two instructions as one, which spares a store and a load: second(first(in[0], in[1]), in[2]), or with its operands
// exchanged second(in[2], first(in[0], in[1])). For add, sub and mul; null for others.
ElementRowsFn element_row_pairs(ElementFn first, ElementFn second, bool exchanged, unsigned same);

// The same by the number of operands, which are compiled apart.
ElementRowsFn unary_rows(ElementFn fn, unsigned same);
ElementRowsFn binary_rows(ElementFn fn, unsigned same);
ElementRowsFn ternary_rows(ElementFn fn, unsigned same);

}  // namespace weft
