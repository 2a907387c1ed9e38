// Functions of numbers that have an order.
#pragma once

#include <cstdint>

namespace weft {

// The modified Bessel function of the first kind, of order 0 or 1.
double bessel_i(std::int64_t order, double x);
// The derivative of this order of the digamma function: (-1)^(n + 1) n! zeta(n + 1, x) for n >= 1.
double polygamma_of(std::int64_t order, double x);

}  // namespace weft
