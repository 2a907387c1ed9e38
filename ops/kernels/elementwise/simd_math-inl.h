// Elementary functions on f32 vectors: what the functors of ops/kernels/elementwise/simd_functors-inl.h call. Included
// once for each instruction set, after <hwy/highway.h>.
//
// Errors are bounded by tests/ops/kernels/accuracy_test.cc. nan gives nan, infinities and signed zeros give the limits.
#if defined(WEFT_OPS_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SIMD_MATH_INL_H_
#undef WEFT_OPS_SIMD_MATH_INL_H_
#else
#define WEFT_OPS_SIMD_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
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

constexpr float kExpBias = 12583039.0f;               // 1.5 * 2^23 + 127
constexpr float kMinusLn2High = -0.693145751953125f;  // few bits: products with n are exact
constexpr float kMinusLn2Low = -1.428606765330187045e-6f;

// x = n ln(2) + r with |r| <= ln(2) / 2, for |x| < 2^20.
template <class V>
struct ExpParts {
  V biased;  // n + kExpBias: shifted up, its low bits are the exponent of 2^n
  V n, r;
};
template <class D, class V>
HWY_INLINE ExpParts<V> split_exp(D d, V x) {
  const V bias = hn::Set(d, kExpBias);
  const V biased = hn::MulAdd(x, hn::Set(d, 1.44269504088896341f), bias), n = hn::Sub(biased, bias);
  const V r = hn::MulAdd(n, hn::Set(d, kMinusLn2High), x);
  return {biased, n, hn::MulAdd(n, hn::Set(d, kMinusLn2Low), r)};
}

// e^r - 1 for |r| <= ln(2) / 2: a minimax fit.
template <class D, class V>
HWY_INLINE V small_expm1(D d, V r) {
  constexpr float kPoly[] = {1.38825181e-3f, 8.36654715e-3f, 4.16672007e-2f, 1.66665434e-1f, 4.99999981e-1f};
  return hn::MulAdd(horner(d, r, kPoly), hn::Mul(r, r), r);
}

// Without an instruction for it, 2^n is applied in two factors: n reaches 128 and, for denormal results, -150.
template <class D, class V>
HWY_INLINE V scale(D d, V y, const ExpParts<V>& parts) {
#if HWY_TARGET == HWY_AVX3
  (void)d;
  return V{_mm512_scalef_ps(y.raw, parts.n.raw)};
#else
  const hn::RebindToSigned<D> di;
  const auto sum = hn::Sub(hn::BitCast(di, parts.biased), hn::Set(di, 0x4B400000 - 127));  // of both exponents
  const auto half = hn::ShiftRight<1>(sum);
  const V factor = hn::BitCast(d, hn::ShiftLeft<23>(half));
  return hn::Mul(hn::Mul(y, factor), hn::BitCast(d, hn::ShiftLeft<23>(hn::Sub(sum, half))));
#endif
}

// The vector instructions of x86 for Min and Max give their second operand if one is nan, which then passes through.
template <class D, class V>
HWY_INLINE V keep_nan(D, V x, V y) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  return hn::IfThenElse(hn::IsNaN(x), x, y);
#else
  (void)x;
  return y;
#endif
}

