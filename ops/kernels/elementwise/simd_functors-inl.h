// The f32 operations as functors, vector in and vector (or mask) out: what whole-op kernels and fused ones share.
// Included once for each instruction set.
#if defined(WEFT_OPS_SIMD_FUNCTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SIMD_FUNCTORS_INL_H_
#undef WEFT_OPS_SIMD_FUNCTORS_INL_H_
#else
#define WEFT_OPS_SIMD_FUNCTORS_INL_H_
#endif

#include "ops/kernels/elementwise/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

#define WEFT_UNARY_FUNCTOR(Name, expression)  \
  struct Name {                               \
    template <class D, class V>               \
    HWY_INLINE V operator()(D d, V x) const { \
      (void)d;                                \
      return expression;                      \
    }                                         \
  }
#define WEFT_BINARY_FUNCTOR(Name, expression)         \
  struct Name {                                       \
    template <class D, class V>                       \
    HWY_INLINE auto operator()(D d, V a, V b) const { \
      (void)d;                                        \
      return expression;                              \
    }                                                 \
  }

WEFT_UNARY_FUNCTOR(Neg, hn::Neg(x));
WEFT_UNARY_FUNCTOR(Abs, hn::Abs(x));
WEFT_UNARY_FUNCTOR(Sign,
                   hn::IfThenElse(hn::Or(hn::Eq(x, hn::Zero(d)), hn::IsNaN(x)), x, hn::CopySign(hn::Set(d, 1.0f), x)));
WEFT_UNARY_FUNCTOR(Square, hn::Mul(x, x));
WEFT_UNARY_FUNCTOR(Cube, hn::Mul(hn::Mul(x, x), x));
WEFT_UNARY_FUNCTOR(Reciprocal, hn::Div(hn::Set(d, 1.0f), x));
WEFT_UNARY_FUNCTOR(Sqrt, hn::Sqrt(x));
WEFT_UNARY_FUNCTOR(Root, hn::IfThenElse(hn::Eq(x, hn::Set(d, -std::numeric_limits<float>::infinity())), hn::Neg(x),
                                        hn::Abs(hn::Sqrt(x))));
WEFT_UNARY_FUNCTOR(Relu, hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), x));
WEFT_UNARY_FUNCTOR(Exp, exp_f32(d, x));
WEFT_UNARY_FUNCTOR(Log, log_f32(d, x));
WEFT_UNARY_FUNCTOR(Sin, sin_f32(d, x));
WEFT_UNARY_FUNCTOR(Cos, cos_f32(d, x));
WEFT_UNARY_FUNCTOR(Tanh, tanh_f32(d, x));
WEFT_UNARY_FUNCTOR(Sigmoid, sigmoid_f32(d, x));
WEFT_UNARY_FUNCTOR(Erf, erf_f32(d, x));
WEFT_UNARY_FUNCTOR(Gelu, gelu_f32(d, x));

WEFT_BINARY_FUNCTOR(Add, hn::Add(a, b));
WEFT_BINARY_FUNCTOR(Sub, hn::Sub(a, b));
WEFT_BINARY_FUNCTOR(Mul, hn::Mul(a, b));
WEFT_BINARY_FUNCTOR(Div, hn::Div(a, b));
// nan where either operand is, as PyTorch has it.
WEFT_BINARY_FUNCTOR(Maximum, hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b));
WEFT_BINARY_FUNCTOR(Minimum, hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b));
WEFT_BINARY_FUNCTOR(ReluGrad, hn::IfThenZeroElse(hn::Le(b, hn::Zero(d)), a));

WEFT_BINARY_FUNCTOR(Equal, hn::Eq(a, b));
WEFT_BINARY_FUNCTOR(NotEqual, hn::Not(hn::Eq(a, b)));  // hn::Ne is false for nan on some instruction sets
WEFT_BINARY_FUNCTOR(Less, hn::Lt(a, b));
WEFT_BINARY_FUNCTOR(LessEqual, hn::Le(a, b));
WEFT_BINARY_FUNCTOR(Greater, hn::Gt(a, b));
WEFT_BINARY_FUNCTOR(GreaterEqual, hn::Ge(a, b));

#undef WEFT_UNARY_FUNCTOR
#undef WEFT_BINARY_FUNCTOR

struct Clamp {
  float min, max;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V low = hn::Set(d, min), high = hn::Set(d, max);
    const V raised = hn::IfThenElse(hn::Lt(x, low), low, x);
    return hn::IfThenElse(hn::Gt(raised, high), high, raised);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
