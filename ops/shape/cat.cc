// Tensors side by side: cat along a dim, stack along a new one.
#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

// A tensor of shape [0] goes with tensors of any rank and adds nothing.
bool is_skipped(const Shape& shape) { return shape.rank() == 1 && shape[0] == 0; }

// The first operand that is not skipped, or the first of all.
std::size_t leading(std::size_t operands, auto shape_of) {
  for (std::size_t i = 0; i < operands; ++i)
    if (!is_skipped(shape_of(i))) return i;
  return 0;
}

Types infer(const OpCall& call) {
  const std::size_t lead = leading(call.inputs.size(), [&](std::size_t i) -> const Shape& { return call.in(i).shape; });
  const Shape& first = call.in(lead).shape;
  const auto dim = static_cast<int>(checked_attr_in(call, "dim", 0, first.rank() - 1));
  Dims shape = first.vec();
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Shape& next = call.in(i).shape;
    call.require(ErrorKind::dtype, call.in(i).dtype == call.in(0).dtype, "dtypes differ");
    if (i == lead || is_skipped(next)) continue;
    call.require(next.rank() == first.rank(), "ranks differ");
    for (int d = 0; d < first.rank(); ++d)
      if (d != dim && next[d] != first[d])
        call.fail(
            "operands " + std::to_string(lead) + " and " + std::to_string(i) + " differ in dim " + std::to_string(d),
            "all extents but that of dim " + std::to_string(dim) + " must be equal");
    shape[static_cast<std::size_t>(dim)] += next[dim];
  }
  return {{call.in(0).dtype, Shape(shape)}};
}

void grad(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim");
  std::int64_t start = 0;
  for (std::size_t i = 0; i < g.num_inputs(); ++i) {
    const Shape& part = g.in(i).shape();
    if (is_skipped(part)) {
      if (g.needs(i)) g.set(i, zeros_like(g.in(i)));
      continue;
    }
    const std::int64_t end = start + part[static_cast<int>(dim)];
    if (g.needs(i)) g.set(i, slice(g.dout(), dim, start, end, 1));
    start = end;
  }
}

Kernel compile(const OpCall& call) {
  const Shape& out = call.out().shape;
  const auto dim = static_cast<int>(call.attr<std::int64_t>("dim"));
  std::int64_t outer = 1, inner = 1;
  for (int d = 0; d < dim; ++d) outer *= out[d];
  for (int d = dim + 1; d < out.rank(); ++d) inner *= out[d];
  std::vector<std::int64_t> runs;  // elements that each operand gives to each row of the result
  for (const TensorType* type : call.inputs) runs.push_back(is_skipped(type->shape) ? 0 : type->shape[dim] * inner);
  return with_element_size(call.out().dtype, [&]<class T>(T) {
    return Kernel{.run = [outer, runs = std::move(runs)](const KernelArgs& args) {
      T* to = args.output<T>();
      for (std::int64_t row = 0; row < outer; ++row) {
        for (std::size_t i = 0; i < runs.size(); ++i) {
          if (runs[i] == 0) continue;
          copy_elements(args.input<T>(i) + row * runs[i], runs[i], to);
          to += runs[i];
        }
      }
    }};
  });
}

constexpr OpDef kCat{.name = "cat",
                     .min_inputs = 1,
                     .max_inputs = -1,
                     .infer = infer,
                     .grad = grad,
                     .compile = compile,
                     .grad_name = "CatBackward0",
                     .follows_dims = true};
WEFT_REGISTER_OP(kCat);

// The values as tensors of their common dtype.
std::vector<Value> promoted(std::span<const Value> values) {
  const DType dtype = promote(values);
  std::vector<Value> result(values.begin(), values.end());
  for (Value& v : result)
    if (v.dtype() != dtype) v = cast(v, dtype);
  return result;
}

Value cat_promoted(std::span<const Value> values, std::int64_t dim) { return cat(promoted(values), dim); }

Value stack(std::span<const Value> values, std::int64_t dim) {
  std::vector<Value> rows = promoted(values);
  const std::int64_t rank = rows[0].rank();
  for (const Value& row : rows)
    if (row.shape() != rows[0].shape())
      fail_call(ErrorKind::shape, "stack", values, row.builder().where, "shapes differ");
  if (dim < -rank - 1 || dim > rank)
    fail_call(ErrorKind::shape, "stack", values, rows[0].builder().where,
              "dim " + std::to_string(dim) + " is outside of [" + std::to_string(-rank - 1) + ", " +
                  std::to_string(rank) + "]");
  if (rank == Shape::kMaxRank)
    fail_call(ErrorKind::shape, "stack", values, rows[0].builder().where,
              "the operands have as many dims as a tensor can have");
  const std::int64_t at = dim < 0 ? dim + rank + 1 : dim;
  for (Value& row : rows) row = unsqueeze(row, at);
  return cat(rows, at);
}

}  // namespace

Value cat(std::span<const Value> values, std::int64_t dim) {
  const Value& lead = values[leading(values.size(), [&](std::size_t i) -> const Shape& { return values[i].shape(); })];
  // Where all are skipped there is no rank that a dim could be outside of.
  const std::int64_t axis = is_skipped(lead.shape()) ? 0 : checked_dim("cat", dim, lead);
  return lead.builder().record(kCat, values, Attrs{{"dim", axis}});
}

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim, SourceLocation at) {
  if (tensors.empty()) fail_call(ErrorKind::value, "cat", {}, at, "wants at least one tensor");
  return capture(tensors, at, [&](std::span<const Value> v) { return cat_promoted(v, dim); });
}

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim, SourceLocation at) {
  if (tensors.empty()) fail_call(ErrorKind::value, "stack", {}, at, "wants at least one tensor");
  return capture(
      tensors, at, [&](std::span<const Value> v) { return stack(v, dim); }, "StackBackward0");
}

}  // namespace weft
