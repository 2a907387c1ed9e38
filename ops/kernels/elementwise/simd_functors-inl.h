// The elementwise functions as functors, vectors in and a vector (or mask) out: what whole-op kernels and fused ones
// share. Included once for each instruction set.
#if defined(WEFT_OPS_SIMD_FUNCTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SIMD_FUNCTORS_INL_H_
#undef WEFT_OPS_SIMD_FUNCTORS_INL_H_
#else
#define WEFT_OPS_SIMD_FUNCTORS_INL_H_
#endif

#include "graph/element_function.h"
#include "ops/kernels/elementwise/simd_lanes-inl.h"
#include "ops/kernels/elementwise/simd_math-inl.h"
#include "ops/kernels/elementwise/special_functions.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

// The vector code of a row of graph/element_functions.inc. A row without one does not compile where it is used.
template <ElementFn fn>
struct ElementFunctor;

#define WEFT_UNARY_FUNCTOR(name, expression)  \
  template <>                                 \
  struct ElementFunctor<ElementFn::name> {    \
    template <class D, class V>               \
    HWY_INLINE V operator()(D d, V x) const { \
      (void)d;                                \
      return expression;                      \
    }                                         \
  }
#define WEFT_BINARY_FUNCTOR(name, expression)         \
  template <>                                         \
  struct ElementFunctor<ElementFn::name> {            \
    template <class D, class V>                       \
    HWY_INLINE auto operator()(D d, V a, V b) const { \
      (void)d;                                        \
      return expression;                              \
    }                                                 \
  }

WEFT_UNARY_FUNCTOR(neg, hn::Neg(x));
WEFT_UNARY_FUNCTOR(abs, hn::Abs(x));
WEFT_UNARY_FUNCTOR(sign,
                   hn::IfThenZeroElse(hn::Or(hn::Eq(x, hn::Zero(d)), hn::IsNaN(x)), hn::CopySign(hn::Set(d, 1.0f), x)));
WEFT_UNARY_FUNCTOR(square, hn::Mul(x, x));
WEFT_UNARY_FUNCTOR(cube, hn::Mul(hn::Mul(x, x), x));
WEFT_UNARY_FUNCTOR(reciprocal, hn::Div(hn::Set(d, 1.0f), x));
WEFT_UNARY_FUNCTOR(sqrt, hn::Sqrt(x));
WEFT_UNARY_FUNCTOR(relu, hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x));
WEFT_UNARY_FUNCTOR(exp, exp_f32(d, x));
WEFT_UNARY_FUNCTOR(log, log_f32(d, x));
WEFT_UNARY_FUNCTOR(sin, hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, sin_f32(d, x)));
WEFT_UNARY_FUNCTOR(cos, cos_f32(d, x));
WEFT_UNARY_FUNCTOR(tanh, tanh_f32(d, x));
WEFT_UNARY_FUNCTOR(sigmoid, sigmoid_f32(d, x));
WEFT_UNARY_FUNCTOR(erf, erf_f32(d, x));
WEFT_UNARY_FUNCTOR(gelu, gelu_f32(d, x));
WEFT_UNARY_FUNCTOR(exp2, (each_lane(d, x, [](double v) { return std::exp2(v); })));
WEFT_UNARY_FUNCTOR(expm1, expm1_f32(d, x));
WEFT_UNARY_FUNCTOR(log1p, log1p_f32(d, x));
WEFT_UNARY_FUNCTOR(log2, (each_lane(d, x, [](double v) { return std::log2(v); })));
WEFT_UNARY_FUNCTOR(log10, (each_lane(d, x, [](double v) { return std::log10(v); })));
WEFT_UNARY_FUNCTOR(tan, (each_lane(d, x, [](double v) { return std::tan(v); })));
WEFT_UNARY_FUNCTOR(asin, (each_lane(d, x, [](double v) { return std::asin(v); })));
WEFT_UNARY_FUNCTOR(acos, (each_lane(d, x, [](double v) { return std::acos(v); })));
WEFT_UNARY_FUNCTOR(atan, (each_lane(d, x, [](double v) { return std::atan(v); })));
WEFT_UNARY_FUNCTOR(sinh, (each_lane(d, x, [](double v) { return std::sinh(v); })));
WEFT_UNARY_FUNCTOR(cosh, (each_lane(d, x, [](double v) { return std::cosh(v); })));
WEFT_UNARY_FUNCTOR(asinh, (each_lane(d, x, [](double v) { return std::asinh(v); })));
WEFT_UNARY_FUNCTOR(acosh, (each_lane(d, x, [](double v) { return std::acosh(v); })));
WEFT_UNARY_FUNCTOR(atanh, (each_lane(d, x, [](double v) { return std::atanh(v); })));
WEFT_UNARY_FUNCTOR(erfc, (each_lane(d, x, [](double v) { return std::erfc(v); })));
WEFT_UNARY_FUNCTOR(erfinv, (each_lane(d, x, inverse_erf)));
WEFT_UNARY_FUNCTOR(lgamma, (each_lane(d, x, log_gamma)));
WEFT_UNARY_FUNCTOR(trigamma, (each_lane(d, x, trigamma_of)));
WEFT_UNARY_FUNCTOR(digamma, (each_lane(d, x, digamma_of)));
WEFT_UNARY_FUNCTOR(rsqrt, hn::Div(hn::Set(d, 1.0f), hn::Sqrt(x)));
WEFT_UNARY_FUNCTOR(floor, hn::Floor(x));
WEFT_UNARY_FUNCTOR(ceil, hn::Ceil(x));
WEFT_UNARY_FUNCTOR(round, hn::Round(x));
WEFT_UNARY_FUNCTOR(trunc, hn::Trunc(x));

