#include "ops/kernels/elementwise/element_rows.h"

namespace weft {

ElementRowsFn element_rows(ElementFn fn, unsigned same) {
  constexpr ElementRowsFn (*kByOperands[])(ElementFn, unsigned) = {unary_rows, binary_rows, ternary_rows};
  return kByOperands[facts(fn).operands - 1](fn, same);
}

}  // namespace weft
