// linear: the rows of x times a weight matrix, plus a bias.
#include <array>

#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

// All leading dims are rows of one product, to which the bias is added before they are dims again.
Value linear(std::span<const Value> v) {
  const Value &x = v[0], &weight = v[1];
  const auto refuse = [&](std::string_view rule, ErrorKind kind = ErrorKind::shape) {
    fail_call(kind, "linear", v, x.builder().where, rule);
  };
  if (weight.rank() != 2) refuse("the weight must be a matrix [out,in]");
  if (x.rank() == 0 || x.shape()[x.rank() - 1] != weight.shape()[1])
    refuse("the last extent of x must be the last extent of the weight");
  for (const Value& each : v)
    if (each.dtype() != x.dtype()) refuse("dtypes differ", ErrorKind::dtype);
  if (v.size() > 2 && v[2].shape() != Shape{weight.shape()[0]})
    refuse("the bias must have as many elements as the weight has rows");

  Dims shape = x.shape().vec();
  shape.pop_back();
  const std::int64_t rows = Shape(shape).numel();
  shape.push_back(weight.shape()[0]);
  const Shape result = checked_shape("linear", v, x.builder().where, shape);
  const Value product = matmul(reshape(x, Shape{rows, weight.shape()[1]}), false, weight, true);
  return reshape(v.size() > 2 ? product + v[2] : product, result);
}

// Whether the elements stand in memory one after the other.
bool is_dense(const Operand& x) {
  if (x.is_number()) return true;
  const Shape& shape = x.tensor().shape();
  const Dims strides = strides_of(*TensorAccess::impl(x.tensor()));
  std::int64_t expected = 1;
  for (int d = shape.rank(); d-- > 0; expected *= shape[d])
    if (shape[d] != 1 && strides[static_cast<std::size_t>(d)] != expected) return shape.numel() == 0;
  return true;
}

const char* gradient_name(const Operand& x, bool bias) {
  const int rank = x.is_number() ? 0 : x.tensor().shape().rank();
  if (rank == 2) return bias ? "AddmmBackward0" : "MmBackward0";
  if (bias) return is_dense(x) ? "ViewBackward0" : "AddBackward0";
  return rank == 1 ? "SqueezeBackward4" : "UnsafeViewBackward0";
}

}  // namespace

Tensor linear(const Operand& x, const Tensor& weight, const Tensor& bias) {
  const Operand w(weight, x.at()), b(bias, x.at());
  const std::array<const Operand*, 3> operands{&x, &w, &b};
  const std::span<const Operand* const> used(operands.data(), bias.defined() ? 3 : 2);
  CaptureScope scope(used);
  return scope.tensor(linear(scope.values()), gradient_name(x, bias.defined()));
}

}  // namespace weft
