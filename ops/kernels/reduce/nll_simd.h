// The rows of cross_entropy and of its gradient, vectorised for the instruction set found at run time.
#pragma once

#include <cstdint>

namespace weft {

// Of a matrix [rows, classes]; target[i] must be in [0, classes).
struct NllRows {
  const void* logits;
  const std::int64_t* target;
  std::int64_t rows, classes;
};
// loss[i] = -(logits[i, target[i]] - log sum_j e^logits[i, j]): -0 where there is one class, as in PyTorch
void nll_f32(const NllRows& in, void* loss);
void nll_f64(const NllRows& in, void* loss);
// out[i, j] = (softmax(logits)[i, j] - (j == target[i])) * factor * scale[i * scale_stride]
void nll_grad_f32(const NllRows& in, const void* scale, std::int64_t scale_stride, double factor, void* out);
void nll_grad_f64(const NllRows& in, const void* scale, std::int64_t scale_stride, double factor, void* out);

}  // namespace weft
