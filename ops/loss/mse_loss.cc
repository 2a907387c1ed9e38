#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Value mse_loss(std::span<const Value> v, Reduction reduction) {
  if (!is_floating(v[0].dtype()) && !is_floating(v[1].dtype()))
    fail_call(ErrorKind::dtype, "mse_loss", v, v[0].builder().where, "needs a floating tensor",
              "cast(x, kFloat32) first");
  // Scalars count as tensors in the promotion.
  const DType dtype = v[0].dtype() == DType::f64 || v[1].dtype() == DType::f64 ? DType::f64 : DType::f32;
  const Value squares = square(cast(v[0], dtype) - cast(v[1], dtype));
  switch (reduction) {
    case Reduction::none:
      return squares;
    case Reduction::mean:
      return mean(squares, {}, false);
    default:
      return sum(squares, {}, false);
  }
}

}  // namespace

Tensor mse_loss(const Operand& a, const Operand& b, Reduction reduction) {
  return capture(
      {&a, &b}, [&](std::span<const Value> v) { return mse_loss(v, reduction); }, "MseLossBackward0");
}

}  // namespace weft