WEFT_BINARY_FUNCTOR(add, hn::Add(a, b));
WEFT_BINARY_FUNCTOR(sub, hn::Sub(a, b));
WEFT_BINARY_FUNCTOR(mul, hn::Mul(a, b));
WEFT_BINARY_FUNCTOR(div, hn::Div(a, b));
// nan where either operand is, and a where they are equal, as zeros of two signs are.
WEFT_BINARY_FUNCTOR(maximum, hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a));
WEFT_BINARY_FUNCTOR(minimum, hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a));
WEFT_BINARY_FUNCTOR(atan2, (each_lane(d, a, b, [](double y, double x) { return std::atan2(y, x); })));
WEFT_BINARY_FUNCTOR(hypot, (each_lane(d, a, b, [](double x, double y) { return std::hypot(x, y); })));
WEFT_BINARY_FUNCTOR(fmod, (each_lane(d, a, b, [](double x, double y) { return std::fmod(x, y); })));
WEFT_BINARY_FUNCTOR(remainder, (each_lane(d, a, b, floor_remainder<double>)));
WEFT_BINARY_FUNCTOR(relu_grad, hn::IfThenZeroElse(hn::Le(b, hn::Zero(d)), a));

WEFT_BINARY_FUNCTOR(eq, hn::Eq(a, b));
WEFT_BINARY_FUNCTOR(ne, hn::Not(hn::Eq(a, b)));  // hn::Ne is false for nan on some instruction sets
WEFT_BINARY_FUNCTOR(lt, hn::Lt(a, b));
WEFT_BINARY_FUNCTOR(le, hn::Le(a, b));
WEFT_BINARY_FUNCTOR(gt, hn::Gt(a, b));
WEFT_BINARY_FUNCTOR(ge, hn::Ge(a, b));

#undef WEFT_UNARY_FUNCTOR
#undef WEFT_BINARY_FUNCTOR

template <>
struct ElementFunctor<ElementFn::clamp> {
  float min, max;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V low = hn::Set(d, min), high = hn::Set(d, max);
    const V raised = hn::IfThenElse(hn::Lt(x, low), low, x);
    return hn::IfThenElse(hn::Gt(raised, high), high, raised);
  }
};

// The condition is a mask, or numbers that are true where they are not 0.
template <>
struct ElementFunctor<ElementFn::where> {
  template <class D, class V>
  HWY_INLINE V operator()(D, hn::Mask<D> condition, V a, V b) const {
    return hn::IfThenElse(condition, a, b);
  }
  template <class D, class V>
  HWY_INLINE V operator()(D d, V condition, V a, V b) const {
    return hn::IfThenElse(hn::Eq(condition, hn::Zero(d)), b, a);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
