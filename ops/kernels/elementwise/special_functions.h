// Functions of numbers that the C++ library lacks, or has with a state that threads would share.
#pragma once

#include <cmath>
#include <type_traits>

namespace weft {

// The x of erf(x): rational first values (Giles 2012; 7 digits), and two steps of Newton's method.
double inverse_erf(double x);
// log |Gamma(x)|
double log_gamma(double x);
// The derivative of log_gamma: recurrence to x >= 10, then the asymptotic series (Moshier, Cephes).
double digamma_of(double x);
// And its derivative: recurrence to x >= 12, then the asymptotic series (Abramowitz and Stegun 6.4.12).
double trigamma_of(double x);

// The rest of a / b with the sign of b, as Python has it. For integers b must not be 0.
template <class T>
T floor_remainder(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    const T rest = std::fmod(a, b);
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
  } else {
    if (b == -1) return 0;  // the quotient of the least integer would overflow
    const T rest = a % b;
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
  }
}

// floor(a / b), as Python has it: exact where a / b rounds up to a whole number. For integers b must not be 0.
template <class T>
T floor_quotient(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (b == 0) return a / b;
    const T rest = std::fmod(a, b);
    T quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
    if (quotient == 0) return std::copysign(T{0}, a / b);
    const T floored = std::floor(quotient);
    return quotient - floored > T{0.5} ? floored + 1 : floored;
  } else {
    if (b == -1) return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a));
    const T quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
  }
}

}  // namespace weft
