// Distances and similarities of vectors.
#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/loss/loss.h"

namespace weft {

Value pairwise_distance(std::string_view name, const Value& a, const Value& b, double p, double eps, bool keepdim) {
  const Value difference = a - b + eps;
  if (difference.rank() == 0) fail_call(ErrorKind::shape, name, std::array{a, b}, a.builder().where, "needs vectors");
  return vector_norm(difference, p, {difference.rank() - 1}, keepdim);
}

Tensor pairwise_distance(const Operand& a, const Operand& b, double p, double eps, bool keepdim) {
  const char* const name = "pairwise_distance";
  const Operand* const operands[] = {&a, &b};
  CaptureScope scope(operands, name);
  const std::vector<Value> v = loss_operands(name, scope.values());
  return scope.tensor(pairwise_distance(name, v[0], v[1], p, eps, keepdim), "NormBackward1");
}

// Norms below eps count as eps, with the gradient of the norm, as in PyTorch.
Tensor cosine_similarity(const Operand& a, const Operand& b, std::int64_t dim, double eps) {
  const char* const name = "cosine_similarity";
  const Operand* const operands[] = {&a, &b};
  CaptureScope scope(operands, name);
  const std::vector<Value> v = loss_operands(name, scope.values());
  const Shape shape = *broadcast(v[0].shape(), v[1].shape());
  std::vector<Value> unit;
  for (const Value& x : v) {
    const Value whole = expand(x, shape);
    const std::int64_t d = checked_dim(name, dim, whole);
    const Value norm = vector_norm(whole, 2, {d}, true);
    unit.push_back(whole / with_derivative(clamp(record_detach(norm), eps, std::nullopt), norm, ones_like(norm)));
  }
  return scope.tensor(sum(unit[0] * unit[1], {dim < 0 ? dim + shape.rank() : dim}, false));
}

}  // namespace weft
