// Activations made of elementwise functions, which fuse them.
#include <numbers>
#include <optional>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

// The exponential sees no positive numbers: where it is not taken, it must not be infinite, or its gradient would be
// nan.
Value elu(const Value& x, double alpha, double scale, double input_scale) {
  const Value is_low = le(x, of(x, 0));  // nan is not
  const Value low = where(is_low, x, of(x, 0));
  return where(is_low, expm1(low * input_scale) * (alpha * scale), x * scale);
}

Value softplus(const Value& x, double beta, double threshold) {
  const Value scaled = x * beta, is_large = gt(scaled, of(x, threshold));
  return where(is_large, x, log1p(exp(where(is_large, of(x, 0), scaled))) / beta);
}

template <class F>
Tensor activate(const char* name, const Operand& x, F f, const char* grad_name) {
  CaptureScope scope(std::span<const Operand* const>({&x}), name);
  const Value v = scope.values()[0];
  require_floating(name, v);
  return scope.tensor(f(v), grad_name);
}

// clamp(), but for nan, which has the gradient 1 here.
Value bounded(const Value& x, double min, double max) {
  const Value low = number(x.builder(), x.dtype(), min), high = number(x.builder(), x.dtype(), max);
  return where(le(x, low), low, where(ge(x, high), high, x));
}

}  // namespace

Tensor leaky_relu(const Operand& x, double negative_slope) {
  return activate(
      "leaky_relu", x, [&](const Value& x) { return where(gt(x, of(x, 0)), x, x * negative_slope); },
      "LeakyReluBackward0");
}
Tensor elu(const Operand& x, double alpha) {
  return activate(
      "elu", x, [&](const Value& x) { return elu(x, alpha, 1, 1); }, "EluBackward0");
}
Tensor selu(const Operand& x) {
  return activate(
      "selu", x,
      [](const Value& x) { return elu(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1); },
      "EluBackward0");
}
Tensor celu(const Operand& x, double alpha) {
  return activate(
      "celu", x, [&](const Value& x) { return elu(x, alpha, 1, 1 / alpha); }, "EluBackward0");
}
Tensor silu(const Operand& x) {
  return activate(
      "silu", x, [](const Value& x) { return x * sigmoid(x); }, "SiluBackward0");
}
Tensor mish(const Operand& x) {
  return activate(
      "mish", x, [](const Value& x) { return x * tanh(softplus(x, 1, 20)); }, "MishBackward0");
}
Tensor softplus(const Operand& x, double beta, double threshold) {
  return activate(
      "softplus", x, [&](const Value& x) { return softplus(x, beta, threshold); }, "SoftplusBackward0");
}
Tensor hardtanh(const Operand& x, double min, double max) {
  if (min > max) throw Error(ErrorKind::value, "[hardtanh] min is larger than max", x.at());
  return activate(
      "hardtanh", x, [&](const Value& x) { return bounded(x, min, max); }, "HardtanhBackward0");
}
Tensor relu6(const Operand& x) {
  return activate(
      "relu6", x, [](const Value& x) { return bounded(x, 0, 6); }, "HardtanhBackward0");
}
Tensor hardswish(const Operand& x) {
  return activate(
      "hardswish", x, [](const Value& x) { return x * clamp(x + 3.0, 0, 6) / 6.0; }, "HardswishBackward0");
}
Tensor hardsigmoid(const Operand& x) {
  return activate(
      "hardsigmoid", x, [](const Value& x) { return clamp(x + 3.0, 0, 6) / 6.0; }, "HardsigmoidBackward0");
}
Tensor hardshrink(const Operand& x, double lambda) {
  return activate(
      "hardshrink", x, [&](const Value& x) { return where(le(abs(x), of(x, lambda)), of(x, 0), x); },
      "HardshrinkBackward0");
}
Tensor softshrink(const Operand& x, double lambda) {
  if (lambda < 0) throw Error(ErrorKind::value, "[softshrink] lambda is negative", x.at());
  return activate(
      "softshrink", x,
      [&](const Value& x) {
        const Value outside = where(lt(x, of(x, 0)), x + lambda, x - lambda);
        return where(le(abs(x), of(x, lambda)), x * 0.0, outside);  // nan is outside
      },
      "SoftshrinkBackward0");
}
Tensor tanhshrink(const Operand& x) {
  return activate(
      "tanhshrink", x, [](const Value& x) { return x - tanh(x); }, "SubBackward0");
}
Tensor threshold(const Operand& x, double threshold, double value) {
  return activate(
      "threshold", x, [&](const Value& x) { return where(le(x, of(x, threshold)), of(x, value), x); },
      "ThresholdBackward0");
}
Tensor softsign(const Operand& x) {
  return activate(
      "softsign", x, [](const Value& x) { return x / (abs(x) + 1.0); }, "DivBackward0");
}
Tensor logsigmoid(const Operand& x) {
  return activate(
      "logsigmoid", x, [](const Value& x) { return -logaddexp(of(x, 0), -x); }, "LogSigmoidBackward0");
}

