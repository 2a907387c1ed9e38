// Losses of class indices and of probabilities of classes.
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "ops/indexing/index.h"
#include "ops/loss/loss.h"

namespace weft {
namespace {

// Scores as rows of classes, and a target for each.
struct Classes {
  Value scores;  // [rows, classes]
  Value target;  // i64 [rows], or probabilities [rows, classes]
  Shape shape;   // of the targets as they were given
  Value weight;  // [classes], or undefined
  std::int64_t count() const { return scores.shape()[1]; }
  bool has_probabilities() const { return is_floating(target.dtype()); }
};

Classes checked(const char* name, CaptureScope& scope, const Tensor& weight) {
  const Value x = scope.values()[0], y = scope.values()[1];
  const auto fail = [&](ErrorKind kind, std::string_view rule) {
    fail_call(kind, name, scope.values(), scope.builder().where, rule);
  };
  if (!is_floating(x.dtype())) fail(ErrorKind::dtype, "scores must be floating");
  if (x.rank() < 1) fail(ErrorKind::shape, "needs scores [n, classes, ...] or [classes]");
  Classes classes{class_rows(x), {}, without_classes(x.shape()), {}};
  if (is_floating(y.dtype()) && y.shape() == x.shape()) {
    classes.target = class_rows(cast(y, x.dtype()));
  } else {
    if (y.dtype() != DType::i64 && y.dtype() != DType::u8)
      fail(ErrorKind::dtype, "target must hold class indices, i64 or u8, or a probability each");
    if (y.shape() != classes.shape)
      fail(ErrorKind::shape, "the target must have the shape of the scores without classes");
    classes.target = cast(reshape(y, {y.shape().numel()}), DType::i64);
  }
  if (!weight.defined()) return classes;
  classes.weight = scope.value_of(weight);
  if (classes.weight.shape() != Shape{classes.count()}) fail(ErrorKind::shape, "needs a weight for each class");
  classes.weight = cast(classes.weight, x.dtype());
  return classes;
}

// The element of each row that its target names.
Value picked(const Value& rows, const Value& target) {
  const std::int64_t n = target.shape()[0];
  return reshape(gather(rows, 1, reshape(target, {n, 1})), {n});
}

Value of_indices(const Classes& c, const Value& logs, const ClassLossOptions& options, Reduction reduction) {
  const Value ignored = full(logs.builder(), {DType::i64, {}}, Operand(options.ignore_index));
  const Value counts = ne(c.target, ignored), zero = like(logs, 0);
  const Value target = where(counts, c.target, zeros_like(c.target));
  const Value one = expand(like(logs, 1), c.target.shape());
  const Value weight = where(counts, c.weight.defined() ? index_select(c.weight, 0, target) : one, zero);
  Value losses = where(counts, -picked(logs, target) * weight, zero);
  if (options.label_smoothing > 0) {
    const Value all = sum(c.weight.defined() ? logs * c.weight : logs, {1}, false);
    const double share = options.label_smoothing / static_cast<double>(c.count());
    losses = losses * (1 - options.label_smoothing) - where(counts, all, zero) * share;
  }
  if (reduction == Reduction::none) return reshape(losses, c.shape);
  const Value total = sum(losses, {}, false);
  return reduction == Reduction::sum ? total : total / sum(weight, {}, false);
}

Value of_probabilities(const Classes& c, const Value& logs, double smoothing, Reduction reduction) {
  const Value target =
      smoothing > 0 ? c.target * (1 - smoothing) + smoothing / static_cast<double>(c.count()) : c.target;
  const Value terms = logs * target;
  const Value losses = neg(sum(c.weight.defined() ? terms * c.weight : terms, {1}, false));
  return reduced(reduction == Reduction::none ? reshape(losses, c.shape) : losses, reduction);
}

Value multi_margin(const Classes& c, int p, double margin, Reduction reduction) {
  const Value own = picked(c.scores, c.target);
  Value terms = hinge(c.scores - unsqueeze(own, 1) + margin);
  if (p == 2) terms = square(terms);
  const Value is_other = ne(arange(terms.builder(), c.count()), unsqueeze(c.target, 1));
  Value losses = sum(where(is_other, terms, like(terms, 0)), {1}, false) / static_cast<double>(c.count());
  if (c.weight.defined()) losses = losses * index_select(c.weight, 0, c.target);
  return reduced(reshape(losses, c.shape), reduction);
}

}  // namespace

Value class_rows(const Value& x) {
  if (x.rank() == 1) return reshape(x, {1, x.shape()[0]});
  Dims order{0};
  for (std::int64_t d = 2; d < x.rank(); ++d) order.push_back(d);
  order.push_back(1);
  const std::int64_t classes = x.shape()[1];
  std::int64_t rows = 1;
  for (int d = 0; d < x.rank(); ++d) rows *= d == 1 ? 1 : x.shape()[d];
  return reshape(permute(x, order), {rows, classes});
}

Shape without_classes(const Shape& shape) {
  Dims dims = shape.vec();
  dims.erase(dims.begin() + (shape.rank() > 1));
  return Shape(dims);
}

Tensor cross_entropy(const Operand& logits, const Operand& target, const ClassLossOptions& options,
                     Reduction reduction) {
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1))
    throw Error(ErrorKind::value, "[cross_entropy] label_smoothing is not in [0, 1]", logits.at());
  const Operand* const operands[] = {&logits, &target};
  CaptureScope scope(operands);
  const Classes classes = checked("cross_entropy", scope, options.weight);
  const Value logs = log_softmax(classes.scores, 1);
  return scope.tensor(classes.has_probabilities() ? of_probabilities(classes, logs, options.label_smoothing, reduction)
                                                  : of_indices(classes, logs, options, reduction),
                      options.label_smoothing > 0 || classes.has_probabilities() ? nullptr : "NllLossBackward0");
}

Tensor nll_loss(const Operand& x, const Operand& target, const ClassLossOptions& options, Reduction reduction) {
  const Operand* const operands[] = {&x, &target};
  CaptureScope scope(operands);
  const Classes classes = checked("nll_loss", scope, options.weight);
  if (classes.has_probabilities())
    fail_call(ErrorKind::dtype, "nll_loss", scope.values(), scope.builder().where,
              "target must hold class indices, i64 or u8");
  return scope.tensor(of_indices(classes, classes.scores, {{}, options.ignore_index, 0}, reduction),
                      "NllLossBackward0");
}

Tensor multi_margin_loss(const Operand& x, const Operand& target, int p, double margin, const Tensor& weight,
                         Reduction reduction) {
  const Operand* const operands[] = {&x, &target};
  CaptureScope scope(operands);
  if (p != 1 && p != 2) fail_call(ErrorKind::value, "multi_margin_loss", scope.values()[0], "p is neither 1 nor 2");
  const Classes classes = checked("multi_margin_loss", scope, weight);
  if (classes.has_probabilities() || scope.values()[0].rank() > 2)
    fail_call(ErrorKind::shape, "multi_margin_loss", scope.values(), scope.builder().where,
              "needs scores [n, classes] or [classes] and class indices");
  return scope.tensor(multi_margin(classes, p, margin, reduction), "MultiMarginLossBackward0");
}

}  // namespace weft
