// histc: how many elements lie in each of some ranges.
#include <cmath>
#include <limits>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/kernels/elements.h"
#include "weft/statistics.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype), "takes f32 or f64", "cast() gives it another dtype");
  const std::int64_t bins = checked_attr_in(call, "bins", 1, kMaxExtent);
  const auto min = checked_attr<double>(call, "min"), max = checked_attr<double>(call, "max");
  call.require(ErrorKind::value, std::isfinite(min) && std::isfinite(max), "min and max must be finite");
  call.require(ErrorKind::value, min <= max, "max is less than min");
  return {{call.in(0).dtype, Shape{bins}}};
}

template <class T>
struct Ends {
  T low, high;
};

// Of the elements, where none are given; around a single number from 1 below to 1 above.
template <class T>
Ends<T> ends_of(const T* x, std::int64_t n, Ends<T> ends) {
  if (ends.low == ends.high && n > 0) {
    ends = {x[0], x[0]};
    for (std::int64_t i = 1; i < n; ++i) {
      if (std::isnan(x[i])) return {x[i], x[i]};
      ends = {std::min(ends.low, x[i]), std::max(ends.high, x[i])};
    }
  }
  return ends.low == ends.high ? Ends<T>{ends.low - 1, ends.high + 1} : ends;
}

// Counts are formed in i64: f32 stops at 2^24.
template <class T>
void count(const T* x, std::int64_t n, Ends<T> ends, std::int64_t bins, std::int64_t* counts) {
  fill_elements(counts, bins, std::int64_t{0});
  for (std::int64_t i = 0; i < n; ++i) {
    if (!(x[i] >= ends.low && x[i] <= ends.high)) continue;
    const T place = (x[i] - ends.low) * static_cast<T>(bins) / (ends.high - ends.low);
    ++counts[std::min(static_cast<std::int64_t>(place), bins - 1)];
  }
}

Kernel compile(const OpCall& call) {
  const std::int64_t n = call.in(0).shape.numel(), bins = call.attr<std::int64_t>("bins");
  const std::string name = "[histc] " + describe(call.inputs);
  return with_float_type(call.in(0).dtype, [&]<class T>(T) {
    const Ends<T> given{static_cast<T>(call.attr<double>("min")), static_cast<T>(call.attr<double>("max"))};
    return Kernel{.run =
                      [=, where = call.where](const KernelArgs& args) {
                        const Ends<T> ends = ends_of(args.input<T>(0), n, given);
                        if (!std::isfinite(ends.high - ends.low))
                          throw Error(ErrorKind::value, name + ": the range of the elements is not finite", where);
                        auto* const counts = static_cast<std::int64_t*>(args.scratch);
                        count(args.input<T>(0), n, ends, bins, counts);
                        for (std::int64_t i = 0; i < bins; ++i) args.output<T>()[i] = static_cast<T>(counts[i]);
                      },
                  .scratch_bytes = static_cast<std::size_t>(bins) * sizeof(std::int64_t)};
  });
}

constexpr OpDef kHistc{
    .name = "histc", .min_inputs = 1, .max_inputs = 1, .infer = infer, .compile = compile, .may_throw = true};
WEFT_REGISTER_OP(kHistc);

}  // namespace

Tensor histc(const Operand& x, std::int64_t bins, double min, double max) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  scope.builder().grad_enabled = false;
  return scope.tensor(
      scope.builder().record(kHistc, {scope.values()[0]}, {{"bins", bins}, {"max", max}, {"min", min}}));
}

}  // namespace weft