template <class D, class V>
HWY_INLINE V exp_f32(D d, V x) {
  const auto parts = split_exp(d, hn::Min(hn::Set(d, 89.0f), hn::Max(hn::Set(d, -104.0f), x)));
  return keep_nan(d, x, scale(d, hn::Add(small_expm1(d, parts.r), hn::Set(d, 1.0f)), parts));
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

// log(u) x / (u - 1) with u = 1 + x rounded: what rounding took from x is taken from log(u), too (Higham 2002, 1.14).
template <class D, class V>
HWY_INLINE V log1p_f32(D d, V x) {
  const V one = hn::Set(d, 1.0f), u = hn::Add(x, one);
  const V y = hn::Mul(log_f32(d, u), hn::Div(x, hn::Sub(u, one)));
  const V inf = hn::Set(d, std::numeric_limits<float>::infinity());
  return hn::IfThenElse(hn::Or(hn::Eq(u, one), hn::Eq(x, inf)), x, y);
}

// (u - 1) x / log(u) with u = e^x rounded, for the same reason.
template <class D, class V>
HWY_INLINE V expm1_f32(D d, V x) {
  const V one = hn::Set(d, 1.0f), u = exp_f32(d, x), less = hn::Sub(u, one);
  const V y = hn::Mul(less, hn::Div(x, log_f32(d, u)));
  const auto is_limit = hn::Or(hn::Gt(hn::Abs(x), hn::Set(d, 60.0f)), hn::Eq(less, hn::Neg(one)));
  return hn::IfThenElse(hn::Eq(u, one), x, hn::IfThenElse(is_limit, less, y));
}

// 1 / x to 14 bits or better, where it is a normal number: a quotient takes one step of correction.
template <class D, class V>
HWY_INLINE V rough_reciprocal(D d, V x) {
#if HWY_TARGET == HWY_AVX3
  (void)d;
  return hn::ApproximateReciprocal(x);
#else
  return hn::Div(hn::Set(d, 1.0f), x);
#endif
}

// w / (w + 1) with w = (e^2|x| - 1) / 2 = 2^n (e^2z - 1) / 2 + (2^n - 1) / 2 and |z| <= ln(2) / 4.
template <class D, class V>
HWY_INLINE V tanh_f32(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V t = hn::Min(hn::Set(d, 10.0f), hn::Abs(x)), one = hn::Set(d, 1.0f), half = hn::Set(d, 0.5f);
  const V bias = hn::Set(d, kExpBias);
  const V biased = hn::MulAdd(t, hn::Set(d, 2.88539008f), bias), n = hn::Sub(biased, bias);
  const V pow2 = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(di, biased)));
#if HWY_NATIVE_FMA
  const V z = hn::MulAdd(n, hn::Set(d, -0.34657359028f), t);
#else
  const V z = hn::Add(hn::Mul(n, hn::Set(d, kMinusLn2Low / 2)), hn::Add(hn::Mul(n, hn::Set(d, kMinusLn2High / 2)), t));
#endif
  constexpr float kPoly[] = {4.44240580e-2f, 1.33864754e-1f, 3.33337605e-1f, 6.66661737e-1f, 9.99999963e-1f};
  const V small = hn::MulAdd(horner(d, z, kPoly), hn::Mul(z, z), z);
  const V w = hn::MulAdd(small, pow2, hn::MulSub(pow2, half, half));
  const V r = rough_reciprocal(d, hn::Add(w, one)), q = hn::Mul(w, r);
  V error = hn::MulAdd(q, w, hn::Sub(q, w));  // of q, times w + 1
#if !HWY_NATIVE_FMA
  error = hn::IfThenElse(hn::Lt(w, one), error, hn::Add(hn::Mul(hn::Sub(q, one), w), q));  // q w would lose bits
#endif
  return keep_nan(d, x, hn::CopySign(hn::NegMulAdd(error, r, q), x));
}

// e^-|x| or 1, over 1 + e^-|x| with the rounding error of the sum put back.
template <class D, class V>
HWY_INLINE V sigmoid_f32(D d, V x) {
  const V one = hn::Set(d, 1.0f), e = exp_f32(d, hn::Neg(hn::Abs(x))), sum = hn::Add(one, e);
  const V lost = hn::Sub(e, hn::Sub(sum, one));
  const V dividend = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  const V r = rough_reciprocal(d, sum);
#if HWY_NATIVE_FMA
  const V q = hn::Mul(dividend, r);
  const V error = hn::MulAdd(q, lost, hn::MulSub(q, sum, dividend));
#else
  const V q = hn::Div(dividend, sum), error = hn::Mul(q, lost);
#endif
  return hn::NegMulAdd(error, r, q);
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
  const V distribution = hn::MulAdd(erf_small_f32(d, hn::Mul(x, root_half)), half, half);
  const V small = hn::MulAdd(x, distribution, zero);  // 0 for -0, as beyond where Phi(x) is 0
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
