// The shape of a matrix product, or of a batch of them, and of its blocks.
#pragma once

#include <compare>
#include <cstdint>

#include "graph/kernel.h"

namespace weft {

// C[m,n] = op(A)[m,k] op(B)[k,n] for each of `batch` dense matrices, where op transposes: A is stored [k,m] then.
// A side without a batch is the same matrix for all.
struct GemmShape {
  std::int64_t batch = 1, m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  bool batched_a = false, batched_b = false;

  auto operator<=>(const GemmShape&) const = default;
  double flops() const {
    return 2.0 * static_cast<double>(batch) * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  }
};

// A rectangle of the product.
struct Block {
  std::int64_t row = 0, col = 0, rows = 0, cols = 0;
};

// A product in the form in which our own kernel is fastest, which may swap the operands.
struct GemmForm {
  GemmShape product;
  bool swapped = false;
};
GemmForm gemm_form(GemmShape p);

// What a block of the product reads of operand 0 or 1 of the call.
Region factor_region(const GemmForm& form, const Block& block, std::size_t operand);

}  // namespace weft
