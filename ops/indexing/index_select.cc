// Rows by number: index_select, and index_sum, which adds rows by number. Each is the derivative of the other.
#include <algorithm>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/indexing/index.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Both have the operands rows, index and the attribute "dim". The index is a vector, or for dim 1 a matrix: a vector
// for each element of dim 0.
std::size_t dim_of(const OpCall& call) {
  const Shape &x = call.in(0).shape, &index = call.in(1).shape;
  const std::int64_t dim = checked_attr_in(call, "dim", 0, x.rank() - 1);
  call.require(ErrorKind::dtype, call.in(1).dtype == DType::i64, "the index must be i64");
  call.require(index.rank() == 1 || (index.rank() == 2 && dim == 1 && index[0] == x[0]), "the index must be a vector");
  return static_cast<std::size_t>(dim);
}
std::int64_t num_indices(const OpCall& call) { return call.in(1).shape[call.in(1).shape.rank() - 1]; }
bool has_matrix(const OpCall& call) { return call.in(1).shape.rank() == 2; }

Types infer_select(const OpCall& call) {
  const std::size_t dim = dim_of(call);
  Dims shape = call.in(0).shape.vec();
  shape[dim] = num_indices(call);
  return {{call.in(0).dtype, Shape(shape)}};
}

Types infer_sum(const OpCall& call) {
  call.require(ErrorKind::dtype, call.in(0).dtype != DType::boolean, "bool has no sums");
  Dims shape = call.in(0).shape.vec();
  const std::size_t dim = dim_of(call);
  call.require(shape[dim] == num_indices(call), "needs an index for each row");
  shape[dim] = checked_attr_in(call, "extent", 0, kMaxExtent);
  return {{call.in(0).dtype, Shape(shape)}};
}

void grad_select(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim");
  g.set(0, index_sum(g.dout(), dim, g.in(1), g.in(0).shape()[static_cast<int>(dim)]));
}

void grad_sum(GradCall& g) { g.set(0, index_select(g.dout(), g.attr<std::int64_t>("dim"), g.in(1))); }

Kernel compile_select(const OpCall& call) {
  const auto dim = call.attr<std::int64_t>("dim");
  return rows_by_number(call, axis_pass(call.in(0).shape, dim), axis_pass(call.out().shape, dim));
}

// A part owns rows of the result and finds those that are added to them: the order of the sums is that of the index.
Kernel compile_sum(const OpCall& call) {
  const auto dim = call.attr<std::int64_t>("dim");
  const ReducePass from = axis_pass(call.in(0).shape, dim), to = axis_pass(call.out().shape, dim);
  const std::int64_t rows = to.outer * to.count, work = from.outer * from.count * from.inner;
  // Parts with an index of their own, or each reads all of it: few, where that is much of the work.
  const std::int64_t most = from.inner < 8 ? 1 : from.count > to.count ? 4 : RowParts::kMost;
  const RowParts parts =
      has_matrix(call) ? RowParts::of_size(rows, to.count) : RowParts(rows, rows > 0 ? work / rows : 0, most);
  return with_element_type(call.out().dtype, [&]<class T>(T) {
    const CheckedIndex checked(call, to.count);
    return Kernel{.run =
                      [=, per_outer = has_matrix(call) ? from.count : 0](const KernelArgs& args) {
                        const auto* const index = args.input<std::int64_t>(1);
                        const std::int64_t n = to.inner, begin = parts.begin(args.part), end = parts.end(args.part);
                        T* const out = args.output<T>();
                        if (end > begin) std::fill(out + begin * n, out + end * n, T{0});
                        for (std::int64_t o = to.count > 0 ? begin / to.count : from.outer; o < from.outer; ++o) {
                          if (o * to.count >= end) break;
                          for (std::int64_t j = 0; j < from.count; ++j) {
                            const std::int64_t row = o * to.count + checked(index[o * per_outer + j]);
                            if (row < begin || row >= end) continue;
                            const T* const src = args.input<T>(0) + (o * from.count + j) * n;
                            for (std::int64_t i = 0; i < n; ++i)
                              out[row * n + i] = wrapping(out[row * n + i], src[i], std::plus<>());
                          }
                        }
                      },
                  .parts = parts.count(),
                  .region = [=](std::uint32_t part,
                                std::size_t slot) { return slot == 2 ? parts.region(part, to.inner) : Region{}; },
                  .flops = static_cast<double>(call.in(0).shape.numel())};
  });
}

