// argmax and argmin.
#include <cmath>
#include <string>
#include <type_traits>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  call.require(ErrorKind::dtype, call.in(0).dtype != DType::boolean, "is not defined for bool",
               "cast() gives it another dtype");
  const std::int64_t dim = infer_axis(call);
  const Shape& shape = call.in(0).shape;
  call.require(shape.rank() == 0 || shape[static_cast<int>(dim)] > 0, "no elements have no extreme",
               "reduce over a dim of at least one element");
  return {{DType::i64, reduced_shape(shape, {dim}, checked_attr<bool>(call, "keepdim"))}};
}

// As for max and min, a NaN counts as the extreme.
template <bool largest, class T>
bool beats(T x, T best) {
  const bool is_beyond = largest ? x > best : x < best;
  if constexpr (std::is_floating_point_v<T>) return is_beyond || (std::isnan(x) && !std::isnan(best));
  return is_beyond;
}

template <bool largest, class T>
void extreme_axis(const T* x, std::int64_t* out, const ReducePass& pass) {
  for (std::int64_t o = 0; o < pass.outer; ++o)
    for (std::int64_t i = 0; i < pass.inner; ++i) {
      const T* line = x + o * pass.count * pass.inner + i;
      std::int64_t best = 0;
      for (std::int64_t r = 1; r < pass.count; ++r)
        if (beats<largest>(line[r * pass.inner], line[best * pass.inner])) best = r;
      out[o * pass.inner + i] = best;
    }
}

template <bool largest>
Kernel compile(const OpCall& call) {
  const ReducePass pass = axis_pass(call.in(0).shape, call.attr<std::int64_t>("dim"));
  return with_element_type(call.in(0).dtype, [&](auto zero) -> Kernel {
    using T = decltype(zero);
    return {
        .run = [pass](const KernelArgs& a) { extreme_axis<largest>(a.input<T>(0), a.output<std::int64_t>(), pass); }};
  });
}

}  // namespace

constexpr OpDef kArgmax{.name = "argmax", .min_inputs = 1, .max_inputs = 1, .infer = infer, .compile = compile<true>};
WEFT_REGISTER_OP(kArgmax);
constexpr OpDef kArgmin{.name = "argmin", .min_inputs = 1, .max_inputs = 1, .infer = infer, .compile = compile<false>};
WEFT_REGISTER_OP(kArgmin);

namespace {

Value place_of_extreme(const OpDef& op, const Value& x, std::optional<std::int64_t> dim, bool keepdim) {
  Builder& b = x.builder();
  if (dim) {
    const std::int64_t axis = normalize_axis(op.name, *dim, x.type(), b.where);
    return b.record(op, {x}, {{"dim", axis}, {"keepdim", keepdim}});
  }
  if (x.shape().numel() == 0) fail_call(ErrorKind::shape, op.name, x, "no elements have no extreme");
  const Value index = b.record(op, {reshape(x, {x.shape().numel()})}, {{"dim", std::int64_t{0}}, {"keepdim", false}});
  return keepdim ? reshape(index, Dims(static_cast<std::size_t>(x.rank()), 1)) : index;
}

}  // namespace

Tensor argmax(const Operand& x, std::optional<std::int64_t> dim, bool keepdim) {
  return capture({&x}, [&](std::span<const Value> v) { return place_of_extreme(kArgmax, v[0], dim, keepdim); });
}
Tensor argmin(const Operand& x, std::optional<std::int64_t> dim, bool keepdim) {
  return capture({&x}, [&](std::span<const Value> v) { return place_of_extreme(kArgmin, v[0], dim, keepdim); });
}

Tensor Tensor::argmax(std::optional<std::int64_t> dim, bool keepdim, SourceLocation at) const {
  return weft::argmax({*this, at}, dim, keepdim);
}

}  // namespace weft
