#include "ops/kernels/gemm/gemm_shape.h"

#include <utility>

namespace weft {

GemmForm gemm_form(GemmShape p) {
  GemmForm form{p};
  if (p.n == 1 && p.m > 1) {  // a column is the row that the transposed operands give in reverse
    form.swapped = true;
    std::swap(p.m, p.n);
    std::swap(p.batched_a, p.batched_b);
    const bool transposed_a = p.transpose_a;
    p.transpose_a = !p.transpose_b;
    p.transpose_b = !transposed_a;
  }
  // One row and one column are the same memory.
  if (p.m == 1 || p.k == 1) p.transpose_a = false;
  if (p.k == 1) p.transpose_b = false;
  if (p.n == 1 && p.k > 1) p.transpose_b = true;
  form.product = p;
  return form;
}

Region factor_region(const GemmForm& form, const Block& block, std::size_t operand) {
  const GemmShape& p = form.product;
  if (operand == (form.swapped ? 1 : 0))
    return p.transpose_a ? Region{p.m, 0, p.k, block.row, block.rows} : Region{p.k, block.row, block.rows, 0, p.k};
  return p.transpose_b ? Region{p.k, block.col, block.cols, 0, p.k} : Region{p.n, 0, p.k, block.col, block.cols};
}

}  // namespace weft
