#include "ops/kernels/elementwise/special_functions.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

// c[0] x^(n-1) + ... + c[n-1]
template <std::size_t n>
double horner(double x, const double (&c)[n]) {
  double y = c[0];
  for (std::size_t i = 1; i < n; ++i) y = y * x + c[i];
  return y;
}

}  // namespace

double inverse_erf(double y) {
  constexpr double kA[] = {-0.140543331, 0.914624893, -1.645349621, 0.886226899};
  constexpr double kB[] = {0.012229801, -0.329097515, 1.442710462, -2.118377725, 1};
  constexpr double kC[] = {1.641345311, 3.429567803, -1.624906493, -1.970840454};
  constexpr double kD[] = {1.637067800, 3.543889200, 1};
  const double size = std::abs(y);
  if (!(size <= 1)) return kNan;
  if (size == 1) return std::copysign(kInf, y);
  double x;
  if (size <= 0.7) {
    const double z = y * y;
    x = y * horner(z, kA) / horner(z, kB);
  } else {
    const double z = std::sqrt(-std::log((1 - size) / 2));
    x = std::copysign(horner(z, kC) / horner(z, kD), y);
  }
  for (int i = 0; i < 2; ++i) x -= (std::erf(x) - y) / (2 * std::numbers::inv_sqrtpi * std::exp(-x * x));
  return x;
}

double log_gamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}

double digamma_of(double x) {
  constexpr double kSeries[] = {8.33333333333333333333e-2,  -2.10927960927960927961e-2, 7.57575757575757575758e-3,
                                -4.16666666666666666667e-3, 3.96825396825396825397e-3,  -8.33333333333333333333e-3,
                                8.33333333333333333333e-2};
  if (x == 0) return std::copysign(kInf, -x);
  double result = 0;
  if (x < 0) {
    if (x == std::trunc(x)) return kNan;
    double whole;
    result = -std::numbers::pi / std::tan(std::numbers::pi * std::modf(x, &whole));
    x = 1 - x;
  }
  for (; x < 10; x += 1) result -= 1 / x;
  const double z = 1 / (x * x), tail = x < 1e17 ? z * horner(z, kSeries) : 0;
  return result + std::log(x) - 0.5 / x - tail;
}

double trigamma_of(double x) {
  constexpr double kSeries[] = {7.0 / 6, -691.0 / 2730, 5.0 / 66, -1.0 / 30, 1.0 / 42, -1.0 / 30, 1.0 / 6};
  if (x < 0.5) {
    if (x == std::trunc(x)) return kInf;
    const double sine = std::sin(std::numbers::pi * x);
    return std::numbers::pi * std::numbers::pi / (sine * sine) - trigamma_of(1 - x);
  }
  double result = 0;
  for (; x < 12; x += 1) result += 1 / (x * x);
  const double z = 1 / (x * x);
  return result + 1 / x + z / 2 + z / x * horner(z, kSeries);
}

}  // namespace weft