constexpr OpDef kIndexSelect{.name = "index_select",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer_select,
                             .grad = grad_select,
                             .compile = compile_select,
                             .grad_name = "IndexSelectBackward0",
                             .may_throw = true};
WEFT_REGISTER_OP(kIndexSelect);

constexpr OpDef kIndexSum{.name = "index_sum",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_sum,
                          .grad = grad_sum,
                          .compile = compile_sum,
                          .grad_name = "IndexAddBackward0",
                          .may_throw = true};
WEFT_REGISTER_OP(kIndexSum);

// A scalar is a vector of one element, as an index and as what is indexed.
Value as_vector(const Value& x) { return x.rank() == 0 ? reshape(x, {1}) : x; }

Value checked_select(const Value& x, std::int64_t dim, const Value& index) {
  return reshape(
      index_select(as_vector(x), checked_dim("index_select", dim, as_vector(x)), as_vector(index)),
      x.rank() == 0 ? Shape() : [&] {
        Dims shape = x.shape().vec();
        shape[static_cast<std::size_t>(checked_dim("index_select", dim, x))] = index.shape().numel();
        return Shape(shape);
      }());
}

}  // namespace

Kernel rows_by_number(const OpCall& call, const ReducePass& from, const ReducePass& to) {
  const RowParts parts(to.outer * to.count, to.inner);
  return with_element_size(call.out().dtype, [&]<class T>(T) {
    const CheckedIndex checked(call, from.count);
    // One index for each row of the result, or the same ones for each of the outer elements.
    const bool is_whole = call.in(1).shape.numel() == to.outer * to.count;
    return Kernel{.run =
                      [=](const KernelArgs& args) {
                        const auto* const index = args.input<std::int64_t>(1);
                        const std::int64_t n = to.inner;
                        for (std::int64_t r = parts.begin(args.part); r < parts.end(args.part); ++r) {
                          const std::int64_t row =
                              r / to.count * from.count + checked(index[is_whole ? r : r % to.count]);
                          copy_elements(args.input<T>(0) + row * n, n, args.output<T>() + r * n);
                        }
                      },
                  .parts = parts.count(),
                  .region = [=](std::uint32_t part,
                                std::size_t slot) { return slot == 2 ? parts.region(part, to.inner) : Region{}; }};
  });
}

Value index_select(const Value& x, std::int64_t dim, const Value& index) {
  return x.builder().record(kIndexSelect, {x, index}, {{"dim", dim}});
}

std::int64_t num_chunks(const Shape& src, std::int64_t dim, std::int64_t extent) {
  constexpr std::int64_t kMost = 8, kElements = 1 << 15;
  if (dim != 0 || src.rank() == Shape::kMaxRank || src.numel() == 0) return 1;
  const std::int64_t n = src[0];
  for (std::int64_t chunks = kMost; chunks > 1; --chunks)
    if (n % chunks == 0 && n / chunks >= 2 * extent && src.numel() / chunks >= kElements) return chunks;
  return 1;
}

Value in_chunks(const Value& x, std::int64_t chunks) {
  Dims shape = x.shape().vec();
  shape[0] /= chunks;
  shape.insert(shape.begin(), chunks);
  return reshape(x, Shape(shape));
}

Value index_sum(const Value& src, std::int64_t dim, const Value& index, std::int64_t extent) {
  if (const std::int64_t chunks = num_chunks(src.shape(), dim, extent); chunks > 1) {
    const Value sums = src.builder().record(kIndexSum, {in_chunks(src, chunks), in_chunks(index, chunks)},
                                            {{"dim", std::int64_t{1}}, {"extent", extent}});
    return cast(sum(sums, {0}, false), src.dtype());
  }
  return src.builder().record(kIndexSum, {src, index}, {{"dim", dim}, {"extent", extent}});
}

Tensor index_select(const Operand& x, std::int64_t dim, const Tensor& index) {
  const Operand places = as_index(index, x.at());
  return capture(
      {&x, &places}, [&](std::span<const Value> v) { return checked_select(v[0], dim, v[1]); }, "IndexSelectBackward0");
}

Tensor Tensor::index_select(std::int64_t dim, const Tensor& index, SourceLocation at) const {
  return weft::index_select({*this, at}, dim, index);
}

}  // namespace weft
