// Products on Highway vectors: f64, and the f32 products that are too small or too thin for oneDNN.
#pragma once

#include "ops/product.h"

namespace weft {

// C = op(A) op(B), one matrix; m, n and k must not be 0. Each element of C is summed in an order that depends on the
// shape and the instruction set only. scratch has multiply_scratch() elements.
void multiply(const Product& product, const float* a, const float* b, float* c, float* scratch);
void multiply(const Product& product, const double* a, const double* b, double* c, double* scratch);
std::int64_t multiply_scratch(const Product& product);

// Whether rows of A meet rows of B in dot products, which then lie along the memory of both. More rows of A than a few
// pay for turning B round instead.
inline bool takes_dots(const Product& p) { return p.transpose_b && !p.transpose_a && p.m <= 4; }

}  // namespace weft
