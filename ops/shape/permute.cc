// Reordering of dims: permute, transpose, t.
#include <array>
#include <numeric>

#include "graph/capture/capture.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/kernels/move/strided.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

bool names_each_dim_once(const Dims& dims, int rank) {
  if (static_cast<int>(dims.size()) != rank) return false;
  std::array<bool, Shape::kMaxRank> seen{};
  for (const std::int64_t d : dims) {
    if (d < 0 || d >= rank || seen[static_cast<std::size_t>(d)]) return false;
    seen[static_cast<std::size_t>(d)] = true;
  }
  return true;
}

Types infer(const OpCall& call) {
  const Dims& dims = checked_attr<Dims>(call, "dims");
  const Shape& x = call.in(0).shape;
  call.require(names_each_dim_once(dims, x.rank()), "dims must name each dim of the operand once");
  Dims shape;
  for (const std::int64_t d : dims) shape.push_back(x[static_cast<int>(d)]);
  return {{call.in(0).dtype, Shape(shape)}};
}

Dims inverse(const Dims& dims) {
  Dims result(dims.size());
  for (std::size_t i = 0; i < dims.size(); ++i)
    result[static_cast<std::size_t>(dims[i])] = static_cast<std::int64_t>(i);
  return result;
}

void grad(GradCall& g) { g.set(0, permute(g.dout(), inverse(g.attr<Dims>("dims")))); }

Kernel compile(const OpCall& call) {
  const auto strides = row_major_strides(call.in(0).shape);
  std::array<std::int64_t, Shape::kMaxRank> permuted{};
  std::size_t i = 0;
  for (const std::int64_t d : call.attr<Dims>("dims")) permuted[i++] = strides[static_cast<std::size_t>(d)];
  return {.run = gather_kernel(call.out(), permuted, 0)};
}

// Whether the elements keep their order in memory, as where only extents of 1 move.
bool moves_nothing(const Shape& x, const Dims& dims) {
  std::int64_t last = -1;
  for (const std::int64_t d : dims) {
    if (x[static_cast<int>(d)] == 1) continue;
    if (d < last) return false;
    last = d;
  }
  return true;
}

// What is repeated has fewer elements than the repetition, and often nothing to move.
ValueId permute_before_repeat(Rewriter& r, const Call& call) {
  const ValueId repeat = call.operands[0], x = r.operand(repeat);
  const Shape whole = r.type(repeat).shape, result = call.type().shape;
  const OpDef &permute = *call.op, &op = r.op(repeat);
  const Attrs order = *call.attrs;
  Dims small(static_cast<std::size_t>(whole.rank() - r.type(x).shape.rank()), 1);
  small.insert(small.end(), r.type(x).shape.begin(), r.type(x).shape.end());
  return r.record(op, {r.record(permute, {r.reshaped(x, Shape(small))}, order)}, {{"shape", result.vec()}});
}

std::optional<ValueId> simplify(Rewriter& r, const Call& call) {
  const ValueId x = call.operands[0];
  const auto& dims = call.attrs->get<Dims>("dims");
  if (moves_nothing(r.type(x).shape, dims)) return r.reshaped(x, call.type().shape);
  if (r.op(x).trait == Trait::repeat) return permute_before_repeat(r, call);
  if (&r.op(x) != call.op) return std::nullopt;
  const auto& inner = r.attr<Dims>(x, "dims");
  Dims both;
  for (const std::int64_t d : dims) both.push_back(inner[static_cast<std::size_t>(d)]);
  return r.record(*call.op, {r.operand(x)}, {{"dims", std::move(both)}});
}

std::optional<Dims> strides(const TensorType&, const TensorType&, const Attrs& attrs, const Dims& strides) {
  Dims moved;
  for (const std::int64_t d : attrs.get<Dims>("dims")) moved.push_back(strides[static_cast<std::size_t>(d)]);
  return moved;
}
Value write(const Value&, const Value& part, const Attrs& attrs) {
  const auto& dims = attrs.get<Dims>("dims");
  Dims back(dims.size());
  for (std::size_t d = 0; d < dims.size(); ++d) back[static_cast<std::size_t>(dims[d])] = static_cast<std::int64_t>(d);
  return permute(part, back);
}
constexpr ViewRule kView{strides, write};

constexpr OpDef kPermute{.name = "permute",
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .infer = infer,
                         .grad = grad,
                         .compile = compile,
                         .grad_name = "PermuteBackward0",
                         .trait = Trait::permute,
                         .simplify = simplify,
                         .view = &kView};
WEFT_REGISTER_OP(kPermute);

Value record_permute(const Value& x, Dims dims) {
  return x.builder().record(kPermute, {x}, Attrs{{"dims", std::move(dims)}});
}

Dims normalized(const Value& x, Dims dims) {
  for (std::int64_t& d : dims) d = normalize_dim("permute", d, x.type(), x.builder().where);
  return dims;
}

// A scalar has the dims -1 and 0 here, as in PyTorch.
Dims swapped(const Value& x, std::int64_t dim0, std::int64_t dim1) {
  Dims dims(static_cast<std::size_t>(x.rank()));
  std::iota(dims.begin(), dims.end(), 0);
  const auto in_scalar = [](std::int64_t d) { return d == 0 || d == -1; };
  if (x.rank() == 0 && in_scalar(dim0) && in_scalar(dim1)) return dims;
  const std::int64_t a = normalize_dim("transpose", dim0, x.type(), x.builder().where);
  const std::int64_t b = normalize_dim("transpose", dim1, x.type(), x.builder().where);
  std::swap(dims[static_cast<std::size_t>(a)], dims[static_cast<std::size_t>(b)]);
  return dims;
}

}  // namespace

Value permute(const Value& x, const Dims& dims) {
  const Dims order = normalized(x, dims);
  if (!names_each_dim_once(order, x.rank()) || !moves_nothing(x.shape(), order)) return record_permute(x, order);
  Dims shape;
  for (const std::int64_t d : order) shape.push_back(x.shape()[static_cast<int>(d)]);
  return reshape(x, Shape(shape));
}

Value transpose(const Value& x, std::int64_t dim0, std::int64_t dim1) { return permute(x, swapped(x, dim0, dim1)); }

Tensor permute(const Operand& x, DimsRef dims) {
  return capture_view(x, [&](std::span<const Value> v) { return record_permute(v[0], normalized(v[0], dims.vec())); });
}

Tensor transpose(const Operand& x, std::int64_t dim0, std::int64_t dim1) {
  return capture_view(
      x, [&](std::span<const Value> v) { return record_permute(v[0], swapped(v[0], dim0, dim1)); },
      "TransposeBackward0");
}

Tensor Tensor::permute(DimsRef dims, SourceLocation at) const { return weft::permute({*this, at}, dims); }
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1, SourceLocation at) const {
  return weft::transpose({*this, at}, dim0, dim1);
}
Tensor Tensor::t(SourceLocation at) const {
  const Operand x(*this, at);
  return capture_view(
      x,
      [](std::span<const Value> v) {
        if (v[0].rank() > 2)
          fail_call(ErrorKind::shape, "t", v[0], "wants at most 2 dims", "transpose() and permute() take any number");
        return record_permute(v[0], v[0].rank() == 2 ? Dims{1, 0} : swapped(v[0], 0, 0));
      },
      "TBackward0");
}

}  // namespace weft
