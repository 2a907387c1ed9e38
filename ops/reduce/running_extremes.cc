// cummax, cummin and logcumsumexp: scans of which each result belongs to one element, or is a logarithm.
#include <cmath>
#include <limits>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/indexing/index.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

// A kernel of lines along the attribute "dim", some of them in each part: scan(args, first element, distance, length).
template <class F>
Kernel line_kernel(const OpCall& call, F scan) {
  const ReducePass lines = axis_pass(call.in(0).shape, call.attr<std::int64_t>("dim"));
  const std::int64_t width = lines.count * lines.inner;
  const RowParts parts(lines.outer, width * 4);
  return {.run =
              [=](const KernelArgs& args) {
                for (std::int64_t o = parts.begin(args.part); o < parts.end(args.part); ++o)
                  for (std::int64_t i = 0; i < lines.inner; ++i) scan(args, o * width + i, lines.inner, lines.count);
              },
          .parts = parts.count(),
          .region = [=](std::uint32_t part, std::size_t) { return parts.region(part, width); }};
}

Types infer_extremes(const OpCall& call) {
  checked_attr_in(call, "dim", 0, call.in(0).shape.rank() - 1);
  checked_attr<bool>(call, "largest");
  return {call.in(0), {DType::i64, call.in(0).shape}};
}

void grad_extremes(GradCall& g) {
  if (g.dout().defined()) g.set(0, scatter_sum(g.dout(), g.attr<std::int64_t>("dim"), g.out(1), g.in(0).shape()));
}

// Of equal elements the last one wins, and a nan stays until the next.
template <class T>
bool wins(T x, T best, bool largest) {
  const bool is_beyond = largest ? x >= best : x <= best;
  if constexpr (std::is_floating_point_v<T>) return std::isnan(x) || (is_beyond && !std::isnan(best));
  return is_beyond;
}

Kernel compile_extremes(const OpCall& call) {
  return with_element_type(call.in(0).dtype, [&]<class T>(T) {
    return line_kernel(call, [largest = call.attr<bool>("largest")](const KernelArgs& args, std::int64_t first,
                                                                    std::int64_t step, std::int64_t length) {
      const T* const x = args.input<T>(0) + first;
      T* const values = args.output<T>() + first;
      std::int64_t* const indices = args.output<std::int64_t>(1) + first;
      std::int64_t best = 0;
      for (std::int64_t k = 0; k < length; ++k) {
        if (wins(x[k * step], x[best * step], largest)) best = k;
        values[k * step] = x[best * step];
        indices[k * step] = best;
      }
    });
  });
}

constexpr OpDef kExtremes{.name = "cumulative_extreme",
                          .min_inputs = 1,
                          .max_inputs = 1,
                          .infer = infer_extremes,
                          .grad = grad_extremes,
                          .compile = compile_extremes,
                          .grad_name = "CummaxBackward0"};
WEFT_REGISTER_OP(kExtremes);

Types infer_log(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype), "takes f32 or f64");
  checked_attr_in(call, "dim", 0, call.in(0).shape.rank() - 1);
  checked_attr<bool>(call, "reverse");
  return {call.in(0)};
}

double log_of_sum(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  const double low = std::min(a, b), high = std::max(a, b);
  return low == high && std::isinf(low) ? low : high + std::log1p(std::exp(low - high));
}

// In f64 on the way.
Kernel compile_log(const OpCall& call) {
  return with_float_type(call.in(0).dtype, [&]<class T>(T) {
    return line_kernel(call, [reverse = call.attr<bool>("reverse")](const KernelArgs& args, std::int64_t first,
                                                                    std::int64_t step, std::int64_t length) {
      double sum = -std::numeric_limits<double>::infinity();
      for (std::int64_t k = 0; k < length; ++k) {
        const std::int64_t at = first + (reverse ? length - 1 - k : k) * step;
        sum = log_of_sum(sum, static_cast<double>(args.input<T>(0)[at]));
        args.output<T>()[at] = static_cast<T>(sum);
      }
    });
  });
}

Value log_cumulative(const Value& x, std::int64_t dim, bool reverse) {
  return x.builder().record(*find_op("logcumsumexp"), {x}, {{"dim", dim}, {"reverse", reverse}});
}

// e^x sum over k from each element on of g_k e^-out_k, in logarithms: positive and negative ones by themselves.
void grad_log(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim");
  const bool reverse = g.attr<bool>("reverse");
  const Value zero = number(g.builder(), g.dout().dtype(), 0);
  const double least =
      g.dout().dtype() == DType::f32 ? std::numeric_limits<float>::lowest() : std::numeric_limits<double>::lowest();
  const Value none = number(g.builder(), g.dout().dtype(), least);
  const Value size = log(where(eq(g.dout(), zero), number(g.builder(), g.dout().dtype(), 1), abs(g.dout())));
  const auto part = [&](const Value& counts) {
    return exp(log_cumulative(where(counts, size, none) - g.out(), dim, !reverse) + g.in(0));
  };
  g.set(0, part(gt(g.dout(), zero)) - part(lt(g.dout(), zero)));
}

constexpr OpDef kLogcumsumexp{.name = "logcumsumexp",
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .infer = infer_log,
                              .grad = grad_log,
                              .compile = compile_log,
                              .grad_name = "LogcumsumexpBackward0"};
WEFT_REGISTER_OP(kLogcumsumexp);

Sorted extremes(const char* name, const Operand& x, std::int64_t dim, bool largest, const char* grad_name) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands, name);
  const Value v = scope.values()[0], line = v.rank() == 0 ? reshape(v, {1}) : v;
  const Value both =
      v.builder().record(kExtremes, {line}, {{"dim", checked_dim(name, dim, line)}, {"largest", largest}});
  return {scope.tensor(reshape(both, v.shape()), grad_name), scope.tensor(reshape(both.output(1), v.shape()))};
}

}  // namespace

Sorted cummax(const Operand& x, std::int64_t dim) { return extremes("cummax", x, dim, true, "CummaxBackward0"); }
Sorted cummin(const Operand& x, std::int64_t dim) { return extremes("cummin", x, dim, false, "CumminBackward0"); }

Tensor logcumsumexp(const Operand& x, std::int64_t dim) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        require_floating("logcumsumexp", v[0]);
        const Value line = v[0].rank() == 0 ? reshape(v[0], {1}) : v[0];
        return reshape(log_cumulative(line, checked_dim("logcumsumexp", dim, line), false), v[0].shape());
      },
      "LogcumsumexpBackward0");
}

}  // namespace weft
