// Distances of all pairs, bilinear forms, losses of several labels, and activations that draw random numbers.
//
// Errors: shapes, dtypes and numbers that do not fit throw Error in the caller's line. Threads: as weft/ops.h.
#pragma once

#include <cstdint>
#include <functional>

#include "weft/losses.h"
#include "weft/tensor.h"

namespace weft {

// ---- Distances and forms ---------------------------------------------------------------------------------------

// [.., n, m]: the p-norm of a_i - b_j for a [.., n, d] and b [.., m, d] of one floating dtype; p >= 0. A distance of 0
// has the gradient 0. As in PyTorch, Euclidean distances of more than 25 rows are roots of |a|^2 + |b|^2 - 2 a b.
Tensor cdist(const Operand& a, const Operand& b, double p = 2);
// The p-norms of x_i - x_j for i < j, as a vector, for x [n, d].
Tensor pdist(const Operand& x, double p = 2);
// y_o = a W_o b + bias_o for a [.., in1], b [.., in2], W [out, in1, in2] and bias [out] (may be undefined).
Tensor bilinear(const Operand& a, const Operand& b, const Tensor& weight, const Tensor& bias = {});

// ---- Losses ----------------------------------------------------------------------------------------------------

// sum over the labels y and all c that are none of max(0, 1 - x[y] + x[c]) / classes, for x [n, classes] or [classes],
// and labels of the same shape (i64), those before the first -1. Takes memory for n * classes * classes terms.
Tensor multilabel_margin_loss(const Operand& x, const Operand& target, Reduction reduction = Reduction::mean);
// The mean over classes, which are the last dim, of -weight (target log s + (1 - target) log(1 - s)), s = sigmoid(x).
Tensor multilabel_soft_margin_loss(const Operand& x, const Operand& target, const Tensor& weight = {},
                                   Reduction reduction = Reduction::mean);
using DistanceFunction = std::function<Tensor(const Tensor&, const Tensor&)>;
struct TripletDistanceOptions {
  DistanceFunction distance = {};  // pairwise_distance() where there is none
  double margin = 1;
  bool swap = false;  // the negative's distance is that from the nearer of anchor and positive
};
// max(0, distance(anchor, positive) - distance(anchor, negative) + margin)
Tensor triplet_margin_with_distance_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                                         const TripletDistanceOptions& options = {},
                                         Reduction reduction = Reduction::mean);

// ---- Random activations ----------------------------------------------------------------------------------------

// x where x > 0, else a x: a uniform in [lower, upper) for each element when training, (lower + upper) / 2 otherwise.
Tensor rrelu(const Operand& x, double lower = 1.0 / 8, double upper = 1.0 / 3, bool training = false);
// softmax((logits + g) / tau) along dim, g = -log e with e exponential (Jang et al. 2017). hard: 1 for the largest,
// else 0, with the gradient of the softmax.
Tensor gumbel_softmax(const Operand& logits, double tau = 1, bool hard = false, std::int64_t dim = -1);

}  // namespace weft
