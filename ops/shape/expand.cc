// Repetition along dims of extent 1, and along new dims in front.
#include "graph/capture/capture.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/kernels/move/strided.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  const Shape shape(checked_attr<Dims>(call, "shape"));
  const Shape& x = call.in(0).shape;
  const int added = shape.rank() - x.rank();
  if (added < 0) call.fail("shape " + shape.str() + " has fewer dims than the operand");
  for (int d = 0; d < x.rank(); ++d)
    if (x[d] != 1 && x[d] != shape[d + added])
      call.fail(
          "extent " + std::to_string(x[d]) + " of dim " + std::to_string(d) + " cannot become that of " + shape.str(),
          "only extents of 1 are repeated");
  return {{call.in(0).dtype, shape}};
}

void grad(GradCall& g) { g.set(0, sum_to(g.dout(), g.in(0).shape())); }

Kernel compile(const OpCall& call) {
  const Shape& x = call.in(0).shape;
  const auto strides = row_major_strides(x);
  const int added = call.out().shape.rank() - x.rank();
  std::array<std::int64_t, Shape::kMaxRank> repeated{};
  for (int d = 0; d < x.rank(); ++d)
    repeated[static_cast<std::size_t>(d + added)] = x[d] == 1 ? 0 : strides[static_cast<std::size_t>(d)];
  return {.run = gather_kernel(call.out(), repeated, 0)};
}

// Dims of extent 1 in front are a reshape; of two expansions the last says all.
std::optional<ValueId> simplify(Rewriter& r, const Call& call) {
  const ValueId x = call.operands[0];
  if (r.type(x).shape.numel() == call.type().shape.numel()) return r.reshaped(x, call.type().shape);
  if (&r.op(x) != call.op) return std::nullopt;
  return r.record(*call.op, {r.operand(x)}, *call.attrs);
}
std::optional<Dims> strides(const TensorType& from, const TensorType& to, const Attrs&, const Dims& strides) {
  const int added = to.shape.rank() - from.shape.rank();
  Dims repeated(static_cast<std::size_t>(to.shape.rank()), 0);
  for (int d = 0; d < from.shape.rank(); ++d)
    if (from.shape[d] == to.shape[d + added])
      repeated[static_cast<std::size_t>(d + added)] = strides[static_cast<std::size_t>(d)];
  return repeated;
}
// Elements that are repeated are equal where they are written: the first of them counts.
Value write(const Value& whole, const Value& part, const Attrs&) {
  if (part.shape().numel() == 0) return whole;
  const int added = part.rank() - whole.rank();
  Value first = part;
  for (int d = 0; d < part.rank(); ++d)
    if (part.shape()[d] > 1 && (d < added || whole.shape()[d - added] == 1)) first = slice(first, d, 0, 1, 1);
  return reshape(first, whole.shape());
}
constexpr ViewRule kView{strides, write};

constexpr OpDef kExpand{.name = "expand",
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .infer = infer,
                        .grad = grad,
                        .compile = compile,
                        .grad_name = "ExpandBackward0",
                        .trait = Trait::repeat,
                        .simplify = simplify,
                        .view = &kView};
WEFT_REGISTER_OP(kExpand);

Value record_expand(const Value& x, Dims shape) {
  return x.builder().record(kExpand, {x}, Attrs{{"shape", std::move(shape)}});
}

// The shape with each -1 replaced by the operand's extent.
Dims resolve(const Value& x, Dims shape) {
  const auto added = static_cast<std::int64_t>(shape.size()) - x.rank();
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] != -1) continue;
    const std::int64_t from = static_cast<std::int64_t>(d) - added;
    if (from < 0 || from >= x.rank()) fail_call(ErrorKind::shape, "expand", x, "-1 in a new dim has no extent to keep");
    shape[d] = x.shape()[static_cast<int>(from)];
  }
  return shape;
}

}  // namespace

Value expand(const Value& x, const Shape& shape) { return shape == x.shape() ? x : record_expand(x, shape.vec()); }

Tensor expand(const Operand& x, DimsRef shape) {
  return capture_view(x, [&](std::span<const Value> v) { return record_expand(v[0], resolve(v[0], shape.vec())); });
}

Tensor Tensor::expand(DimsRef shape, SourceLocation at) const { return weft::expand({*this, at}, shape); }

}  // namespace weft
