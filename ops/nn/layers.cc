// The layers. Each hands its caller's line on to the operations it is made of.
#include <cmath>
#include <cstdio>

#include "weft/nn.h"
#include "weft/ops.h"

namespace weft::nn {
namespace {

std::int64_t checked_extent(const char* what, std::int64_t extent, SourceLocation at) {
  if (extent < 0)
    throw Error(ErrorKind::shape, std::string("[Linear] ") + what + " " + std::to_string(extent) + ": negative", at);
  return extent;
}

}  // namespace

Linear::Linear(std::int64_t in, std::int64_t out, bool with_bias, DType dtype, SourceLocation at) {
  checked_extent("in", in, at);
  checked_extent("out", out, at);
  const double bound = in > 0 ? 1 / std::sqrt(static_cast<double>(in)) : 0;
  weight = register_uniform("weight", {out, in}, bound, dtype, at);
  if (with_bias) bias = register_uniform("bias", {out}, bound, dtype, at);
}

Tensor Linear::forward(const Operand& x) { return linear(x, weight, bias); }

std::string Linear::str() const {
  // The user may have put any tensor there.
  const auto extent = [&](int dim) {
    return weight.defined() && dim < weight.dim() ? std::to_string(weight.size(dim)) : "?";
  };
  return "Linear(" + extent(1) + ", " + extent(0) + (bias.defined() ? ")" : ", no bias)");
}

void Sequential::push_back(std::shared_ptr<Module> part, SourceLocation at) {
  parts_.push_back(register_module(std::to_string(parts_.size()), std::move(part), at));
}

Module& Sequential::operator[](const Index& i) const {
  const auto place = static_cast<std::size_t>(i.value());  // a negative one is larger than any
  if (place >= parts_.size())
    throw Error(
        "[Sequential] part " + std::to_string(i.value()) + " of " + std::to_string(parts_.size()) + " does not exist",
        i.at());
  return *parts_[place];
}

Tensor Sequential::forward(const Operand& x) {
  if (parts_.empty()) return x.tensor();
  Tensor y = (*parts_[0])(x);
  for (std::size_t i = 1; i < parts_.size(); ++i) y = (*parts_[i])(Operand(y, x.at()));
  return y;
}

std::string Sequential::str() const {
  std::string text = "Sequential(";
  for (std::size_t i = 0; i < parts_.size(); ++i) text += (i ? ", " : "") + parts_[i]->str();
  return text + ")";
}

Tensor ReLU::forward(const Operand& x) { return relu(x); }
Tensor Tanh::forward(const Operand& x) { return tanh(x); }
Tensor Sigmoid::forward(const Operand& x) { return sigmoid(x); }
Tensor GELU::forward(const Operand& x) { return gelu(x); }

Dropout::Dropout(double p, SourceLocation at) : p_(p) {
  if (!(p >= 0 && p <= 1)) throw Error("[Dropout] p " + std::to_string(p) + ": not a probability", at);
}

Tensor Dropout::forward(const Operand& x) { return dropout(x, p_, is_training()); }

std::string Dropout::str() const {
  char text[40];
  std::snprintf(text, sizeof text, "Dropout(%g)", p_);
  return text;
}

Tensor Flatten::forward(const Operand& x) { return flatten(x, start_, end_); }

std::string Flatten::str() const { return "Flatten(" + std::to_string(start_) + ", " + std::to_string(end_) + ")"; }

}  // namespace weft::nn
