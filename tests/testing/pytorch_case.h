// A function of two tensors and what PyTorch has for it: the sum of its values and the gradients of that sum.
#pragma once

#include <iosfwd>
#include <limits>
#include <vector>

#include "weft/weft.h"

namespace weft {

inline const double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

struct PyTorchCase {
  const char* name;
  Tensor (*function)(const Tensor&, const Tensor&);
  Literal a, b;
  double total;
  std::vector<double> slope_a, slope_b;  // empty: no gradient
};
std::ostream& operator<<(std::ostream& out, const PyTorchCase& c);

// The elements times 0.1, 0.2, 0.3 ..., so that it counts where each of them is.
Tensor weighted(const Tensor& x);

// The function has these numbers in f64, the same bits where it is compiled, and nearly the same numbers in f32.
void expect_pytorch(const PyTorchCase& c);

}  // namespace weft
