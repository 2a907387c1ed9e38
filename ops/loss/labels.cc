// Losses of several labels at once, and of triplets with a distance of the user's own.
#include <string>

#include "graph/capture/capture.h"
#include "ops/indexing/index.h"
#include "ops/loss/loss.h"
#include "weft/distances.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Rows of scores and of labels.
Value multilabel_margin(const Value& x, const Value& labels) {
  Builder& b = x.builder();
  const std::int64_t n = x.shape()[0], classes = x.shape()[1];
  const auto whole = [&](std::int64_t value) { return full(b, {DType::i64, {}}, Operand(value)); };
  const Value ends = cast(eq(labels, whole(-1)), DType::i64);
  const Value counts = eq(cumsum(ends, 1, false), whole(0));  // before the first -1
  const Value places = where(counts, labels, whole(0));
  const Value is_label = gt(scatter_sum(cast(counts, DType::i64), 1, places, x.shape()), whole(0));
  // [row, label, class]
  const Value own = reshape(gather(x, 1, places), {n, classes, 1});
  const Value terms = hinge(1.0 - own + reshape(x, {n, 1, classes}));
  const Value is_term = logical_and(reshape(counts, {n, classes, 1}), logical_not(reshape(is_label, {n, 1, classes})));
  return sum(where(is_term, terms, like(x, 0)), {1, 2}, false) / static_cast<double>(classes);
}

}  // namespace

Tensor multilabel_margin_loss(const Operand& x, const Operand& target, Reduction reduction) {
  return capture(
      {&x, &target},
      [&](std::span<const Value> v) {
        const char* const name = "multilabel_margin_loss";
        const auto fail = [&](ErrorKind kind, std::string_view rule) {
          fail_call(kind, name, v, v[0].builder().where, rule);
        };
        require_floating(name, v[0]);
        if (v[1].dtype() != DType::i64) fail(ErrorKind::dtype, "the labels must be i64");
        const int rank = v[0].rank();
        if (rank < 1 || rank > 2 || v[0].shape()[rank - 1] == 0)
          fail(ErrorKind::shape, "needs scores [n, classes] or [classes]");
        if (v[1].shape() != v[0].shape()) fail(ErrorKind::shape, "the labels must have the shape of the scores");
        const std::int64_t classes = v[0].shape()[rank - 1], n = rank == 2 ? v[0].shape()[0] : 1;
        const Value losses = multilabel_margin(reshape(v[0], {n, classes}), reshape(v[1], {n, classes}));
        return reduced(rank == 2 ? losses : reshape(losses, {}), reduction);
      },
      "MultilabelMarginLossBackward0");
}

Tensor multilabel_soft_margin_loss(const Operand& x, const Operand& target, const Tensor& weight, Reduction reduction) {
  const char* const name = "multilabel_soft_margin_loss";
  const Operand* const operands[] = {&x, &target};
  CaptureScope scope(operands);
  const std::vector<Value> v = loss_operands(name, scope.values());
  // -log s = log(1 + e^-x), and -log(1 - s) = log(1 + e^x).
  const Value zero = like(v[0], 0);
  Value losses = v[1] * logaddexp(zero, -v[0]) + (1.0 - v[1]) * logaddexp(zero, v[0]);
  if (weight.defined()) {
    const Value w = scope.value_of(weight);
    require_broadcast(name, std::array{losses, w});
    losses = losses * w;
  }
  if (losses.rank() == 0) fail_call(ErrorKind::shape, name, scope.values(), x.at(), "needs classes");
  return reduced(scope, mean(losses, {losses.rank() - 1}, false), reduction);
}

Tensor triplet_margin_with_distance_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                                         const TripletDistanceOptions& options, Reduction reduction) {
  const char* const name = "triplet_margin_with_distance_loss";
  const SourceLocation at = anchor.at();
  const Operand* const operands[] = {&anchor, &positive, &negative};
  {
    const CaptureScope checked(operands);
    const std::span<const Value> v = checked.values();
    if (!(options.margin > 0)) fail_call(ErrorKind::value, name, v, at, "margin is not above 0");
    if (v[0].rank() != v[1].rank() || v[0].rank() != v[2].rank())
      fail_call(ErrorKind::shape, name, v, at, "the ranks differ");
  }
  const auto distance = [&](const Operand& a, const Operand& b) {
    return options.distance ? options.distance(a.tensor(), b.tensor()) : pairwise_distance(a, b);
  };
  const Operand near(distance(anchor, positive), at);
  Operand far(distance(anchor, negative), at);
  if (options.swap) far = {minimum(far, {distance(positive, negative), at}), at};
  return capture(
      {&near, &far},
      [&](std::span<const Value> v) {
        require_broadcast(name, v);
        return reduced(hinge(v[0] - v[1] + options.margin), reduction);
      },
      nullptr, name);
}

}  // namespace weft
