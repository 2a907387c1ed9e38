// sum, and what is made of it: mean, sum_to.
#include "ops/reduce/reduce.h"

#include <limits>

#include "graph/capture/capture.h"
#include "graph/known_ops.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/kernels/reduce/sum_simd.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer_sum(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype) || call.in(0).dtype == DType::i64,
               "sums are of f32, f64 or i64", "cast(x, kInt64) counts");
  return {{call.in(0).dtype, infer_reduction(call)}};
}

void sum_grad(GradCall& g) { g.set(0, expand_reduced(g.dout(), g.in(0), g.attr<Dims>("dims"))); }

Kernel compile_sum(const OpCall& call) {
  switch (call.in(0).dtype) {
    case DType::f32:
      return reduce_kernel(call, sum_pass_f32);
    case DType::f64:
      return reduce_kernel(call, sum_pass_f64);
    default:
      return reduce_kernel(call, sum_pass_i64);
  }
}

// A sum begins at 0, so that -0 alone gives 0.
std::optional<ValueId> simplify_sum(Rewriter& r, const Call& call) {
  const TensorType x = r.type(call.operands[0]), sum = call.type();
  if (x.dtype != sum.dtype || x.shape.numel() != sum.shape.numel()) return std::nullopt;
  if (sum.dtype == DType::i64) return r.reshaped(call.operands[0], sum.shape);
  // In the operand's shape, in which what computes it can do so, too.
  const ValueId from_zero = r.record(known_ops::add(), {call.operands[0], r.full({sum.dtype, {}}, 0)}, {});
  return r.reshaped(from_zero, sum.shape);
}

}  // namespace

constexpr OpDef kSum{.name = "sum",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer_sum,
                     .grad = sum_grad,
                     .compile = compile_sum,
                     .grad_name = "SumBackward1",
                     .trait = Trait::sum,
                     .simplify = simplify_sum};
WEFT_REGISTER_OP(kSum);

Value sum(const Value& x, const Dims& dims, bool keepdim) {
  const Dims all = normalize_dims("sum", dims, x.type(), x.builder().where);
  const Value summand = is_floating(x.dtype()) ? x : cast(x, DType::i64);
  return x.builder().record(kSum, {summand}, {{"dims", all}, {"keepdim", keepdim}});
}

Value mean(const Value& x, const Dims& dims, bool keepdim) {
  if (!is_floating(x.dtype()))
    fail_call(ErrorKind::dtype, "mean", x, "needs a floating tensor", "cast(x, kFloat32) first");
  double count = 1;
  for (const std::int64_t d : normalize_dims("mean", dims, x.type(), x.builder().where))
    count *= static_cast<double>(x.shape()[static_cast<int>(d)]);
  // nan, whose gradient is one of no elements: a quotient by 0 would make nan of the gradient's own gradient.
  if (count == 0) return sum(x, dims, keepdim) + std::numeric_limits<double>::quiet_NaN();
  return sum(x, dims, keepdim) / count;
}

Value sum_to(const Value& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int added = x.rank() - shape.rank();
  const auto fail = [&] { fail_call(ErrorKind::shape, "sum_to", x, "does not come from broadcasting " + shape.str()); };
  if (added < 0) fail();
  Dims dims;
  for (int d = 0; d < x.rank(); ++d) {
    const std::int64_t target = d < added ? 1 : shape[d - added];
    if (d >= added && x.shape()[d] == target) continue;
    if (target != 1) fail();
    dims.push_back(d);
  }
  const Value total = dims.empty() ? x : sum(x, dims, false);
  return total.shape() == shape ? total : reshape(total, shape);
}

Tensor sum(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return sum(v[0], dims.vec(), keepdim); },
      !dims.is_list() && !keepdim ? "SumBackward0" : "SumBackward1");
}
Tensor mean(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return mean(v[0], dims.vec(), keepdim); },
      !dims.is_list() && !keepdim ? "MeanBackward0" : "MeanBackward1");
}

Tensor Tensor::sum(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::sum({*this, at}, dims, keepdim);
}
Tensor Tensor::mean(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::mean({*this, at}, dims, keepdim);
}

}  // namespace weft
