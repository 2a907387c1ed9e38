// In-place methods, by the function.
#include "ops/in_place.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {

Tensor Tensor::abs_(SourceLocation at) const {
  return replace("abs_", *this, at, [](const Operand& x) { return weft::abs(x); });
}
Tensor Tensor::neg_(SourceLocation at) const {
  return replace("neg_", *this, at, [](const Operand& x) { return weft::neg(x); });
}
Tensor Tensor::exp_(SourceLocation at) const {
  return replace("exp_", *this, at, [](const Operand& x) { return weft::exp(x); });
}
Tensor Tensor::log_(SourceLocation at) const {
  return replace("log_", *this, at, [](const Operand& x) { return weft::log(x); });
}
Tensor Tensor::sqrt_(SourceLocation at) const {
  return replace("sqrt_", *this, at, [](const Operand& x) { return weft::sqrt(x); });
}
Tensor Tensor::square_(SourceLocation at) const {
  return replace("square_", *this, at, [](const Operand& x) { return weft::square(x); });
}
Tensor Tensor::sin_(SourceLocation at) const {
  return replace("sin_", *this, at, [](const Operand& x) { return weft::sin(x); });
}
Tensor Tensor::cos_(SourceLocation at) const {
  return replace("cos_", *this, at, [](const Operand& x) { return weft::cos(x); });
}
Tensor Tensor::tanh_(SourceLocation at) const {
  return replace("tanh_", *this, at, [](const Operand& x) { return weft::tanh(x); });
}
Tensor Tensor::sigmoid_(SourceLocation at) const {
  return replace("sigmoid_", *this, at, [](const Operand& x) { return weft::sigmoid(x); });
}
Tensor Tensor::relu_(SourceLocation at) const {
  return replace("relu_", *this, at, [](const Operand& x) { return weft::relu(x); });
}
Tensor Tensor::reciprocal_(SourceLocation at) const {
  return replace("reciprocal_", *this, at, [](const Operand& x) { return weft::reciprocal(x); });
}
Tensor Tensor::rsqrt_(SourceLocation at) const {
  return replace("rsqrt_", *this, at, [](const Operand& x) { return weft::rsqrt(x); });
}
Tensor Tensor::floor_(SourceLocation at) const {
  return replace("floor_", *this, at, [](const Operand& x) { return weft::floor(x); });
}
Tensor Tensor::ceil_(SourceLocation at) const {
  return replace("ceil_", *this, at, [](const Operand& x) { return weft::ceil(x); });
}
Tensor Tensor::round_(SourceLocation at) const {
  return replace("round_", *this, at, [](const Operand& x) { return weft::round(x); });
}
Tensor Tensor::trunc_(SourceLocation at) const {
  return replace("trunc_", *this, at, [](const Operand& x) { return weft::trunc(x); });
}
Tensor Tensor::erf_(SourceLocation at) const {
  return replace("erf_", *this, at, [](const Operand& x) { return weft::erf(x); });
}
Tensor Tensor::log1p_(SourceLocation at) const {
  return replace("log1p_", *this, at, [](const Operand& x) { return weft::log1p(x); });
}
Tensor Tensor::expm1_(SourceLocation at) const {
  return replace("expm1_", *this, at, [](const Operand& x) { return weft::expm1(x); });
}

Tensor Tensor::clamp_(std::optional<double> min, std::optional<double> max, SourceLocation at) const {
  return replace("clamp_", *this, at, [&](const Operand& x) { return weft::clamp(x, min, max); });
}
Tensor Tensor::pow_(const Operand& exponent) const {
  return replace("pow_", *this, exponent.at(), [&](const Operand& x) { return weft::pow(x, exponent); });
}
Tensor Tensor::lerp_(const Operand& end, const Operand& weight) const {
  return replace("lerp_", *this, end.at(), [&](const Operand& x) { return weft::lerp(x, end, weight); });
}
Tensor Tensor::addcmul_(const Operand& a, const Operand& b, double value) const {
  return replace("addcmul_", *this, a.at(), [&](const Operand& x) { return weft::addcmul(x, a, b, value); });
}
Tensor Tensor::addcdiv_(const Operand& a, const Operand& b, double value) const {
  return replace("addcdiv_", *this, a.at(), [&](const Operand& x) { return weft::addcdiv(x, a, b, value); });
}
Tensor Tensor::masked_fill_(const Tensor& mask, const Operand& value) const {
  return replace("masked_fill_", *this, value.at(),
                 [&](const Operand& x) { return weft::masked_fill(x, mask, value); });
}
Tensor Tensor::index_fill_(std::int64_t dim, const Tensor& index, const Operand& value) const {
  return replace("index_fill_", *this, value.at(),
                 [&](const Operand& x) { return weft::index_fill(x, dim, index, value); });
}
Tensor Tensor::index_add_(std::int64_t dim, const Tensor& index, const Tensor& src, double alpha,
                          SourceLocation at) const {
  return replace("index_add_", *this, at, [&](const Operand& x) {
    return weft::index_add(x, dim, index, {src, at}, alpha);
  });
}
Tensor Tensor::index_copy_(std::int64_t dim, const Tensor& index, const Tensor& src, SourceLocation at) const {
  return replace("index_copy_", *this, at, [&](const Operand& x) {
    return weft::index_copy(x, dim, index, {src, at});
  });
}
Tensor Tensor::scatter_(std::int64_t dim, const Tensor& index, const Operand& src) const {
  return replace("scatter_", *this, src.at(), [&](const Operand& x) { return weft::scatter(x, dim, index, src); });
}
Tensor Tensor::scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& src, SourceLocation at) const {
  return replace("scatter_add_", *this, at, [&](const Operand& x) {
    return weft::scatter_add(x, dim, index, {src, at});
  });
}

Tensor Tensor::uniform_(double low, double high, SourceLocation at) const {
  if (!(low <= high)) throw Error(ErrorKind::value, "[uniform_] low lies above high", at);
  return copy_(weft::add({weft::mul({rand_like(*this, at), at}, {high - low, at}), at}, {low, at}), at);
}
Tensor Tensor::normal_(double mean, double std, SourceLocation at) const {
  if (!(std >= 0)) throw Error(ErrorKind::value, "[normal_] the standard deviation must not be negative", at);
  return copy_(weft::add({weft::mul({randn_like(*this, at), at}, {std, at}), at}, {mean, at}), at);
}

}  // namespace weft
