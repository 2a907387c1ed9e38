// clamp: min(max(x, min), max), with one of the bounds or both. nan stays nan, and a bound that is nan makes nan of
// all.
#include <cmath>
#include <limits>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

bool is_whole(double value) { return value == std::trunc(value) && !std::isinf(value); }

// A bound that is not given is infinite.
double checked_bound(const OpCall& call, std::string_view name, double none) {
  if (!call.attrs.find(name)) return none;
  const auto value = checked_attr<double>(call, name);
  call.require(ErrorKind::value, !std::isnan(value), "a bound is nan");
  const DType dtype = call.in(0).dtype;
  call.require(
      ErrorKind::value,
      !is_integer(dtype) || std::isinf(value) || (is_whole(value) && (dtype == DType::i64 || holds(dtype, value))),
      "integers need whole bounds of their dtype");
  return value;
}

Types infer_clamp(const OpCall& call) {
  call.require(ErrorKind::value, call.attrs.find("min") || call.attrs.find("max"), "needs min or max or both");
  checked_bound(call, "min", -kInf);
  checked_bound(call, "max", kInf);
  return infer_number(call);
}

// No gradient at the bounds.
void grad_clamp(GradCall& g) {
  const Value x = g.in(0);
  const Node& node = g.builder().graph().node(g.out().id().node);
  const AttrValue* min = node.attrs.find("min");
  const AttrValue* max = node.attrs.find("max");
  const auto bound = [&](const AttrValue* value) { return number(g.builder(), x.dtype(), std::get<double>(*value)); };
  Value inside;
  if (min) inside = gt(x, bound(min));
  if (max) {
    const Value below = lt(x, bound(max));
    inside = min ? logical_and(inside, below) : below;
  }
  g.set(0, where(inside, g.dout(), number(g.builder(), x.dtype(), 0)));
}

Kernel compile_clamp(const OpCall& call) {
  const double min = checked_bound(call, "min", -kInf), max = checked_bound(call, "max", kInf);
  const std::int64_t n = call.in(0).shape.numel();
  const auto clamp_as = [&]<class T>(T) {
    return map_kernel<T, T>(call, [low = convert<T>(min), high = convert<T>(max)](T x) {
      const T raised = x < low ? low : x;
      return raised > high ? high : raised;
    });
  };
  switch (call.in(0).dtype) {
    case DType::f32:
      return {.run = [n, low = static_cast<float>(min), high = static_cast<float>(max), run = simd_clamp()](
                         const KernelArgs& args) { run(args.input<float>(0), args.output<float>(), n, low, high); }};
    case DType::f64:
      return clamp_as(double{});
    default:
      return with_integer_type(call.in(0).dtype, clamp_as);
  }
}

void lower_clamp(LowerCall& call) {
  const auto bound = [&](std::string_view name, double none) {
    const AttrValue* value = call.find(name);
    return static_cast<float>(value ? std::get<double>(*value) : none);
  };
  call.out(call.emit(ElementFn::clamp, {call.in(0)}, bound("min", -kInf), bound("max", kInf)));
}

constexpr OpDef kClamp{.name = "clamp",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .infer = infer_clamp,
                       .grad = grad_clamp,
                       .compile = compile_clamp,
                       .grad_name = "ClampBackward1",
                       .in_place = elementwise_in_place,
                       .lower = lower_clamp};
WEFT_REGISTER_OP(kClamp);

}  // namespace

namespace {

// With the gradient 0.
Value nan_like(const Value& x) {
  const Value never = full(x.builder(), {DType::boolean, {}}, 0);
  return where(never, x, number(x.builder(), x.dtype(), std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace

Value clamp(const Value& x, std::optional<double> min, std::optional<double> max) {
  Attrs attrs;
  if (min) attrs.set("min", *min);
  if (max) attrs.set("max", *max);
  const double low = min.value_or(0), high = max.value_or(0);
  const Value number_of_x = is_whole(low) && is_whole(high) ? to_number(x) : to_floating(x);
  if (std::isnan(low) || std::isnan(high)) return nan_like(number_of_x);
  return x.builder().record(kClamp, {number_of_x}, std::move(attrs));
}

Tensor clamp(const Operand& x, std::optional<double> min, std::optional<double> max) {
  return capture(
      {&x}, [&](auto v) { return clamp(v[0], min, max); }, kClamp.grad_name);
}
Tensor Tensor::clamp(std::optional<double> min, std::optional<double> max, SourceLocation at) const {
  return weft::clamp({*this, at}, min, max);
}

}  // namespace weft
