// Initialisers.
#include <cmath>

#include "weft/autograd.h"
#include "weft/nn.h"
#include "weft/ops.h"

namespace weft::nn::init {
namespace {

void check_floating(const char* name, const Tensor& x, SourceLocation at) {
  if (!x.defined()) throw Error(ErrorKind::state, std::string("[") + name + "] the tensor is undefined", at);
  if (!is_floating(x.dtype()))
    throw Error(ErrorKind::dtype,
                std::string("[") + name + "] " + name_of(x.dtype()) + x.shape().str() + ": not a floating tensor", at);
}

struct Fans {
  double in, out;
};

Fans fans(const char* name, const Tensor& x, SourceLocation at) {
  check_floating(name, x, at);
  const Shape& shape = x.shape();
  if (shape.rank() < 2)
    throw Error(ErrorKind::shape,
                std::string("[") + name + "] " + name_of(x.dtype()) + shape.str() + ": the rank is below 2", at,
                "fan_in is size(1)");
  double receptive = 1;
  for (int d = 2; d < shape.rank(); ++d) receptive *= static_cast<double>(shape[d]);
  return {static_cast<double>(shape[1]) * receptive, static_cast<double>(shape[0]) * receptive};
}

// Without inputs there is nothing to scale for, and a bound of zero is as good as any.
double bound_of(double variance_times_fans, double fan) { return fan > 0 ? std::sqrt(variance_times_fans / fan) : 0; }

Tensor fill_uniform(const char* name, const Tensor& x, double low, double high, SourceLocation at) {
  check_floating(name, x, at);
  if (!(low <= high) || !std::isfinite(high - low))
    throw Error(
        std::string("[") + name + "] low " + std::to_string(low) + ", high " + std::to_string(high) + ": not a range",
        at);
  NoGradGuard no_grad;
  const Operand unit(rand(x.shape(), x.dtype(), at), at);
  const Operand scaled(mul(unit, Operand(high - low, at)), at);
  return x.copy_(add(scaled, Operand(low, at)), at);
}

}  // namespace

Tensor uniform_(const Tensor& x, double low, double high, SourceLocation at) {
  return fill_uniform("uniform_", x, low, high, at);
}

Tensor normal_(const Tensor& x, double mean, double stddev, SourceLocation at) {
  check_floating("normal_", x, at);
  if (!(stddev >= 0)) throw Error("[normal_] stddev " + std::to_string(stddev) + ": negative", at);
  NoGradGuard no_grad;
  const Operand unit(randn(x.shape(), x.dtype(), at), at);
  const Operand scaled(mul(unit, Operand(stddev, at)), at);
  return x.copy_(add(scaled, Operand(mean, at)), at);
}

Tensor constant_(const Tensor& x, double value, SourceLocation at) {
  check_floating("constant_", x, at);
  NoGradGuard no_grad;
  return x.fill_(value, at);
}

Tensor kaiming_uniform_(const Tensor& x, double a, SourceLocation at) {
  const double bound = bound_of(6 / (1 + a * a), fans("kaiming_uniform_", x, at).in);
  return fill_uniform("kaiming_uniform_", x, -bound, bound, at);
}

Tensor xavier_uniform_(const Tensor& x, double gain, SourceLocation at) {
  const Fans fan = fans("xavier_uniform_", x, at);
  const double bound = std::abs(gain) * bound_of(6, fan.in + fan.out);
  return fill_uniform("xavier_uniform_", x, -bound, bound, at);
}

}  // namespace weft::nn::init
