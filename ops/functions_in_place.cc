// In-place forms of functions, by the function.
#include "ops/in_place.h"
#include "weft/arrange.h"
#include "weft/distances.h"
#include "weft/elementwise.h"
#include "weft/in_place.h"
#include "weft/indexing.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {

#define WEFT_IN_PLACE(function)                                                               \
  Tensor function##_(const Tensor& x, SourceLocation at) {                                    \
    return replace(#function "_", x, at, [](const Operand& v) { return weft::function(v); }); \
  }
WEFT_IN_PLACE(acos)
WEFT_IN_PLACE(acosh)
WEFT_IN_PLACE(asin)
WEFT_IN_PLACE(asinh)
WEFT_IN_PLACE(atan)
WEFT_IN_PLACE(atanh)
WEFT_IN_PLACE(bitwise_not)
WEFT_IN_PLACE(cosh)
WEFT_IN_PLACE(deg2rad)
WEFT_IN_PLACE(digamma)
WEFT_IN_PLACE(erfc)
WEFT_IN_PLACE(erfinv)
WEFT_IN_PLACE(exp2)
WEFT_IN_PLACE(frac)
WEFT_IN_PLACE(i0)
WEFT_IN_PLACE(lgamma)
WEFT_IN_PLACE(log10)
WEFT_IN_PLACE(log2)
WEFT_IN_PLACE(logical_not)
WEFT_IN_PLACE(rad2deg)
WEFT_IN_PLACE(sign)
WEFT_IN_PLACE(sinc)
WEFT_IN_PLACE(sinh)
WEFT_IN_PLACE(tan)
#undef WEFT_IN_PLACE

#define WEFT_IN_PLACE(function)                                                                               \
  Tensor function##_(const Tensor& x, const Operand& other) {                                                 \
    return replace(#function "_", x, other.at(), [&](const Operand& v) { return weft::function(v, other); }); \
  }
WEFT_IN_PLACE(atan2)
WEFT_IN_PLACE(bitwise_and)
WEFT_IN_PLACE(bitwise_left_shift)
WEFT_IN_PLACE(bitwise_or)
WEFT_IN_PLACE(bitwise_right_shift)
WEFT_IN_PLACE(bitwise_xor)
WEFT_IN_PLACE(clamp_max)
WEFT_IN_PLACE(clamp_min)
WEFT_IN_PLACE(copysign)
WEFT_IN_PLACE(eq)
WEFT_IN_PLACE(float_power)
WEFT_IN_PLACE(floor_divide)
WEFT_IN_PLACE(fmod)
WEFT_IN_PLACE(ge)
WEFT_IN_PLACE(gt)
WEFT_IN_PLACE(heaviside)
WEFT_IN_PLACE(hypot)
WEFT_IN_PLACE(ldexp)
WEFT_IN_PLACE(le)
WEFT_IN_PLACE(logical_and)
WEFT_IN_PLACE(logical_or)
WEFT_IN_PLACE(logical_xor)
WEFT_IN_PLACE(lt)
WEFT_IN_PLACE(ne)
WEFT_IN_PLACE(remainder)
WEFT_IN_PLACE(xlogy)
#undef WEFT_IN_PLACE

