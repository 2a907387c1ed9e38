// Losses that are 0 beyond a margin; targets are 1 or -1.
#include "graph/capture/capture.h"
#include "ops/loss/loss.h"

namespace weft {
namespace {

template <class F>
Tensor margin_loss(const char* name, std::initializer_list<const Operand*> operands, Reduction reduction,
                   const char* grad_name, F f) {
  CaptureScope scope(std::span(operands.begin(), operands.size()), name);
  return reduced(scope, f(loss_operands(name, scope.values())), reduction, grad_name);
}

// a where target is not -1, and b where it is not 1.
Value chosen(const Value& target, const Value& a, const Value& b) {
  const Value zero = like(a, 0);
  return where(ne(target, like(target, -1)), a, zero) + where(ne(target, like(target, 1)), b, zero);
}

// With PyTorch's 1e-12 on the squares of the norms.
Value cosine(const Value& a, const Value& b) {
  const auto dot = [&](const Value& x, const Value& y) { return sum(x * y, {-1}, false); };
  return dot(a, b) / sqrt((dot(a, a) + 1e-12) * (dot(b, b) + 1e-12));
}

}  // namespace

Tensor soft_margin_loss(const Operand& x, const Operand& target, Reduction reduction) {
  return margin_loss("soft_margin_loss", {&x, &target}, reduction, "SoftMarginLossBackward0",
                     [](const std::vector<Value>& v) { return logaddexp(like(v[0], 0), -(v[1] * v[0])); });
}

Tensor margin_ranking_loss(const Operand& a, const Operand& b, const Operand& target, double margin,
                           Reduction reduction) {
  return margin_loss("margin_ranking_loss", {&a, &b, &target}, reduction, nullptr,
                     [&](const std::vector<Value>& v) { return hinge(-v[2] * (v[0] - v[1]) + margin); });
}

Tensor hinge_embedding_loss(const Operand& x, const Operand& target, double margin, Reduction reduction) {
  return margin_loss("hinge_embedding_loss", {&x, &target}, reduction, nullptr,
                     [&](const std::vector<Value>& v) { return chosen(v[1], v[0], hinge(margin - v[0])); });
}

Tensor cosine_embedding_loss(const Operand& a, const Operand& b, const Operand& target, double margin,
                             Reduction reduction) {
  const char* const name = "cosine_embedding_loss";
  const Operand* const operands[] = {&a, &b, &target};
  CaptureScope scope(operands, name);
  const std::span<const Value> v = scope.values();
  const std::vector<Value> pair = loss_operands(name, v.first(2));
  if (pair[0].rank() < 1 || pair[0].rank() > 2 || pair[0].rank() != pair[1].rank() || v[2].rank() != pair[0].rank() - 1)
    fail_call(ErrorKind::shape, name, v, scope.builder().where, "needs a and b [n, d] and target [n], or without n");
  const Value cos = cosine(pair[0], pair[1]), y = cast(v[2], cos.dtype());
  require_broadcast(name, std::array{cos, y});
  const Value zero = like(cos, 0);
  const Value losses = where(eq(y, like(y, 1)), 1.0 - cos, zero) + where(eq(y, like(y, -1)), hinge(cos - margin), zero);
  return reduced(scope, losses, reduction);
}

Tensor triplet_margin_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                           const TripletMarginOptions& options, Reduction reduction) {
  const char* const name = "triplet_margin_loss";
  if (!(options.margin > 0)) throw Error(ErrorKind::value, "[triplet_margin_loss] margin is not above 0", anchor.at());
  return margin_loss(name, {&anchor, &positive, &negative}, reduction, nullptr, [&](const std::vector<Value>& v) {
    const auto distance = [&](const Value& a, const Value& b) {
      return pairwise_distance(name, a, b, options.p, options.eps, false);
    };
    Value far = distance(v[0], v[2]);
    if (options.swap) far = minimum(far, distance(v[1], v[2]));
    return hinge(distance(v[0], v[1]) - far + options.margin);
  });
}

}  // namespace weft
