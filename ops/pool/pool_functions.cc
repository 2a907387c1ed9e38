// max_pool, avg_pool, their adaptive forms and lp_pool: PyTorch's layouts and options.
#include <algorithm>
#include <string>

#include "graph/capture/capture.h"
#include "ops/conv/image_call.h"
#include "ops/pool/pool_values.h"
#include "weft/conv.h"
#include "weft/images.h"

namespace weft {
namespace {

PoolRule windows(const ImageCall& call, const Extents& kernel, const Extents& stride, const Extents& padding,
                 const Extents& dilation, bool ceil_mode) {
  PoolRule rule;
  rule.kernel = call.numbers(kernel, 1, "kernel");
  rule.stride = call.numbers(stride, 0, "stride");
  rule.padding = call.numbers(padding, 0, "padding");
  rule.dilation = call.numbers(dilation, 1, "dilation");
  for (std::size_t d = 0; d < rule.kernel.size(); ++d) {
    std::int64_t& step = rule.stride[d];
    if (step == 0) step = rule.kernel[d];
    const std::int64_t pad = rule.padding[d];
    if (pad > rule.kernel[d] / 2) call.refuse("padding is more than half of the kernel", ErrorKind::value);
    // With ceil_mode the last window may reach over the padding by less than a step.
    const std::int64_t padded = call.extent(d) + 2 * pad + (ceil_mode ? step - 1 : 0);
    if (rule.kernel[d] - 1 > padded / rule.dilation[d]) call.refuse("the kernel is larger than the padded image");
    const std::int64_t room = padded - (rule.dilation[d] * (rule.kernel[d] - 1) + 1);
    if (room < 0) call.refuse("the kernel is larger than the padded image");
    std::int64_t count = room / step + 1;
    if (ceil_mode && (count - 1) * step >= call.extent(d) + pad) --count;
    rule.extents.push_back(count);
  }
  return rule;
}

PoolRule adaptive_windows(const ImageCall& call, const Extents& extents) {
  const Dims ones(static_cast<std::size_t>(call.extents), 1), zeros(static_cast<std::size_t>(call.extents), 0);
  const Dims results = call.numbers(extents, 1, "extents");
  Dims shape = call.x().shape().vec();
  std::copy(results.begin(), results.end(), shape.end() - call.extents);
  checked_shape(call.name, call.operands, call.x().builder().where, shape);
  return {ones, ones, zeros, ones, results, true};
}

template <class F>
Tensor pool(const char* name, int extents, const Operand& x, const char* grad_name, F f) {
  CaptureScope scope(std::span<const Operand* const>({&x}), name);
  const ImageCall call{name, scope.values(), extents};
  require_floating(name, call.x());
  call.check_rank();
  call.check_not_empty();
  return scope.tensor(call.result(f(call)), grad_name);
}

Tensor max_pool_of(const char* name, int extents, const Operand& x, const Extents& kernel,
                   const MaxPoolOptions& options) {
  return pool(name, extents, x, "MaxPool2DWithIndicesBackward0", [&](const ImageCall& call) {
    const PoolRule rule = windows(call, kernel, options.stride, options.padding, options.dilation, options.ceil_mode);
    return max_pool(call.images(), rule);
  });
}
Tensor avg_pool_of(const char* name, int extents, const Operand& x, const Extents& kernel,
                   const AvgPoolOptions& options) {
  return pool(name, extents, x, "AvgPool2DBackward0", [&](const ImageCall& call) {
    if (options.divisor_override < 0 || options.divisor_override >= kMaxExtent)
      call.refuse("divisor_override is out of range", ErrorKind::value);
    const AveragePoolRule rule{windows(call, kernel, options.stride, options.padding, 1, options.ceil_mode),
                               options.count_include_pad, options.divisor_override};
    return avg_pool(call.images(), rule);
  });
}
Tensor adaptive_max_of(const char* name, int extents, const Operand& x, const Extents& results) {
  return pool(name, extents, x, "AdaptiveMaxPool2DBackward0",
              [&](const ImageCall& call) { return max_pool(call.images(), adaptive_windows(call, results)); });
}
Tensor adaptive_avg_of(const char* name, int extents, const Operand& x, const Extents& results) {
  return pool(name, extents, x, "AdaptiveAvgPool2DBackward0", [&](const ImageCall& call) {
    return avg_pool(call.images(), {adaptive_windows(call, results), true, 0});
  });
}
// The sum is a mean times the size of a whole window, also where ceil_mode leaves a smaller one.
Tensor lp_pool_of(const char* name, int extents, const Operand& x, double p, const Extents& kernel,
                  const LpPoolOptions& options) {
  if (p == 0) throw Error(ErrorKind::value, "[" + std::string(name) + "] p is 0", x.at());
  return pool(name, extents, x, "PowBackward0", [&](const ImageCall& call) {
    const PoolRule rule = windows(call, kernel, options.stride, 0, 1, options.ceil_mode);
    const Value images = call.images();
    const auto as_number = [&](double v) { return number(images.builder(), images.dtype(), v); };
    double size = 1;
    for (const std::int64_t k : rule.kernel) size *= static_cast<double>(k);
    const Value mean = avg_pool(pow(images, as_number(p)), {rule, true, 0});
    return pow(sign(mean) * relu(abs(mean)) * size, as_number(1 / p));
  });
}

}  // namespace

Tensor max_pool1d(const Operand& x, const Extents& kernel, const MaxPoolOptions& options) {
  return max_pool_of("max_pool1d", 1, x, kernel, options);
}
Tensor max_pool2d(const Operand& x, const Extents& kernel, const MaxPoolOptions& options) {
  return max_pool_of("max_pool2d", 2, x, kernel, options);
}
Tensor max_pool3d(const Operand& x, const Extents& kernel, const MaxPoolOptions& options) {
  return max_pool_of("max_pool3d", 3, x, kernel, options);
}
Tensor avg_pool1d(const Operand& x, const Extents& kernel, const AvgPoolOptions& options) {
  return avg_pool_of("avg_pool1d", 1, x, kernel, options);
}
Tensor avg_pool2d(const Operand& x, const Extents& kernel, const AvgPoolOptions& options) {
  return avg_pool_of("avg_pool2d", 2, x, kernel, options);
}
Tensor avg_pool3d(const Operand& x, const Extents& kernel, const AvgPoolOptions& options) {
  return avg_pool_of("avg_pool3d", 3, x, kernel, options);
}
Tensor adaptive_max_pool1d(const Operand& x, const Extents& extents) {
  return adaptive_max_of("adaptive_max_pool1d", 1, x, extents);
}
Tensor adaptive_max_pool2d(const Operand& x, const Extents& extents) {
  return adaptive_max_of("adaptive_max_pool2d", 2, x, extents);
}
Tensor adaptive_max_pool3d(const Operand& x, const Extents& extents) {
  return adaptive_max_of("adaptive_max_pool3d", 3, x, extents);
}
Tensor adaptive_avg_pool1d(const Operand& x, const Extents& extents) {
  return adaptive_avg_of("adaptive_avg_pool1d", 1, x, extents);
}
Tensor adaptive_avg_pool2d(const Operand& x, const Extents& extents) {
  return adaptive_avg_of("adaptive_avg_pool2d", 2, x, extents);
}
Tensor adaptive_avg_pool3d(const Operand& x, const Extents& extents) {
  return adaptive_avg_of("adaptive_avg_pool3d", 3, x, extents);
}

Tensor lp_pool1d(const Operand& x, double p, const Extents& kernel, const LpPoolOptions& options) {
  return lp_pool_of("lp_pool1d", 1, x, p, kernel, options);
}
Tensor lp_pool2d(const Operand& x, double p, const Extents& kernel, const LpPoolOptions& options) {
  return lp_pool_of("lp_pool2d", 2, x, p, kernel, options);
}
Tensor lp_pool3d(const Operand& x, double p, const Extents& kernel, const LpPoolOptions& options) {
  return lp_pool_of("lp_pool3d", 3, x, p, kernel, options);
}

}  // namespace weft