Tensor gelu(const Operand& x) { return gelu(x, "none"); }

Tensor gelu(const Operand& x, std::string_view approximate) {
  const auto tanh_form = [](const Value& v) {
    const Value inner = (v + v * square(v) * 0.044715) * (std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
    return v * 0.5 * (tanh(inner) + 1.0);
  };
  return capture(
      {&x},
      [&](auto v) {
        if (approximate == "none") return gelu(v[0]);
        if (approximate != "tanh")
          fail_call(ErrorKind::value, "gelu", v[0], "approximate is neither \"none\" nor \"tanh\"");
        require_floating("gelu", v[0]);
        return tanh_form(v[0]);
      },
      "GeluBackward0");
}

// One weight, or one for each channel, which is dim 1.
Tensor prelu(const Operand& x, const Operand& weight) {
  return capture(
      {&x, &weight},
      [](auto v) {
        require_floating("prelu", v[0]);
        Value slope = v[1];
        if (slope.rank() > 1 ||
            (slope.shape().numel() != 1 && (v[0].rank() < 2 || slope.shape()[0] != v[0].shape()[1])))
          fail_call(ErrorKind::shape, "prelu", v, v[0].builder().where,
                    "the weight is neither one number nor one for each channel");
        if (slope.rank() == 1 && v[0].rank() > 1) {
          Dims dims(static_cast<std::size_t>(v[0].rank()), 1);
          dims[1] = slope.shape()[0];
          slope = reshape(slope, Shape(dims));
        }
        if (v[0].rank() == 0) slope = reshape(slope, Shape{});
        const Value is_positive = gt(v[0], of(v[0], 0));
        return where(is_positive, v[0], slope * where(is_positive, of(v[0], 0), v[0]));
      },
      "PreluKernelBackward0");
}

Tensor glu(const Operand& x, std::int64_t dim) {
  return capture(
      {&x},
      [&](auto v) {
        require_floating("glu", v[0]);
        const std::int64_t d = checked_dim("glu", dim, v[0]), extent = v[0].shape()[static_cast<int>(d)];
        if (extent % 2 != 0) fail_call(ErrorKind::shape, "glu", v[0], "the dim has no two halves");
        return slice(v[0], d, 0, extent / 2, 1) * sigmoid(slice(v[0], d, extent / 2, extent, 1));
      },
      "GluBackward0");
}

Tensor softmin(const Operand& x, std::int64_t dim) {
  return capture(
      {&x},
      [&](auto v) {
        checked_dim("softmin", dim, v[0]);
        return softmax(-v[0], dim);
      },
      "SoftmaxBackward0");
}

Tensor logit(const Operand& x, std::optional<double> eps) {
  return activate(
      "logit", x,
      [&](const Value& v) {
        Value inside = v;
        if (eps) {  // with a gradient at the bounds
          inside = where(lt(v, of(v, *eps)), of(v, *eps), v);
          inside = where(gt(inside, of(v, 1 - *eps)), of(v, 1 - *eps), inside);
        }
        return log(inside) - log1p(-inside);
      },
      "LogitBackward0");
}

}  // namespace weft
