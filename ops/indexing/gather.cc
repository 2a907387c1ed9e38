// Elements by number along one dim: gather, and scatter_sum, which adds elements by number. Each is the derivative of
// the other.
#include <algorithm>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/indexing/places.h"
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

Kernel compile_gather(const OpCall& call) {
  const Places places(call, 1, call.in(0).shape, call.attr<std::int64_t>("dim"), /*reads=*/true);
  return with_element_size(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run =
                      [places](const KernelArgs& args) {
                        const T* const x = args.input<T>(0);
                        T* const out = args.output<T>();
                        places.for_each(args, [&](std::int64_t at, std::int64_t i) { out[i] = x[at]; });
                      },
                  .parts = places.parts(),
                  .region = [places](std::uint32_t part,
                                     std::size_t slot) { return slot == 0 ? Region{} : places.region(part); }};
  });
}

// Of a kernel whose result is this slot.
template <class F>
Kernel write_kernel(const Places& places, std::size_t result, F run) {
  return {.run = run, .parts = places.parts(), .region = [places, result](std::uint32_t part, std::size_t slot) {
            return slot == result ? places.region(part) : Region{};
          }};
}

Kernel compile_sum(const OpCall& call) {
  const Places places(call, 1, call.out().shape, call.attr<std::int64_t>("dim"));
  Kernel kernel = with_element_type(call.out().dtype, [&]<class T>(T) {
    return write_kernel(places, 2, [places](const KernelArgs& args) {
      const T* const src = args.input<T>(0);
      T* const out = args.output<T>();
      places.for_each_run(args.part, [&](std::int64_t first, std::int64_t n) { std::fill_n(out + first, n, T{0}); });
      places.for_each(args,
                      [&](std::int64_t at, std::int64_t i) { out[at] = wrapping(out[at], src[i], std::plus<>()); });
    });
  });
  kernel.flops = static_cast<double>(call.in(0).shape.numel());
  return kernel;
}

Kernel compile_scatter(const OpCall& call) {
  const Places places(call, 1, call.in(0).shape, call.attr<std::int64_t>("dim"));
  return with_element_size(call.out().dtype, [&]<class T>(T) {
    return write_kernel(places, 3, [places](const KernelArgs& args) {
      const T *const x = args.input<T>(0), *const src = args.input<T>(2);
      T* const out = args.output<T>();
      places.for_each_run(args.part,
                          [&](std::int64_t first, std::int64_t n) { copy_elements(x + first, n, out + first); });
      places.for_each(args, [&](std::int64_t at, std::int64_t i) { out[at] = src[i]; });
    });
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
  if (const std::int64_t chunks = num_chunks(src.shape(), dim, shape[0]); chunks > 1) {
    Dims of_chunks = shape.vec();
    of_chunks.insert(of_chunks.begin(), chunks);
    const Value sums = scatter_sum(in_chunks(src, chunks), 1, in_chunks(index, chunks), Shape(of_chunks));
    return cast(sum(sums, {0}, false), src.dtype());
  }
  return src.builder().record(kScatterSum, {src, index}, {{"dim", dim}, {"shape", shape.vec()}});
}

Value scatter(const Value& x, std::int64_t dim, const Value& index, const Value& src) {
  return x.builder().record(kScatter, {x, index, src}, {{"dim", dim}});
}

}  // namespace weft
