// max and min of a whole tensor or over dims, PyTorch's amax and amin. The attribute "whole" tells them apart: of zeros
// of both signs the last is the extreme of a whole tensor, the first that over dims; and only the former has a gradient
// where it is nan.
#include <array>
#include <cmath>
#include <type_traits>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  const Shape shape = infer_reduction(call);
  checked_attr<bool>(call, "whole");
  for (const std::int64_t d : call.attr<Dims>("dims"))
    call.require(call.in(0).shape[static_cast<int>(d)] > 0, "no elements have no extreme",
                 "reduce over dims of at least one element");
  return {{call.in(0).dtype, shape}};
}

// The elements that equal the extreme share its gradient evenly.
void grad_whole(GradCall& g) {
  const Value &x = g.in(0), extreme = g.out();
  const Value equal = logical_or(eq(x, extreme), logical_and(ne(x, x), ne(extreme, extreme)));
  const Value count = sum(cast(equal, x.dtype()), {}, false);
  g.set(0, where(equal, g.dout() / count, number(g.builder(), x.dtype(), 0)));
}

void grad(GradCall& g) {
  if (g.attr<bool>("whole")) return grad_whole(g);
  const Value& x = g.in(0);
  const auto& dims = g.attr<Dims>("dims");
  const Value ties = cast(eq(x, expand_reduced(g.out(), x, dims)), x.dtype());
  const Value count = dims.empty() ? ties : sum(ties, dims, true);
  g.set(0, ties * (reshape(g.dout(), count.shape()) / count));
}

struct Max {
  template <class T>
  static bool beats(T a, T b) {
    return a > b;
  }
};
struct Min {
  template <class T>
  static bool beats(T a, T b) {
    return a < b;
  }
};

// A NaN wins over everything that is no NaN, and stays.
template <class Extreme, class T>
bool wins(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return Extreme::beats(a, b) || std::isnan(a);
  return Extreme::beats(a, b);
}
// The first or the last of those that are equal.
template <class Extreme>
struct First {
  template <class T>
  static T pick(T best, T x) {
    return wins<Extreme>(x, best) ? x : best;
  }
};
template <class Extreme>
struct Last {
  template <class T>
  static T pick(T best, T x) {
    return wins<Extreme>(best, x) ? best : x;
  }
};

template <class Pick, class T>
T extreme_of_row(const T* x, std::int64_t n) {
  constexpr std::int64_t kChains = 8;  // independent of each other, so that comparisons overlap
  T result = x[0];
  std::int64_t i = 1;
  if (n >= kChains) {
    std::array<T, kChains> best;
    copy_elements(x, kChains, best.data());
    for (i = kChains; i + kChains <= n; i += kChains)
      for (std::int64_t k = 0; k < kChains; ++k) {
        T& chain = best[static_cast<std::size_t>(k)];
        chain = Pick::pick(chain, x[i + k]);
      }
    result = best[0];
    for (std::size_t k = 1; k < best.size(); ++k) result = Pick::pick(result, best[k]);
  }
  for (; i < n; ++i) result = Pick::pick(result, x[i]);
  return result;
}

template <class Pick, class T>
void extreme_pass(const void* x, void* out, const ReducePass& pass) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(out);
  for (std::int64_t o = 0; o < pass.outer; ++o, from += pass.count * pass.inner, to += pass.inner) {
    if (pass.inner == 1) {
      *to = extreme_of_row<Pick>(from, pass.count);
      continue;
    }
    copy_elements(from, pass.inner, to);
    for (std::int64_t r = 1; r < pass.count; ++r)
      for (std::int64_t i = 0; i < pass.inner; ++i) to[i] = Pick::pick(to[i], from[r * pass.inner + i]);
  }
}

template <class Extreme>
Kernel compile(const OpCall& call) {
  return with_element_type(call.in(0).dtype, [&]<class T>(T) {
    const bool whole = call.attr<bool>("whole");
    return reduce_kernel(call, whole ? extreme_pass<Last<Extreme>, T> : extreme_pass<First<Extreme>, T>);
  });
}

}  // namespace

constexpr OpDef kMax{.name = "max",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer,
                     .grad = grad,
                     .compile = compile<Max>,
                     .grad_name = "AmaxBackward0",
                     .simplify = simplify_reduction};
WEFT_REGISTER_OP(kMax);
constexpr OpDef kMin{.name = "min",
                     .min_inputs = 1,
                     .max_inputs = 1,
                     .infer = infer,
                     .grad = grad,
                     .compile = compile<Min>,
                     .grad_name = "AminBackward0",
                     .simplify = simplify_reduction};
WEFT_REGISTER_OP(kMin);

namespace {

bool is_whole(DimsRef dims, bool keepdim) { return !dims.is_list() && !keepdim; }

Attrs attributes(std::string_view name, const Value& x, DimsRef dims, bool keepdim) {
  const Dims all = normalize_dims(name, dims.vec(), x.type(), x.builder().where);
  return {{"dims", all}, {"keepdim", keepdim}, {"whole", is_whole(dims, keepdim)}};
}

}  // namespace

Value max(const Value& x, DimsRef dims, bool keepdim) {
  return x.builder().record(kMax, {x}, attributes("max", x, dims, keepdim));
}
Value min(const Value& x, DimsRef dims, bool keepdim) {
  return x.builder().record(kMin, {x}, attributes("min", x, dims, keepdim));
}

Tensor max(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return max(v[0], dims, keepdim); },
      is_whole(dims, keepdim) ? "MaxBackward1" : nullptr);
}
Tensor min(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return min(v[0], dims, keepdim); },
      is_whole(dims, keepdim) ? "MinBackward1" : nullptr);
}

Tensor amax(const Operand& x, DimsRef dims, bool keepdim) {
  return capture({&x},
                 [&](std::span<const Value> v) { return max(v[0], dims.is_list() ? dims : DimsRef({}), keepdim); });
}
Tensor amin(const Operand& x, DimsRef dims, bool keepdim) {
  return capture({&x},
                 [&](std::span<const Value> v) { return min(v[0], dims.is_list() ? dims : DimsRef({}), keepdim); });
}

MinMax aminmax(const Operand& x, std::optional<std::int64_t> dim, bool keepdim) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value v = scope.values()[0];
  const Dims dims = dim ? Dims{*dim} : Dims{};
  const auto result = [&](Value (*extreme)(const Value&, DimsRef, bool)) {
    return scope.tensor(extreme(v, dims, keepdim), "AminmaxBackward0");
  };
  return {result(min), result(max)};
}

Tensor Tensor::max(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::max({*this, at}, dims, keepdim);
}
Tensor Tensor::min(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::min({*this, at}, dims, keepdim);
}

Tensor Tensor::amax(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::amax({*this, at}, dims, keepdim);
}
Tensor Tensor::amin(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::amin({*this, at}, dims, keepdim);
}

}  // namespace weft
