// Elements by number along one dim: gather, and scatter_sum, which adds elements by number. Each is the derivative of
// the other.
#include <algorithm>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/kernels/elements.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

// The attribute "dim" of a call in which `index` names places of `whole`.
std::int64_t checked_places(const OpCall& call, const TensorType& index, const Shape& whole) {
  call.require(ErrorKind::dtype, index.dtype == DType::i64, "the index must be i64");
  call.require(index.shape.rank() == whole.rank(), "the index must have as many dims as the tensor");
  const std::int64_t dim = checked_attr_in(call, "dim", 0, whole.rank() - 1);
  for (int d = 0; d < whole.rank(); ++d)
    call.require(d == dim || index.shape[d] <= whole[d], "the index is larger than the tensor in another dim");
  return dim;
}

Types infer_gather(const OpCall& call) {
  checked_places(call, call.in(1), call.in(0).shape);
  return {{call.in(0).dtype, call.in(1).shape}};
}

Types infer_sum(const OpCall& call) {
  const Shape shape(checked_attr<Dims>(call, "shape"));
  call.require(ErrorKind::dtype, call.in(0).dtype != DType::boolean, "bool has no sums");
  checked_places(call, call.in(1), shape);
  call.require(call.in(0).shape == call.in(1).shape, "needs an index for each element");
  return {{call.in(0).dtype, shape}};
}

Types infer_scatter(const OpCall& call) {
  checked_places(call, call.in(1), call.in(0).shape);
  call.require(call.in(2).shape == call.in(1).shape, "needs an index for each element");
  call.require(ErrorKind::dtype, call.in(2).dtype == call.in(0).dtype, "the dtypes differ");
  return {call.in(0)};
}

void grad_gather(GradCall& g) {
  g.set(0, scatter_sum(g.dout(), g.attr<std::int64_t>("dim"), g.in(1), g.in(0).shape()));
}

void grad_sum(GradCall& g) { g.set(0, gather(g.dout(), g.attr<std::int64_t>("dim"), g.in(1))); }

void grad_scatter(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim");
  if (g.needs(0)) g.set(0, scatter(g.dout(), dim, g.in(1), zeros_like(g.in(2))));
  if (g.needs(2)) g.set(2, gather(g.dout(), dim, g.in(1)));
}

// Where the elements of an index lie in the whole, but for the dim that the index gives.
struct Places {
  Places(const Shape& index, const Shape& whole, std::int64_t dim) : strides(row_major_strides(whole)) {
    step = std::exchange(strides[static_cast<std::size_t>(dim)], 0);
    nest = LoopNest(index, strides);
    empty = index.numel() == 0;
  }
  // Calls f(element of the whole, element of the index) in row-major order of the index.
  template <class F>
  void for_each(const std::int64_t* index, F f) const {
    if (!empty) nest.for_each([&](std::int64_t at, std::int64_t i) { f(at + index[i] * step, i); });
  }

  std::array<std::int64_t, Shape::kMaxRank> strides;
  std::int64_t step = 0;
  LoopNest nest{Shape(), {}};
  bool empty = false;
};

Kernel compile_gather(const OpCall& call) {
  const Shape& whole = call.in(0).shape;
  const auto dim = call.attr<std::int64_t>("dim");
  return with_element_size(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run = [places = Places(call.in(1).shape, whole, dim),
                          checked = CheckedIndex(call, 1, whole[static_cast<int>(dim)])](const KernelArgs& args) {
      const T* const x = args.input<T>(0);
      T* const out = args.output<T>();
      places.for_each(checked(args), [&](std::int64_t at, std::int64_t i) { out[i] = x[at]; });
    }};
  });
}

Kernel compile_sum(const OpCall& call) {
  const Shape& whole = call.out().shape;
  const auto dim = call.attr<std::int64_t>("dim");
  return with_element_type(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run =
                      [places = Places(call.in(1).shape, whole, dim), n = whole.numel(),
                       checked = CheckedIndex(call, 1, whole[static_cast<int>(dim)])](const KernelArgs& args) {
                        const std::int64_t* const index = checked(args);
                        const T* const src = args.input<T>(0);
                        T* const out = args.output<T>();
                        std::fill_n(out, n, T{0});
                        places.for_each(index, [&](std::int64_t at, std::int64_t i) {
                          out[at] = static_cast<T>(out[at] + src[i]);
                        });
                      },
                  .flops = static_cast<double>(call.in(0).shape.numel())};
  });
}

Kernel compile_scatter(const OpCall& call) {
  const Shape& whole = call.in(0).shape;
  const auto dim = call.attr<std::int64_t>("dim");
  return with_element_size(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run = [places = Places(call.in(1).shape, whole, dim), n = whole.numel(),
                          checked = CheckedIndex(call, 1, whole[static_cast<int>(dim)])](const KernelArgs& args) {
      const std::int64_t* const index = checked(args);
      const T* const src = args.input<T>(2);
      T* const out = args.output<T>();
      copy_elements(args.input<T>(0), n, out);
      places.for_each(index, [&](std::int64_t at, std::int64_t i) { out[at] = src[i]; });
    }};
  });
}

constexpr OpDef kGather{.name = "gather",
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .infer = infer_gather,
                        .grad = grad_gather,
                        .compile = compile_gather,
                        .grad_name = "GatherBackward0",
                        .may_throw = true};
WEFT_REGISTER_OP(kGather);

constexpr OpDef kScatterSum{.name = "scatter_sum",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .infer = infer_sum,
                            .grad = grad_sum,
                            .compile = compile_sum,
                            .grad_name = "ScatterAddBackward0",
                            .may_throw = true};
WEFT_REGISTER_OP(kScatterSum);

constexpr OpDef kScatter{.name = "scatter",
                         .min_inputs = 3,
                         .max_inputs = 3,
                         .infer = infer_scatter,
                         .grad = grad_scatter,
                         .compile = compile_scatter,
                         .grad_name = "ScatterBackward0",
                         .may_throw = true};
WEFT_REGISTER_OP(kScatter);

}  // namespace

Value gather(const Value& x, std::int64_t dim, const Value& index) {
  return x.builder().record(kGather, {x, index}, {{"dim", dim}});
}

Value scatter_sum(const Value& src, std::int64_t dim, const Value& index, const Shape& shape) {
  return src.builder().record(kScatterSum, {src, index}, {{"dim", dim}, {"shape", shape.vec()}});
}

Value scatter(const Value& x, std::int64_t dim, const Value& index, const Value& src) {
  return x.builder().record(kScatter, {x, index, src}, {{"dim", dim}});
}

}  // namespace weft
