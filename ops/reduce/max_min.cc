// max and min over all elements or over dims.
#include <array>
#include <cmath>
#include <type_traits>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  const Shape shape = infer_reduction(call);
  for (const std::int64_t d : call.attr<Dims>("dims"))
    call.require(call.in(0).shape[static_cast<int>(d)] > 0, "no elements have no extreme",
                 "reduce over dims of at least one element");
  return {{call.in(0).dtype, shape}};
}

// The elements that equal the extreme share its gradient evenly.
void grad(GradCall& g) {
  const Value& x = g.in(0);
  const auto& dims = g.attr<Dims>("dims");
  const Value extreme = expand_reduced(g.out(), x, dims);
  Value equal = eq(x, extreme);
  // Over all elements, those that are nan share the gradient of an extreme that is nan.
  if (static_cast<int>(dims.size()) == x.rank()) equal = logical_or(equal, logical_and(ne(x, x), ne(extreme, extreme)));
  const Value ties = cast(equal, x.dtype());
  const Value count = dims.empty() ? ties : sum(ties, dims, true);
  const Value share = reshape(g.dout(), count.shape()) / count;
  g.set(0, ties * share);
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
template <class Better, class T>
T pick(T best, T x) {
  if constexpr (std::is_floating_point_v<T>) return Better::beats(x, best) || std::isnan(x) ? x : best;
  return Better::beats(x, best) ? x : best;
}

template <class Better, class T>
T extreme_of_row(const T* x, std::int64_t n) {
  constexpr std::int64_t kChains = 8;  // independent of each other, so that comparisons overlap
  std::array<T, kChains> best;
  best.fill(x[0]);
  std::int64_t i = 0;
  for (; i + kChains <= n; i += kChains)
    for (std::int64_t k = 0; k < kChains; ++k) {
      T& chain = best[static_cast<std::size_t>(k)];
      chain = pick<Better>(chain, x[i + k]);
    }
  for (; i < n; ++i) best[0] = pick<Better>(best[0], x[i]);
  for (std::size_t k = 1; k < best.size(); ++k) best[0] = pick<Better>(best[0], best[k]);
  return best[0];
}

template <class Better, class T>
void extreme_pass(const void* x, void* out, const ReducePass& pass) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(out);
  for (std::int64_t o = 0; o < pass.outer; ++o, from += pass.count * pass.inner, to += pass.inner) {
    if (pass.inner == 1) {
      *to = extreme_of_row<Better>(from, pass.count);
      continue;
    }
    copy_elements(from, pass.inner, to);
    for (std::int64_t r = 1; r < pass.count; ++r)
      for (std::int64_t i = 0; i < pass.inner; ++i) to[i] = pick<Better>(to[i], from[r * pass.inner + i]);
  }
}

template <class Better>
Kernel compile(const OpCall& call) {
  return with_element_type(call.in(0).dtype,
                           [&](auto zero) { return reduce_kernel(call, extreme_pass<Better, decltype(zero)>); });
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

Value max(const Value& x, const Dims& dims, bool keepdim) {
  const Dims all = normalize_dims("max", dims, x.type(), x.builder().where);
  return x.builder().record(kMax, {x}, {{"dims", all}, {"keepdim", keepdim}});
}
Value min(const Value& x, const Dims& dims, bool keepdim) {
  const Dims all = normalize_dims("min", dims, x.type(), x.builder().where);
  return x.builder().record(kMin, {x}, {{"dims", all}, {"keepdim", keepdim}});
}

Tensor max(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return max(v[0], dims.vec(), keepdim); },
      dims.empty() ? "MaxBackward1" : nullptr);
}
Tensor min(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return min(v[0], dims.vec(), keepdim); },
      dims.empty() ? "MinBackward1" : nullptr);
}

Tensor Tensor::max(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::max({*this, at}, dims, keepdim);
}
Tensor Tensor::min(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::min({*this, at}, dims, keepdim);
}

}  // namespace weft
