// Activations as modules: a text and a function each.
#include "weft/activation_layers.h"

#include <cmath>
#include <cstdio>
#include <initializer_list>

#include "weft/distances.h"
#include "weft/ops.h"

namespace weft::nn {
namespace {

// "ELU(1)"
std::string text(const char* name, std::initializer_list<double> numbers) {
  std::string text = std::string(name) + "(";
  for (const double number : numbers) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%g", number);
    text += (text.back() == '(' ? "" : ", ") + std::string(digits);
  }
  return text + ")";
}

}  // namespace

ReLU6::ReLU6() : ActivationModule("ReLU6()", [](const Operand& x) { return relu6(x); }) {}
LeakyReLU::LeakyReLU(double negative_slope)
    : ActivationModule(text("LeakyReLU", {negative_slope}),
                       [=](const Operand& x) { return leaky_relu(x, negative_slope); }) {}
RReLU::RReLU(double lower, double upper, SourceLocation at) : lower_(lower), upper_(upper) {
  if (!(lower <= upper) || !std::isfinite(upper - lower))
    throw Error(ErrorKind::value, "[RReLU] lower lies above upper, or one is not finite", at);
}
Tensor RReLU::forward(const Operand& x) { return rrelu(x, lower_, upper_, is_training()); }
std::string RReLU::str() const { return text("RReLU", {lower_, upper_}); }

ELU::ELU(double alpha) : ActivationModule(text("ELU", {alpha}), [=](const Operand& x) { return elu(x, alpha); }) {}
SELU::SELU() : ActivationModule("SELU()", [](const Operand& x) { return selu(x); }) {}
CELU::CELU(double alpha) : ActivationModule(text("CELU", {alpha}), [=](const Operand& x) { return celu(x, alpha); }) {}
SiLU::SiLU() : ActivationModule("SiLU()", [](const Operand& x) { return silu(x); }) {}
Mish::Mish() : ActivationModule("Mish()", [](const Operand& x) { return mish(x); }) {}
Softplus::Softplus(double beta, double threshold)
    : ActivationModule(text("Softplus", {beta, threshold}),
                       [=](const Operand& x) { return softplus(x, beta, threshold); }) {}
Softsign::Softsign() : ActivationModule("Softsign()", [](const Operand& x) { return softsign(x); }) {}
LogSigmoid::LogSigmoid() : ActivationModule("LogSigmoid()", [](const Operand& x) { return logsigmoid(x); }) {}
Hardtanh::Hardtanh(double min, double max)
    : ActivationModule(text("Hardtanh", {min, max}), [=](const Operand& x) { return hardtanh(x, min, max); }) {}
Hardswish::Hardswish() : ActivationModule("Hardswish()", [](const Operand& x) { return hardswish(x); }) {}
Hardsigmoid::Hardsigmoid() : ActivationModule("Hardsigmoid()", [](const Operand& x) { return hardsigmoid(x); }) {}
Hardshrink::Hardshrink(double lambda)
    : ActivationModule(text("Hardshrink", {lambda}), [=](const Operand& x) { return hardshrink(x, lambda); }) {}
Softshrink::Softshrink(double lambda)
    : ActivationModule(text("Softshrink", {lambda}), [=](const Operand& x) { return softshrink(x, lambda); }) {}
Tanhshrink::Tanhshrink() : ActivationModule("Tanhshrink()", [](const Operand& x) { return tanhshrink(x); }) {}
Threshold::Threshold(double threshold, double value)
    : ActivationModule(text("Threshold", {threshold, value}),
                       [=](const Operand& x) { return weft::threshold(x, threshold, value); }) {}
GLU::GLU(std::int64_t dim)
    : ActivationModule(text("GLU", {static_cast<double>(dim)}), [=](const Operand& x) { return glu(x, dim); }) {}
Softmax::Softmax(std::int64_t dim)
    : ActivationModule(text("Softmax", {static_cast<double>(dim)}), [=](const Operand& x) { return softmax(x, dim); }) {
}
LogSoftmax::LogSoftmax(std::int64_t dim)
    : ActivationModule(text("LogSoftmax", {static_cast<double>(dim)}),
                       [=](const Operand& x) { return log_softmax(x, dim); }) {}
Softmin::Softmin(std::int64_t dim)
    : ActivationModule(text("Softmin", {static_cast<double>(dim)}), [=](const Operand& x) { return softmin(x, dim); }) {
}
Softmax2d::Softmax2d()
    : ActivationModule("Softmax2d()", [](const Operand& x) {
        const std::int64_t rank = x.tensor().dim(x.at());
        if (rank != 3 && rank != 4) throw Error(ErrorKind::shape, "[Softmax2d] images have 3 or 4 dims", x.at());
        return softmax(x, -3);
      }) {}
Identity::Identity() : ActivationModule("Identity()", [](const Operand& x) { return x.tensor(); }) {}

PReLU::PReLU(std::int64_t num_parameters, double init, DType dtype, SourceLocation at) {
  if (num_parameters < 1) throw Error(ErrorKind::value, "[PReLU] num_parameters is below 1", at);
  weight = register_parameter("weight", full({num_parameters}, {init, at}, dtype, at), at);
}
Tensor PReLU::forward(const Operand& x) { return prelu(x, {weight, x.at()}); }
std::string PReLU::str() const {
  return "PReLU(" + (weight.defined() ? std::to_string(weight.numel()) : std::string("?")) + ")";
}

Bilinear::Bilinear(std::int64_t in1, std::int64_t in2, std::int64_t out, bool with_bias, DType dtype,
                   SourceLocation at) {
  if (in1 < 1 || in2 < 0 || out < 0)
    throw Error(ErrorKind::shape, "[Bilinear] in1 is below 1, or an extent below 0", at);
  const double bound = 1 / std::sqrt(static_cast<double>(in1));
  weight = register_uniform("weight", {out, in1, in2}, bound, dtype, at);
  if (with_bias) bias = register_uniform("bias", {out}, bound, dtype, at);
}
Tensor Bilinear::forward(Operand a, Operand b) { return bilinear(a, b, weight, bias); }
std::string Bilinear::str() const {
  // The user may have put any tensor there.
  const auto extent = [&](int dim) {
    return weight.defined() && dim < weight.dim() ? std::to_string(weight.size(dim)) : "?";
  };
  return "Bilinear(" + extent(1) + ", " + extent(2) + ", " + extent(0) + (bias.defined() ? ")" : ", no bias)");
}

}  // namespace weft::nn