Tensor relu_(const Tensor& x, SourceLocation at) {
  return replace("relu_", x, at, [&](const Operand& v) { return weft::relu(v); });
}
Tensor selu_(const Tensor& x, SourceLocation at) {
  return replace("selu_", x, at, [&](const Operand& v) { return weft::selu(v); });
}
Tensor elu_(const Tensor& x, double alpha, SourceLocation at) {
  return replace("elu_", x, at, [&](const Operand& v) { return weft::elu(v, alpha); });
}
Tensor celu_(const Tensor& x, double alpha, SourceLocation at) {
  return replace("celu_", x, at, [&](const Operand& v) { return weft::celu(v, alpha); });
}
Tensor leaky_relu_(const Tensor& x, double negative_slope, SourceLocation at) {
  return replace("leaky_relu_", x, at, [&](const Operand& v) { return weft::leaky_relu(v, negative_slope); });
}
Tensor hardtanh_(const Tensor& x, double min, double max, SourceLocation at) {
  return replace("hardtanh_", x, at, [&](const Operand& v) { return weft::hardtanh(v, min, max); });
}
Tensor threshold_(const Tensor& x, double threshold, double value, SourceLocation at) {
  return replace("threshold_", x, at, [&](const Operand& v) { return weft::threshold(v, threshold, value); });
}
Tensor rrelu_(const Tensor& x, double lower, double upper, bool training, SourceLocation at) {
  return replace("rrelu_", x, at, [&](const Operand& v) { return weft::rrelu(v, lower, upper, training); });
}
Tensor nan_to_num_(const Tensor& x, double nan, std::optional<double> posinf, std::optional<double> neginf,
                   SourceLocation at) {
  return replace("nan_to_num_", x, at, [&](const Operand& v) { return weft::nan_to_num(v, nan, posinf, neginf); });
}
Tensor logit_(const Tensor& x, std::optional<double> eps, SourceLocation at) {
  return replace("logit_", x, at, [&](const Operand& v) { return weft::logit(v, eps); });
}
Tensor cumsum_(const Tensor& x, std::int64_t dim, SourceLocation at) {
  return replace("cumsum_", x, at, [&](const Operand& v) { return weft::cumsum(v, dim); });
}
Tensor cumprod_(const Tensor& x, std::int64_t dim, SourceLocation at) {
  return replace("cumprod_", x, at, [&](const Operand& v) { return weft::cumprod(v, dim); });
}
Tensor tril_(const Tensor& x, std::int64_t diagonal, SourceLocation at) {
  return replace("tril_", x, at, [&](const Operand& v) { return weft::tril(v, diagonal); });
}
Tensor triu_(const Tensor& x, std::int64_t diagonal, SourceLocation at) {
  return replace("triu_", x, at, [&](const Operand& v) { return weft::triu(v, diagonal); });
}
Tensor renorm_(const Tensor& x, double p, std::int64_t dim, double maxnorm, SourceLocation at) {
  return replace("renorm_", x, at, [&](const Operand& v) { return weft::renorm(v, p, dim, maxnorm); });
}

Tensor polygamma_(const Tensor& x, std::int64_t n, SourceLocation at) {
  return replace("polygamma_", x, at, [&](const Operand& v) { return polygamma(n, v); });
}
Tensor masked_scatter_(const Tensor& x, const Tensor& mask, const Tensor& src, SourceLocation at) {
  return replace("masked_scatter_", x, at, [&](const Operand& v) { return masked_scatter(v, mask, src); });
}
Tensor put_(const Tensor& x, const Tensor& index, const Operand& src, bool accumulate) {
  return replace("put_", x, src.at(), [&](const Operand& v) { return put(v, index, src, accumulate); });
}

Tensor bernoulli_(const Tensor& x, double p, SourceLocation at) {
  if (!(p >= 0 && p <= 1)) throw Error(ErrorKind::value, "[bernoulli_] p is outside of [0, 1]", at);
  if (!x.defined()) throw Error(ErrorKind::state, "[bernoulli_] undefined tensor", at);
  return x.copy_(lt({rand(x.shape(at), kFloat64, at), at}, {p, at}), at);
}
Tensor exponential_(const Tensor& x, double lambda, SourceLocation at) {
  if (!(lambda > 0)) throw Error(ErrorKind::value, "[exponential_] lambda is not above 0", at);
  if (!x.defined()) throw Error(ErrorKind::state, "[exponential_] undefined tensor", at);
  if (!is_floating(x.dtype(at))) throw Error(ErrorKind::dtype, "[exponential_] wants a floating tensor", at);
  const Tensor uniform = rand_like(x, at);
  return x.copy_(div({neg({log1p({neg({uniform, at}), at}), at}), at}, {lambda, at}), at);
}

}  // namespace weft
