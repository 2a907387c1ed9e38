// What all elementwise ops share: shape rules, iteration over broadcast operands, kernels made of plain loops, and what
// the ops of one function have in common.
#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>

#include "graph/autodiff.h"
#include "graph/element_type.h"
#include "graph/lower.h"
#include "graph/op.h"
#include "ops/kernels/elementwise/simd.h"
#include "ops/values.h"

namespace weft {

// ---- Shape rules. Operands of equal dtype broadcast; what each rule demands of the dtype is in its name.
Types infer_floating(const OpCall& call);  // one operand
Types infer_number(const OpCall& call);    // one operand, any dtype but bool
Types infer_broadcast_floating(const OpCall& call);
Types infer_broadcast_number(const OpCall& call);
Types infer_broadcast(const OpCall& call);
Types infer_compare(const OpCall& call);  // gives bool
Types infer_logical(const OpCall& call);  // bool to bool

// The shape that all operands from `first` on broadcast to.
Shape broadcast_shape(const OpCall& call, std::size_t first = 0);

// ---- Values
// Records an op on two operands after casts to the dtype that promotion gives.
Value record_promoted(const OpDef& op, const Value& a, const Value& b);
// x itself where it is floating, else x as f32.
Value to_floating(const Value& x);
// bool as i64, anything else as it is.
Value to_number(const Value& x);
// x^exponent. A fractional exponent makes integers f32.
Value pow(const Value& x, double exponent);

// ---- Integer arithmetic wraps around.
template <class T, class F>
constexpr T wrapping(T a, T b, F f) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(f(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
  } else {
    return static_cast<T>(f(a, b));
  }
}
template <class T>
constexpr T negated(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return -x;  // 0 - x would lose the sign of zero
  else
    return wrapping(T{0}, x, std::minus<>());
}

// ---- Kernels
BroadcastLoops broadcast_loops(const OpCall& call);

// out[i] = f(x[i])
template <class In, class Out, class F>
Kernel map_kernel(const OpCall& call, F f) {
  return {.run = [n = call.in(0).shape.numel(), f](const KernelArgs& args) {
    const In* x = args.input<In>(0);
    Out* out = args.output<Out>();
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(x[i]);
  }};
}

// out[i] = f(a[i], b[i]), broadcast
template <class In, class Out, class F>
Kernel zip_kernel(const OpCall& call, F f) {
  return {.run = [loops = broadcast_loops(call), f](const KernelArgs& args) {
    for (RunCursor at(loops); !at.done(); at.next()) {
      const In* a = args.input<In>(0) + at.offset(0);
      const In* b = args.input<In>(1) + at.offset(1);
      Out* out = args.output<Out>() + at.result();
      if (!loops.moves[0])
        for (std::int64_t i = 0; i < loops.run; ++i) out[i] = f(*a, b[i]);
      else if (!loops.moves[1])
        for (std::int64_t i = 0; i < loops.run; ++i) out[i] = f(a[i], *b);
      else
        for (std::int64_t i = 0; i < loops.run; ++i) out[i] = f(a[i], b[i]);
    }
  }};
}

// A function on f32, on the best vector instructions of the machine.
Kernel f32_kernel(const OpCall& call, ElementFn fn);

// f32 through fn; f takes and gives double.
template <class F>
Kernel floating_kernel(const OpCall& call, ElementFn fn, F f) {
  return call.in(0).dtype == DType::f32 ? f32_kernel(call, fn) : map_kernel<double, double>(call, f);
}

// Integers through f, which takes and gives i64. Narrower ones are widened, and what comes out wraps around.
template <class F>
Kernel map_integers(const OpCall& call, F f) {
  return with_integer_type(call.in(0).dtype, [&]<class T>(T) {
    return map_kernel<T, T>(call, [f](T x) { return static_cast<T>(f(std::int64_t{x})); });
  });
}
// The same with two operands, and where f gives bool, bool.
template <class F>
Kernel zip_integers(const OpCall& call, F f) {
  using Result = std::invoke_result_t<F, std::int64_t, std::int64_t>;
  return with_integer_type(call.in(0).dtype, [&]<class T>(T) {
    using Out = std::conditional_t<std::is_same_v<Result, bool>, bool, T>;
    return zip_kernel<T, Out>(call, [f](T a, T b) { return static_cast<Out>(f(std::int64_t{a}, std::int64_t{b})); });
  });
}

// f32 through fn; f takes and gives double or i64.
template <class F>
Kernel number_kernel(const OpCall& call, ElementFn fn, F f) {
  return is_integer(call.in(0).dtype) ? map_integers(call, f) : floating_kernel(call, fn, f);
}

// f32 through fn; f takes two double, i64 or bool and gives one, or bool.
template <class F>
Kernel binary_kernel(const OpCall& call, ElementFn fn, F f) {
  const auto zip = [&]<class T>(T) { return zip_kernel<T, std::invoke_result_t<F, T, T>>(call, f); };
  const DType dtype = call.in(0).dtype;
  if (dtype == DType::f32) return f32_kernel(call, fn);
  if (dtype == DType::f64) return zip(double{});
  return is_integer(dtype) ? zip_integers(call, f) : zip(bool{});
}

// ---- Ops
using InferRule = Types (*)(const OpCall&);
using GradRule = void (*)(GradCall&);
using CompileRule = Kernel (*)(const OpCall&);
using SimplifyRule = std::optional<ValueId> (*)(Rewriter&, const Call&);

// The op of one elementwise function, by the row of the function.
template <ElementFn fn>
constexpr OpDef elementwise_op(InferRule infer, CompileRule compile, GradRule grad, const char* grad_name,
                               SimplifyRule simplify = nullptr) {
  return {.name = facts(fn).name,
          .min_inputs = facts(fn).operands,
          .max_inputs = facts(fn).operands,
          .infer = infer,
          .grad = grad,
          .compile = compile,
          .grad_name = grad_name,
          .in_place = elementwise_in_place,
          .simplify = simplify,
          .lower = lower_as<fn>};
}

// With the functions f that floating_kernel, number_kernel and binary_kernel take.
template <ElementFn fn, class F>
constexpr OpDef floating_op(GradRule grad, const char* grad_name, F) {
  return elementwise_op<fn>(
      infer_floating, [](const OpCall& call) { return floating_kernel(call, fn, F()); }, grad, grad_name);
}
template <ElementFn fn, class F>
constexpr OpDef number_op(GradRule grad, const char* grad_name, F, SimplifyRule simplify = nullptr) {
  return elementwise_op<fn>(
      infer_number, [](const OpCall& call) { return number_kernel(call, fn, F()); }, grad, grad_name, simplify);
}
template <ElementFn fn, class F>
constexpr OpDef binary_op(InferRule infer, GradRule grad, const char* grad_name, F, SimplifyRule simplify = nullptr) {
  return elementwise_op<fn>(
      infer, [](const OpCall& call) { return binary_kernel(call, fn, F()); }, grad, grad_name, simplify);
}

}  // namespace weft
