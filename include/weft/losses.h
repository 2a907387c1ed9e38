// Losses and distances, with PyTorch's names, defaults and numbers. Operands broadcast and are promoted as in
// weft/ops.h; integers count as f32. The reductions are of all elements of what the formula gives.
//
//   Tensor loss = huber_loss(model(x), y, Reduction::mean, 0.5);
//
// Errors: shapes, dtypes and numbers that do not fit throw Error in the caller's line. Threads: as weft/ops.h.
#pragma once

#include <cstdint>

#include "weft/tensor.h"

namespace weft {

enum class Reduction : std::uint8_t { none, mean, sum };

// ---- Classes: x [n, classes], [n, classes, d1, ...] or [classes], and targets [n], [n, d1, ...] or one number -----
// A class index out of range throws Error when the value is computed.

struct ClassLossOptions {
  Tensor weight = {};                // of each class
  std::int64_t ignore_index = -100;  // targets that do not count
  double label_smoothing = 0;        // this share of each target is spread evenly over the classes
};
// -weight[target] log softmax(logits)[target]; the mean is over the sum of the weights. A floating target holds the
// probabilities of each class: -sum_c weight[c] target[c] log softmax(logits)[c], and the mean is over the targets.
// Without options, of logits [n, classes] and i64 targets in [0, classes), one kernel.
Tensor cross_entropy(const Operand& logits, const Operand& target, Reduction reduction = Reduction::mean);
Tensor cross_entropy(const Operand& logits, const Operand& target, const ClassLossOptions& options,
                     Reduction reduction = Reduction::mean);
// -weight[target] x[target] for x = log p; label_smoothing has no part in it.
Tensor nll_loss(const Operand& x, const Operand& target, const ClassLossOptions& options = {},
                Reduction reduction = Reduction::mean);
// weight[y] / classes * sum over c != y of max(0, margin - x[y] + x[c])^p, p = 1 or 2, for x [n, classes] or [classes].
Tensor multi_margin_loss(const Operand& x, const Operand& target, int p = 1, double margin = 1,
                         const Tensor& weight = {}, Reduction reduction = Reduction::mean);

struct CtcOptions {
  std::int64_t blank = 0;
  bool zero_infinity = false;  // targets that do not fit into their inputs have the loss 0, not infinity
};
// -log of the probability of the targets [n, s] (i64, of these lengths, i64 [n]) in sequences of classes and blanks
// with log probabilities x [t, n, classes] (Graves et al. 2006). The mean is of losses over target lengths. As
// PyTorch's, the gradient by x is right through log_softmax(): it has e^x added.
Tensor ctc_loss(const Operand& x, const Operand& targets, const Tensor& input_lengths, const Tensor& target_lengths,
                const CtcOptions& options = {}, Reduction reduction = Reduction::mean);

// ---- Differences -----------------------------------------------------------------------------------------------

// (a - b)^2
Tensor mse_loss(const Operand& a, const Operand& b, Reduction reduction = Reduction::mean);
// |a - b|
Tensor l1_loss(const Operand& a, const Operand& b, Reduction reduction = Reduction::mean);
// (a - b)^2 / (2 beta) where |a - b| < beta, else |a - b| - beta / 2 (Girshick 2015).
Tensor smooth_l1_loss(const Operand& a, const Operand& b, Reduction reduction = Reduction::mean, double beta = 1);
// (a - b)^2 / 2 where |a - b| <= delta, else delta (|a - b| - delta / 2) (Huber 1964).
Tensor huber_loss(const Operand& a, const Operand& b, Reduction reduction = Reduction::mean, double delta = 1);

// ---- Probabilities ---------------------------------------------------------------------------------------------

// -weight (target log x + (1 - target) log(1 - x)), logarithms being at least -100; x in [0, 1]. The gradient by x is
// weight (x - target) / max(x (1 - x), 1e-12).
Tensor binary_cross_entropy(const Operand& x, const Operand& target, const Tensor& weight = {},
                            Reduction reduction = Reduction::mean);
// The same of x = sigmoid(logits), for logits of any size; pos_weight multiplies target log x.
Tensor binary_cross_entropy_with_logits(const Operand& logits, const Operand& target, const Tensor& weight = {},
                                        Reduction reduction = Reduction::mean, const Tensor& pos_weight = {});
// target (log target - x) for x = log q; with log_target, target is a logarithm, too. Reduction::sum over the number of
// rows is PyTorch's "batchmean".
Tensor kl_div(const Operand& x, const Operand& target, Reduction reduction = Reduction::mean, bool log_target = false);
struct PoissonNllOptions {
  bool log_input = true;  // x is the logarithm of the rate
  bool full = false;      // with Stirling's approximation of log target! where target > 1
  double eps = 1e-8;
};
// e^x - target x, or x - target log(x + eps) without log_input.
Tensor poisson_nll_loss(const Operand& x, const Operand& target, const PoissonNllOptions& options = {},
                        Reduction reduction = Reduction::mean);
// (log v + (x - target)^2 / v) / 2 for v = max(variance, eps), whose gradient goes to variance as if it were v; full
// adds log(2 pi) / 2.
Tensor gaussian_nll_loss(const Operand& x, const Operand& target, const Operand& variance, bool full = false,
                         double eps = 1e-6, Reduction reduction = Reduction::mean);

// ---- Margins: target is 1 or -1 --------------------------------------------------------------------------------

// log(1 + e^(-target x))
Tensor soft_margin_loss(const Operand& x, const Operand& target, Reduction reduction = Reduction::mean);
// max(0, margin - target (a - b))
Tensor margin_ranking_loss(const Operand& a, const Operand& b, const Operand& target, double margin = 0,
                           Reduction reduction = Reduction::mean);
// x where target is 1, max(0, margin - x) where it is -1.
Tensor hinge_embedding_loss(const Operand& x, const Operand& target, double margin = 1,
                            Reduction reduction = Reduction::mean);
// 1 - cos(a, b) where target is 1, max(0, cos(a, b) - margin) where it is -1; of a and b [n, d] or [d].
Tensor cosine_embedding_loss(const Operand& a, const Operand& b, const Operand& target, double margin = 0,
                             Reduction reduction = Reduction::mean);
struct TripletMarginOptions {
  double margin = 1;
  double p = 2;
  double eps = 1e-6;
  bool swap = false;  // the negative's distance is that from the nearer of anchor and positive
};
// max(0, |anchor - positive| - |anchor - negative| + margin), by pairwise_distance() (Balntas et al. 2016).
Tensor triplet_margin_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                           const TripletMarginOptions& options = {}, Reduction reduction = Reduction::mean);

// ---- Distances -------------------------------------------------------------------------------------------------

// a . b / (max(|a|, eps) max(|b|, eps)) along dim.
Tensor cosine_similarity(const Operand& a, const Operand& b, std::int64_t dim = 1, double eps = 1e-8);
// The p-norm of a - b + eps along the last dim.
Tensor pairwise_distance(const Operand& a, const Operand& b, double p = 2, double eps = 1e-6, bool keepdim = false);

}  // namespace weft
