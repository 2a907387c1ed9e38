#include "ops/kernels/elementwise/functions_of_order.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "ops/kernels/elementwise/special_functions.h"

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kPrecision = std::numeric_limits<double>::epsilon() / 2;

// sum (x^2 / 4)^k / (k! (k + order)!), times (x / 2)^order: terms of one sign.
double bessel_series(std::int64_t order, double x) {
  const double z = x * x / 4;
  double term = order == 0 ? 1 : x / 2, sum = term;
  for (double k = 1; term > sum * kPrecision; ++k) {
    term *= z / (k * (k + static_cast<double>(order)));
    sum += term;
  }
  return sum;
}

// e^x / sqrt(2 pi x) times a series that is below the precision before it diverges (Abramowitz and Stegun 9.7.1).
double bessel_of_large(std::int64_t order, double x) {
  const double mu = 4.0 * static_cast<double>(order * order);
  double term = 1, sum = 1;
  for (double k = 1; std::abs(term) > kPrecision; ++k) {
    const double odd = 2 * k - 1;
    term *= (odd * odd - mu) / (8 * k * x);
    sum += term;
  }
  return std::exp(x) / std::sqrt(2 * std::numbers::pi * x) * sum;
}

// sum over k >= 0 of (q + k)^-s for q > 0: the first terms, then the formula of Euler and Maclaurin (Moshier, Cephes).
double zeta_of_positive(double s, double q) {
  // (2k)! / B_2k
  constexpr double kTerms[] = {12,
                               -720,
                               30240,
                               -1209600,
                               47900160,
                               -1.8924375803183791606e9,
                               7.47242496e10,
                               -2.950130727918164224e12,
                               1.1646782814350067249e14,
                               -4.5979787224074726105e15,
                               1.8152105401943546773e17,
                               -7.1661652561756670113e18};
  double power = std::pow(q, -s), sum = power;
  for (int i = 0; i < 9 || q <= 9; ++i) {
    q += 1;
    power = std::pow(q, -s);
    sum += power;
    if (power < kPrecision * sum) return sum;
  }
  sum += power * q / (s - 1) - power / 2;
  double factor = 1, k = 0;
  for (const double divisor : kTerms) {
    factor *= s + k;
    power /= q;
    const double term = factor * power / divisor;
    sum += term;
    if (std::abs(term / sum) < kPrecision) break;
    factor *= s + k + 1;
    power /= q;
    k += 2;
  }
  return sum;
}

// For whole s. Of the terms for a negative q those below 0 are the difference of two sums of terms above it.
double zeta_of(double s, double q) {
  if (q > 0) return q == kInf ? 0 : zeta_of_positive(s, q);
  if (std::isnan(q)) return q;
  if (q == std::floor(q)) return kInf;
  const double above = q - std::floor(q);  // the first number that is; 1 - above is the size of the last below
  const double below = zeta_of_positive(s, 1 - above) - zeta_of_positive(s, 1 - q);
  return zeta_of_positive(s, above) + (std::fmod(s, 2) == 0 ? below : -below);
}

}  // namespace

double bessel_i(std::int64_t order, double x) {
  if (std::isnan(x)) return x;
  const double size = std::abs(x);
  const double value = size == kInf ? kInf : size < 30 ? bessel_series(order, size) : bessel_of_large(order, size);
  return order == 1 ? std::copysign(value, x) : value;
}

double polygamma_of(std::int64_t order, double x) {
  if (order == 0) return digamma_of(x);
  if (order == 1) return trigamma_of(x);
  const double n = static_cast<double>(order);
  const double size = std::exp(log_gamma(n + 1)) * zeta_of(n + 1, x);
  return order % 2 == 0 ? -size : size;
}

}  // namespace weft
