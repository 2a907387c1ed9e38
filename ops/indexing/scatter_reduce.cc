// Elements combined by number: sums, means and extremes.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/places.h"
#include "ops/kernels/elements.h"
#include "ops/values.h"
#include "weft/indexing.h"

namespace weft {
namespace {

// Operands x, index, src; attributes dim and largest.
Types infer(const OpCall& call) {
  const TensorType &x = call.in(0), &index = call.in(1), &src = call.in(2);
  call.require(ErrorKind::dtype, index.dtype == DType::i64, "the index must be i64");
  call.require(ErrorKind::dtype, x.dtype == src.dtype && x.dtype != DType::boolean, "needs numbers of one dtype");
  call.require(index.shape.rank() == x.shape.rank() && src.shape == index.shape, "needs an index for each element");
  const std::int64_t dim = checked_attr_in(call, "dim", 0, x.shape.rank() - 1);
  for (int d = 0; d < x.shape.rank(); ++d)
    call.require(d == dim || index.shape[d] <= x.shape[d], "the index is larger than the tensor in another dim");
  checked_attr<bool>(call, "largest");
  return {x};
}

// Equal extremes share the gradient evenly.
void grad(GradCall& g) {
  const Value x = g.in(0), index = g.in(1), src = g.in(2), result = g.out();
  const auto dim = g.attr<std::int64_t>("dim");
  const Value own = cast(eq(x, result), x.dtype());
  const Value others = cast(eq(src, gather(result, dim, index)), x.dtype());
  const Value share = g.dout() / (own + scatter_sum(others, dim, index, x.shape()));
  if (g.needs(0)) g.set(0, own * share);
  if (g.needs(2)) g.set(2, others * gather(share, dim, index));
}

template <class T>
bool beats(T x, T best, bool largest) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(x) || std::isnan(best)) return !std::isnan(best);
  return largest ? x > best : x < best;
}

Kernel compile(const OpCall& call) {
  const Places places(call, 1, call.in(0).shape, call.attr<std::int64_t>("dim"));
  return with_element_type(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run =
                      [places, largest = call.attr<bool>("largest")](const KernelArgs& args) {
                        const T *const x = args.input<T>(0), *const src = args.input<T>(2);
                        T* const out = args.output<T>();
                        places.for_each_run(args.part, [&](std::int64_t first, std::int64_t n) {
                          copy_elements(x + first, n, out + first);
                        });
                        places.for_each(args, [&](std::int64_t at, std::int64_t i) {
                          if (beats(src[i], out[at], largest)) out[at] = src[i];
                        });
                      },
                  .parts = places.parts(),
                  .region = [places](std::uint32_t part,
                                     std::size_t slot) { return slot == 3 ? places.region(part) : Region{}; }};
  });
}

constexpr OpDef kScatterExtreme{.name = "scatter_extreme",
                                .min_inputs = 3,
                                .max_inputs = 3,
                                .infer = infer,
                                .grad = grad,
                                .compile = compile,
                                .grad_name = "ScatterReduceBackward0",
                                .may_throw = true};
WEFT_REGISTER_OP(kScatterExtreme);

double least_of(DType dtype) {
  if (is_floating(dtype)) return -std::numeric_limits<double>::infinity();
  return with_integer_type(dtype, []<class T>(T) { return static_cast<double>(std::numeric_limits<T>::min()); });
}

Value extremes(const Value& x, std::int64_t dim, const Value& index, const Value& src, bool largest,
               const Value& kept) {
  Builder& b = x.builder();
  Value base = x;
  if (kept.defined()) {
    // Of whole numbers the largest one is the complement of the least.
    const Value least = full(b, {x.dtype(), {}}, least_of(x.dtype()));
    base = where(kept, x, largest ? least : is_integer(x.dtype()) ? -1 - least : neg(least));
  }
  return b.record(kScatterExtreme, {base, index, src}, {{"dim", dim}, {"largest", largest}});
}

// kept: where no index points; defined where the elements of x in the other places do not count.
Value combine(const Value& x, std::int64_t dim, const Value& index, const Value& src, std::string_view reduce,
              bool include_self) {
  const Value counts = scatter_sum(ones_like(src), dim, index, x.shape());
  const Value kept = include_self ? Value() : eq(counts, zeros_like(counts));
  if (reduce == "amax" || reduce == "amin") return extremes(x, dim, index, src, reduce == "amax", kept);
  const Value own = include_self ? x : where(kept, x, zeros_like(x));
  const Value total = own + scatter_sum(src, dim, index, x.shape());
  if (reduce == "sum") return total;
  const Value number = include_self ? counts + 1.0 : maximum(counts, ones_like(counts));
  return is_integer(x.dtype()) ? floor_divide(total, number) : total / number;
}

}  // namespace

Tensor scatter_reduce(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src,
                      std::string_view reduce, bool include_self) {
  const Operand places = as_index(index, x.at());
  return capture(
      {&x, &places, &src},
      [&](std::span<const Value> v) {
        const SourceLocation where = v[0].builder().where;
        const auto fail = [&](ErrorKind kind, std::string_view rule) {
          fail_call(kind, "scatter_reduce", v, where, rule);
        };
        if (reduce != "sum" && reduce != "mean" && reduce != "amax" && reduce != "amin")
          fail(ErrorKind::value, "reduce '" + std::string(reduce) + "': \"sum\", \"mean\", \"amax\" or \"amin\"");
        if (v[1].dtype() != DType::i64) fail(ErrorKind::dtype, "the index must be i64");
        if (v[0].dtype() != v[2].dtype() || v[0].dtype() == DType::boolean)
          fail(ErrorKind::dtype, "needs numbers of one dtype");
        const std::int64_t d = checked_dim("scatter_reduce", dim, v[0]);
        if (v[1].rank() != v[0].rank() || v[2].rank() != v[0].rank()) fail(ErrorKind::shape, "the ranks differ");
        Value part = v[2];
        for (int k = 0; k < part.rank(); ++k) {
          if (part.shape()[k] < v[1].shape()[k]) fail(ErrorKind::shape, "the source is smaller than the index");
          if (part.shape()[k] > v[1].shape()[k]) part = slice(part, k, 0, v[1].shape()[k], 1);
        }
        return combine(v[0], d, v[1], part, reduce, include_self);
      },
      "ScatterReduceBackward0");
}

}  // namespace weft
