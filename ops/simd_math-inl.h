// Elementary functions on f32 vectors: what the functors of ops/simd_functors-inl.h call. Included once for each
// instruction set, after <hwy/highway.h>.
//
// Errors are bounded by tests/ops/accuracy_test.cc. nan gives nan, infinities and signed zeros give the limits.
#if defined(WEFT_OPS_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SIMD_MATH_INL_H_
#undef WEFT_OPS_SIMD_MATH_INL_H_
#else
#define WEFT_OPS_SIMD_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>

#include "hwy/contrib/math/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// c[0] x^(n-1) + ... + c[n-1]
template <class D, class V, std::size_t n>
HWY_INLINE V horner(D d, V x, const float (&c)[n]) {
  V y = hn::Set(d, c[0]);
  for (std::size_t i = 1; i < n; ++i) y = hn::MulAdd(y, x, hn::Set(d, c[i]));
  return y;
}

// e^x = 2^q e^r with |r| <= ln(2) / 2. 2^q is applied in two factors: q reaches 128 and, for denormal results, -150.
template <class D, class V>
HWY_INLINE V exp_f32(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V bounded = hn::Min(hn::Max(x, hn::Set(d, -104.0f)), hn::Set(d, 89.0f));
  const auto q = hn::NearestInt(hn::Mul(bounded, hn::Set(d, 1.44269504088896341f)));
  const V qf = hn::ConvertTo(d, q);
  V r = hn::MulAdd(qf, hn::Set(d, -0.693145751953125f), bounded);  // few bits: the product is exact
  r = hn::MulAdd(qf, hn::Set(d, -1.428606765330187045e-6f), r);
  constexpr float kPoly[] = {1.98527617612853646278381e-4f, 1.39304355252534151077271e-3f,
                             8.33336077630519866943359e-3f, 4.16664853692054748535156e-2f,
                             1.66666671633720397949219e-1f, 0.5f};  // SLEEF's (N. Shibata, F. Petrogalli)
  const V y = hn::Add(hn::MulAdd(horner(d, r, kPoly), hn::Mul(r, r), r), hn::Set(d, 1.0f));
  const auto half = hn::ShiftRight<1>(q);
  const auto pow2 = [&](auto e) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(e, hn::Set(di, 127)))); };
  const V result = hn::Mul(hn::Mul(y, pow2(half)), pow2(hn::Sub(q, half)));
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

template <class D, class V>
HWY_INLINE V log_f32(D d, V x) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const V zero = hn::Zero(d), inf = hn::Set(d, kInf);
  V y = hn::Log(d, x);
  y = hn::IfThenElse(hn::Eq(x, zero), hn::Set(d, -kInf), y);
  y = hn::IfThenElse(hn::Lt(x, zero), hn::Set(d, std::numeric_limits<float>::quiet_NaN()), y);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Eq(x, inf)), x, y);
}

// Odd polynomial near 0, where the quotient would cancel.
template <class D, class V>
HWY_INLINE V tanh_f32(D d, V x) {
  const V t = hn::Abs(x), s = hn::Mul(x, x), one = hn::Set(d, 1.0f);
  constexpr float kPoly[] = {2.370765644e-3f,  -8.410070805e-3f, 2.178832200e-2f,
                             -5.396155178e-2f, 1.333331287e-1f,  -3.333333323e-1f};
  const V small = hn::MulAdd(hn::Mul(horner(d, s, kPoly), s), x, x);
  const V e = exp_f32(d, hn::Add(t, t));
  const V large = hn::Sub(one, hn::Div(hn::Set(d, 2.0f), hn::Add(e, one)));
  return hn::IfThenElse(hn::Lt(t, hn::Set(d, 0.6f)), small, hn::CopySign(large, x));
}

template <class D, class V>
HWY_INLINE V sigmoid_f32(D d, V x) {
  const V e = exp_f32(d, hn::Neg(hn::Abs(x))), one = hn::Set(d, 1.0f);
  const V sum = hn::Add(one, e);
  const V y = hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), sum);
  // Puts back the rounding error of the sum; a line is near enough to 1 / sum.
  const V error = hn::Sub(e, hn::Sub(sum, one));
  return hn::NegMulAdd(hn::Mul(y, error), hn::NegMulAdd(sum, hn::Set(d, 0.5f), hn::Set(d, 1.457f)), y);
}

