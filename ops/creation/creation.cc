// Tensors from nothing: full (zeros, ones), arange, eye.
#include <cmath>

#include "graph/capture/capture.h"
#include "graph/known_ops.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

void require_representable(const OpCall& call, DType dtype, double value) {
  if (is_integer(dtype) && !holds(dtype, value))
    call.fail(ErrorKind::value, std::string("the value is not representable as ") + name_of(dtype));
}

Types infer_full(const OpCall& call) {
  const TensorType type{checked_attr<DType>(call, "dtype"), Shape(checked_attr<Dims>(call, "shape"))};
  const auto value = checked_attr<double>(call, "value");
  // A whole number that f64 has not stands beside it.
  if (call.attrs.find("exact"))
    call.require(type.dtype == DType::i64 && std::holds_alternative<std::int64_t>(*call.attrs.find("exact")),
                 "'exact' is a whole number of an i64 tensor");
  else
    require_representable(call, type.dtype, value);
  return {type};
}

Kernel compile_full(const OpCall& call) {
  return with_element_type(call.out().dtype, [&]<class T>(T) {
    const AttrValue* exact = call.attrs.find("exact");
    const T value = exact ? static_cast<T>(std::get<std::int64_t>(*exact)) : convert<T>(call.attr<double>("value"));
    return Kernel{.run = [n = call.out().shape.numel(), value](const KernelArgs& args) {
      fill_elements(args.output<T>(), n, value);
    }};
  });
}

constexpr OpDef kFull{.name = "full", .infer = infer_full, .compile = compile_full, .trait = Trait::constant};
WEFT_REGISTER_OP(kFull);

Types infer_arange(const OpCall& call) {
  const auto dtype = checked_attr<DType>(call, "dtype");
  const auto start = checked_attr<double>(call, "start"), step = checked_attr<double>(call, "step");
  const TensorType type{dtype, Shape{checked_attr<std::int64_t>(call, "length")}};
  call.require(ErrorKind::dtype, dtype != DType::boolean, "bool has no ranges");
  if (is_integer(dtype)) {
    call.require(ErrorKind::value, start == std::trunc(start) && step == std::trunc(step),
                 "a range of integers has whole start and step", "pass kFloat32 or kFloat64 as the dtype");
    // Counted in i64; narrower integers wrap around.
    for (const double number : {start, step, start + step * static_cast<double>(type.shape.numel())})
      require_representable(call, DType::i64, number);
  }
  return {type};
}

template <class T>
T number(double value) {
  if constexpr (std::is_integral_v<T>)
    return convert<T>(convert<std::int64_t>(value));
  else
    return static_cast<T>(value);
}

Kernel compile_arange(const OpCall& call) {
  return with_element_type(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run = [n = call.out().shape.numel(), start = call.attr<double>("start"),
                          step = call.attr<double>("step")](const KernelArgs& args) {
      T* out = args.output<T>();
      for (std::int64_t i = 0; i < n; ++i) out[i] = number<T>(start + step * static_cast<double>(i));
    }};
  });
}

constexpr OpDef kArange{.name = "arange", .infer = infer_arange, .compile = compile_arange};
WEFT_REGISTER_OP(kArange);

Types infer_eye(const OpCall& call) {
  const auto n = checked_attr<std::int64_t>(call, "n");
  return {{checked_attr<DType>(call, "dtype"), Shape{n, n}}};
}

Kernel compile_eye(const OpCall& call) {
  return with_element_type(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run = [n = call.out().shape[0]](const KernelArgs& args) {
      T* out = args.output<T>();
      fill_elements(out, n * n, T{0});
      for (std::int64_t i = 0; i < n; ++i) out[i * n + i] = T{1};
    }};
  });
}

constexpr OpDef kEye{.name = "eye", .infer = infer_eye, .compile = compile_eye};
WEFT_REGISTER_OP(kEye);

[[noreturn]] void fail_arange(std::string_view rule, SourceLocation at) {
  fail_call(ErrorKind::value, "arange", {}, at, rule);
}

std::int64_t arange_length(double start, double end, double step, SourceLocation at) {
  if (!std::isfinite(start) || !std::isfinite(end) || !std::isfinite(step))
    fail_arange("start, end and step must be finite", at);
  if (step == 0) fail_arange("step must not be 0", at);
  if (step > 0 ? end < start : end > start) fail_arange("end lies on the other side of start than step goes", at);
  const double length = std::ceil((end - start) / step);
  if (!(length < 0x1p63)) fail_arange("the range is too long", at);
  return static_cast<std::int64_t>(length);
}

// The end of a range of integers.
double whole_end(const char* name, double value, DType dtype, SourceLocation at) {
  if (!holds(dtype, value))
    fail_call(ErrorKind::value, name, {}, at, std::string("an end is not representable as ") + name_of(dtype));
  return with_integer_type(dtype, [&]<class T>(T) { return static_cast<double>(convert<T>(value)); });
}

Tensor filled(const char* name, DimsRef dims, const Operand& value, DType dtype, SourceLocation at) {
  const Shape shape = checked_shape(name, {}, at, dims);
  return capture(at, [&](Builder& b) { return full(b, {dtype, shape}, value); });
}

