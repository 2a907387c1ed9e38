// A product of matrices, or of batches of them, as kernels see it.
#pragma once

#include <compare>
#include <cstdint>

#include "graph/op.h"

namespace weft {

// C[m,n] = op(A)[m,k] op(B)[k,n] for each of `batch` dense matrices, where op transposes: A is stored [k,m] then.
// A side without a batch is the same matrix for all.
struct Product {
  std::int64_t batch = 1, m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  bool batched_a = false, batched_b = false;

  auto operator<=>(const Product&) const = default;
  double flops() const {
    return 2.0 * static_cast<double>(batch) * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  }
};

// A product in the form in which our own kernel is fastest, which may swap the operands.
struct OwnForm {
  Product product;
  bool swapped = false;
};
OwnForm own_form(Product p);

// What a block of the product reads of operand 0 or 1 of the call.
struct Block;
Region factor_region(const OwnForm& form, const Block& block, std::size_t operand);

// The kernel of this product of input 0 and input 1, for f32, f64 or i64.
Kernel product_kernel(const OpCall& call, const Product& product);

}  // namespace weft