// Minimax polynomials by N. Juffa: x + x P(x^2) below kErfSmall, 1 - e^-Q(|x|) beyond.
constexpr float kErfSmall = 0.927734375f;
template <class D, class V>
HWY_INLINE V erf_small_f32(D d, V x) {
  constexpr float kPoly[] = {-5.96761703e-4f, 4.99119423e-3f,  -2.67681349e-2f,
                             1.12819925e-1f,  -3.76125336e-1f, 1.28379166e-1f};
  return hn::MulAdd(horner(d, hn::Mul(x, x), kPoly), x, x);
}
template <class D, class V>
HWY_INLINE V erf_f32(D d, V x) {
  const V t = hn::Min(hn::Abs(x), hn::Set(d, 4.0f));
  constexpr float kLarge[] = {-1.72853470e-5f, 3.83197126e-4f,  -3.88396438e-3f, 2.42546219e-2f,
                              -1.06777877e-1f, -6.34846687e-1f, -1.28717512e-1f};
  const V q = hn::Sub(hn::Mul(horner(d, t, kLarge), t), t);
  const V large = hn::CopySign(hn::Sub(hn::Set(d, 1.0f), exp_f32(d, q)), x);
  const V y = hn::IfThenElse(hn::Lt(t, hn::Set(d, kErfSmall)), erf_small_f32(d, x), large);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

// t Phi(-t) e^(t^2 / 2) for t in [0.5, 14.5]: smooth in (t - 2.5) / (t + 2.5), a Chebyshev fit.
template <class D, class V>
HWY_INLINE V gelu_tail_f32(D d, V t) {
  const V c = hn::Set(d, 2.5f);
  constexpr float kPoly[] = {-8.308386944e-5f, -2.567612368e-4f, 1.868002943e-4f,  1.629560982e-3f,
                             4.641754983e-4f,  -9.003343497e-3f, -3.576260899e-3f, 7.061285950e-2f,
                             -1.508523994e-1f, 1.364822665e-1f,  3.533283283e-1f};
  return horner(d, hn::Div(hn::Sub(t, c), hn::Add(t, c)), kPoly);
}

// x Phi(x). Near 0, Phi is (1 + erf(x / sqrt 2)) / 2. Beyond, 1 + erf would cancel for negative x:
// -|x| Phi(-|x|) is computed as such, with the rounding error of x^2 put back, for e^ magnifies it.
template <class D, class V>
HWY_INLINE V gelu_f32(D d, V x) {
  const V half = hn::Set(d, 0.5f), zero = hn::Zero(d);
  const V t = hn::Min(hn::Abs(x), hn::Set(d, 14.5f));  // beyond, Phi(-t) is 0
  const V hi = hn::And(t, hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), 0xFFFFF000u)));
  const V lo = hn::Sub(t, hi);  // the products of hi and lo are exact
  const V square = hn::Mul(t, t);
  const V error = hn::Add(hn::MulAdd(hn::Add(hi, hi), lo, hn::Sub(hn::Mul(hi, hi), square)), hn::Mul(lo, lo));
  const V tail = gelu_tail_f32(d, t);
  const V corrected = hn::NegMulAdd(tail, hn::Mul(error, half), tail);
  const V negative = hn::Mul(corrected, exp_f32(d, hn::Mul(square, hn::Neg(half))));
  const V large = hn::Sub(hn::IfThenZeroElse(hn::Lt(x, zero), x), negative);
  const V root_half = hn::Set(d, 0.707106781186547524f);
  const V small = hn::Mul(x, hn::MulAdd(erf_small_f32(d, hn::Mul(x, root_half)), half, half));
  const V y = hn::IfThenElse(hn::Lt(t, half), small, large);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

// f is exact in |x| <= limit; fallback takes the others, element by element.
template <class D, class V, class F>
HWY_INLINE V in_range_or(D d, V x, float limit, F f, float (*fallback)(float)) {
  const auto in_range = hn::Le(hn::Abs(x), hn::Set(d, limit));  // false for nan
  V y = f(x);
  if (HWY_LIKELY(hn::AllTrue(d, in_range))) return y;
  HWY_ALIGN float values[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(x, d, values);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i)
    if (!(std::abs(values[i]) <= limit)) values[i] = fallback(values[i]);
  return hn::IfThenElse(in_range, y, hn::Load(d, values));
}

// Highway's range reduction is good below about 39000.
constexpr float kTrigonometricLimit = 30000.0f;

template <class D, class V>
HWY_INLINE V sin_f32(D d, V x) {
  return in_range_or(
      d, x, kTrigonometricLimit, [d](V v) HWY_ATTR { return hn::Sin(d, v); }, [](float v) { return std::sin(v); });
}

template <class D, class V>
HWY_INLINE V cos_f32(D d, V x) {
  return in_range_or(
      d, x, kTrigonometricLimit, [d](V v) HWY_ATTR { return hn::Cos(d, v); }, [](float v) { return std::cos(v); });
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
