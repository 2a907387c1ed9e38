// Further elementwise functions: signs, bits, extremes that pass over nan, rounded quotients, and comparisons of whole
// tensors. Operands broadcast and promote as in weft/ops.h.
//
// Threads: as for all operations (weft/ops.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "weft/tensor.h"

namespace weft {

// ---- Signs and parts -------------------------------------------------------------------------------------------

Tensor positive(const Operand& x);  // x itself; bool throws Error
Tensor signbit(const Operand& x);   // bool: whether the sign is set, of -0.0 and nan, too
// |a| with the sign of b: +|a|, -|a|. Its gradient by a is 0 where a is 0.
Tensor copysign(const Operand& a, const Operand& b);
// 0 where x < 0 or nan, `values` where x is 0, 1 where x > 0; of one dtype. No gradient.
Tensor heaviside(const Operand& x, const Operand& values);
Tensor isposinf(const Operand& x);  // bool
Tensor isneginf(const Operand& x);  // bool
Tensor rad2deg(const Operand& x);   // 180 x / pi
Tensor deg2rad(const Operand& x);   // pi x / 180

// ---- Extremes --------------------------------------------------------------------------------------------------

// The larger, or smaller, one: of a number and nan the number. Gradients as those of maximum() and minimum().
Tensor fmax(const Operand& a, const Operand& b);
Tensor fmin(const Operand& a, const Operand& b);
// max(x, min), min(x, max). Of a number as a bound the gradient is 0 at it; of a tensor as that of maximum().
Tensor clamp_min(const Operand& x, const Operand& min);
Tensor clamp_max(const Operand& x, const Operand& max);

// ---- Powers, logarithms and special functions ------------------------------------------------------------------

Tensor float_power(const Operand& a, const Operand& b);  // a^b in f64
Tensor ldexp(const Operand& x, const Operand& other);    // x * 2^other
Tensor logaddexp2(const Operand& a, const Operand& b);   // log2(2^a + 2^b)
Tensor sinc(const Operand& x);                           // sin(pi x) / (pi x), 1 at 0
Tensor i0(const Operand& x);                             // the modified Bessel function of the first kind, of order 0
// The derivative of order n of digamma(x), n >= 0.
Tensor polygamma(std::int64_t n, const Operand& x);

// ---- Quotients -------------------------------------------------------------------------------------------------

// a / b rounded down ("floor") or towards 0 ("trunc"), with the gradient 0. Integers give integers, and throw Error
// where they are divided by 0.
Tensor div(const Operand& a, const Operand& b, std::string_view rounding_mode);

// ---- Bits: of integers, and of bool but for shifts -------------------------------------------------------------

Tensor bitwise_not(const Operand& x);
Tensor bitwise_and(const Operand& a, const Operand& b);
Tensor bitwise_or(const Operand& a, const Operand& b);
Tensor bitwise_xor(const Operand& a, const Operand& b);
// a 2^b without the bits that leave, and floor(a / 2^b); a shift that is negative or has as many bits as the dtype
// leaves no bit of a but its sign.
Tensor bitwise_left_shift(const Operand& a, const Operand& b);
Tensor bitwise_right_shift(const Operand& a, const Operand& b);
Tensor operator~(const Operand& x);
Tensor operator&(const Operand& a, const Operand& b);
Tensor operator|(const Operand& a, const Operand& b);
Tensor operator^(const Operand& a, const Operand& b);

// ---- Whole tensors ---------------------------------------------------------------------------------------------

// bool: a == b, or |a - b| <= atol + rtol |b| and finite; with equal_nan also where both are nan. Of one dtype.
Tensor isclose(const Operand& a, const Operand& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
// Whether all elements are close; and whether the shapes and all elements are equal. These look at values, and throw
// Error inside of compile().
bool allclose(const Operand& a, const Operand& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
bool equal(const Operand& a, const Operand& b);

}  // namespace weft