Tensor filled_like(const char* name, const Tensor& like, const Operand& value, SourceLocation at) {
  if (!like.defined()) fail_call(ErrorKind::state, name, {}, at, "undefined tensor");
  return filled(name, like.shape(), value, like.dtype(), at);
}

}  // namespace

Value full(Builder& b, const TensorType& type, double value) {
  return b.record(kFull, {}, known_ops::full_attrs(type, value));
}
Value full(Builder& b, const TensorType& type, const Operand& number) {
  if (number.number_dtype() != DType::i64) return full(b, type, number.number());
  return b.record(kFull, {}, known_ops::full_attrs(type, number.whole()));
}

Value arange(Builder& b, std::int64_t n) {
  return b.record(kArange, {}, Attrs{{"dtype", DType::i64}, {"length", n}, {"start", 0.0}, {"step", 1.0}});
}

Value zeros_like(const Value& x) { return full(x.builder(), x.type(), 0); }
Value ones_like(const Value& x) { return full(x.builder(), x.type(), 1); }

Tensor full(DimsRef shape, const Operand& value, DType dtype, SourceLocation at) {
  if (!value.is_number()) fail_call(ErrorKind::value, "full", {}, at, "the value is no number");
  return filled("full", shape, value, dtype, at);
}
Tensor zeros(DimsRef shape, DType dtype, SourceLocation at) { return filled("zeros", shape, 0, dtype, at); }
Tensor ones(DimsRef shape, DType dtype, SourceLocation at) { return filled("ones", shape, 1, dtype, at); }
Tensor zeros_like(const Tensor& like, SourceLocation at) { return filled_like("zeros_like", like, 0, at); }
Tensor ones_like(const Tensor& like, SourceLocation at) { return filled_like("ones_like", like, 1, at); }
Tensor full_like(const Tensor& like, const Operand& value, SourceLocation at) {
  if (!value.is_number()) fail_call(ErrorKind::value, "full_like", {}, at, "the value is no number");
  return filled_like("full_like", like, value, at);
}
Tensor empty(DimsRef shape, DType dtype, SourceLocation at) { return filled("empty", shape, 0, dtype, at); }
Tensor empty_like(const Tensor& like, SourceLocation at) { return filled_like("empty_like", like, 0, at); }

Tensor arange(const Operand& end, SourceLocation at) { return arange(0, end, 1, std::nullopt, at); }

Tensor arange(const Operand& start, const Operand& end, const Operand& step, std::optional<DType> asked,
              SourceLocation at) {
  if (!start.is_number() || !end.is_number() || !step.is_number())
    fail_arange("start, end and step must be numbers", at);
  double first = start.number(), by = step.number();
  const std::int64_t length = arange_length(first, end.number(), by, at);
  const bool is_whole =
      !is_floating(start.number_dtype()) && !is_floating(end.number_dtype()) && !is_floating(step.number_dtype());
  const DType dtype = asked.value_or(is_whole ? DType::i64 : DType::f32);
  if (is_integer(dtype)) first = std::trunc(first), by = std::trunc(by);
  return capture(at, [&](Builder& b) {
    return b.record(kArange, {}, Attrs{{"dtype", dtype}, {"length", length}, {"start", first}, {"step", by}});
  });
}

// Counted from the nearer end, so that both ends are exact. Integers are cut off from the numbers between whole ends.
Tensor linspace(double start, double end, std::int64_t steps, DType dtype, SourceLocation at) {
  if (steps < 0) fail_call(ErrorKind::value, "linspace", {}, at, std::to_string(steps) + " steps");
  if (is_integer(dtype)) {
    const auto whole = [&](double x) { return whole_end("linspace", x, dtype, at); };
    return cast({linspace(whole(start), whole(end), steps, DType::f64, at), at}, dtype);
  }
  if (dtype == DType::boolean) fail_call(ErrorKind::dtype, "linspace", {}, at, "bool has no ranges");
  return capture(at, [&](Builder& b) {
    if (steps == 1) return full(b, {dtype, {1}}, start);
    const double step = (end - start) / static_cast<double>(steps - 1);
    const auto count = [&](double first, double by) {
      return b.record(kArange, {}, Attrs{{"dtype", dtype}, {"length", steps}, {"start", first}, {"step", by}});
    };
    const Value from_end = number(b, dtype, end) - count(static_cast<double>(steps - 1), -1) * step;
    const Value is_first_half = lt(arange(b, steps), full(b, {DType::i64, {}}, Operand(steps / 2)));
    return where(is_first_half, count(0, 1) * step + start, from_end);
  });
}

Tensor logspace(double start, double end, std::int64_t steps, double base, DType dtype, SourceLocation at) {
  if (steps < 0) fail_call(ErrorKind::value, "logspace", {}, at, std::to_string(steps) + " steps");
  if (dtype == DType::boolean) fail_call(ErrorKind::dtype, "logspace", {}, at, "bool has no ranges");
  if (is_integer(dtype)) start = whole_end("logspace", start, dtype, at), end = whole_end("logspace", end, dtype, at);
  const Tensor exponents = linspace(start, end, steps, DType::f64, at);
  return cast({pow({base, at}, {exponents, at}), at}, dtype);
}

Tensor eye(std::int64_t n, DType dtype, SourceLocation at) {
  return capture(at, [&](Builder& b) { return b.record(kEye, {}, Attrs{{"dtype", dtype}, {"n", n}}); });
}

}  // namespace weft
