// The same elements under another shape: reshape, view, flatten, squeeze, unsqueeze; and under the same one: clone.
// All are one op, which moves nothing.
#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  const Shape shape(checked_attr<Dims>(call, "shape"));
  if (shape.numel() != call.in(0).shape.numel()) call.fail("shape " + shape.str() + " has another number of elements");
  return {{call.in(0).dtype, shape}};
}

void grad(GradCall& g) { g.set(0, reshape(g.dout(), g.in(0).shape())); }

// Of two reshapes the last says all.
std::optional<ValueId> simplify(Rewriter& r, const Call& call) {
  if (&r.op(call.operands[0]) != call.op) return std::nullopt;
  return r.reshaped(r.operand(call.operands[0]), call.type().shape);
}
std::optional<Dims> strides(const TensorType& from, const TensorType& to, const Attrs&, const Dims& strides) {
  return strides_for_shape(from.shape, strides, to.shape);
}
Value write(const Value& whole, const Value& part, const Attrs&) { return reshape(part, whole.shape()); }
constexpr ViewRule kView{strides, write};

constexpr OpDef kReshape{.name = "reshape",
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .infer = infer,
                         .grad = grad,
                         .grad_name = "ViewBackward0",
                         .alias = true,
                         .simplify = simplify,
                         .view = &kView};
WEFT_REGISTER_OP(kReshape);

// A node of its own even where the shape stays: the tensor that a public function gives back is not its operand.
Value record_reshape(const Value& x, Dims shape) {
  return x.builder().record(kReshape, {x}, Attrs{{"shape", std::move(shape)}});
}

// The shape with its -1 worked out.
Dims resolve(std::string_view name, const Value& x, Dims shape) {
  const std::string asked = "shape " + dims_text(shape) + " ";
  if (shape.size() > Shape::kMaxRank) fail_call(ErrorKind::shape, name, x, asked + "has more than 8 dims");
  std::int64_t* open = nullptr;
  Dims known;
  for (std::int64_t& d : shape) {
    if (d < -1)
      fail_call(ErrorKind::shape, name, x, asked + "has a negative extent", "-1 stands for the extent that follows");
    if (d >= 0) known.push_back(d);
    if (d == -1 && open) fail_call(ErrorKind::shape, name, x, asked + "has more than one -1");
    if (d == -1) open = &d;
  }
  const std::int64_t numel = x.shape().numel(),
                     product = checked_shape(name, std::span(&x, 1), x.builder().where, known).numel();
  if (open) {
    if (product == 0) fail_call(ErrorKind::shape, name, x, asked + "leaves -1 open: any extent would do");
    if (numel % product != 0)
      fail_call(ErrorKind::shape, name, x, asked + "does not fit " + std::to_string(numel) + " elements");
    *open = numel / product;
  } else if (numel != product) {
    fail_call(ErrorKind::shape, name, x, asked + "does not fit " + std::to_string(numel) + " elements");
  }
  return shape;
}

Dims flattened(const Value& x, std::int64_t start_dim, std::int64_t end_dim) {
  if (x.rank() == 0) {
    if (start_dim < -1 || start_dim > 0 || end_dim < -1 || end_dim > 0)
      fail_call(ErrorKind::shape, "flatten", x, "a scalar has dims -1 and 0 only");
    return {1};
  }
  const std::int64_t start = normalize_dim("flatten", start_dim, x.type(), x.builder().where);
  const std::int64_t end = normalize_dim("flatten", end_dim, x.type(), x.builder().where);
  if (start > end) fail_call(ErrorKind::shape, "flatten", x, "start_dim comes after end_dim");
  Dims shape = x.shape().vec();
  std::int64_t product = 1;
  for (std::int64_t d = start; d <= end; ++d) product *= x.shape()[static_cast<int>(d)];
  shape.erase(shape.begin() + start + 1, shape.begin() + end + 1);
  shape[static_cast<std::size_t>(start)] = product;
  return shape;
}

Dims without_ones(const Value& x) {
  Dims shape;
  for (const std::int64_t d : x.shape())
    if (d != 1) shape.push_back(d);
  return shape;
}

// A scalar has the dims -1 and 0 here, as in PyTorch.
Dims squeezed(const Value& x, std::int64_t dim) {
  if (x.rank() == 0 && (dim == 0 || dim == -1)) return {};
  const std::int64_t d = normalize_dim("squeeze", dim, x.type(), x.builder().where);
  Dims shape = x.shape().vec();
  if (shape[static_cast<std::size_t>(d)] == 1) shape.erase(shape.begin() + d);
  return shape;
}

Dims unsqueezed(const Value& x, std::int64_t dim) {
  if (x.rank() == Shape::kMaxRank)
    fail_call(ErrorKind::shape, "unsqueeze", x, "the operand has as many dims as a tensor can have");
  if (dim < -x.rank() - 1 || dim > x.rank())
    fail_call(ErrorKind::shape, "unsqueeze", x,
              "dim " + std::to_string(dim) + " is outside of [" + std::to_string(-x.rank() - 1) + ", " +
                  std::to_string(x.rank()) + "]");
  Dims shape = x.shape().vec();
  shape.insert(shape.begin() + (dim < 0 ? dim + x.rank() + 1 : dim), 1);
  return shape;
}

}  // namespace

Value reshape(const Value& x, const Shape& shape) { return shape == x.shape() ? x : record_reshape(x, shape.vec()); }
Value clone(const Value& x) { return record_reshape(x, x.shape().vec()); }
Value squeeze(const Value& x, std::int64_t dim) { return reshape(x, squeezed(x, dim)); }
Value unsqueeze(const Value& x, std::int64_t dim) { return record_reshape(x, unsqueezed(x, dim)); }

Tensor view(const Operand& x, DimsRef shape) {
  return capture_view(
      x, [&](std::span<const Value> v) { return record_reshape(v[0], resolve("view", v[0], shape.vec())); });
}

Tensor reshape(const Operand& x, DimsRef shape) {
  return capture_view(
      x, [&](std::span<const Value> v) { return record_reshape(v[0], resolve("reshape", v[0], shape.vec())); });
}

Tensor flatten(const Operand& x, std::int64_t start_dim, std::int64_t end_dim) {
  return capture_view(
      x, [&](std::span<const Value> v) { return record_reshape(v[0], flattened(v[0], start_dim, end_dim)); });
}

Tensor squeeze(const Operand& x, std::optional<std::int64_t> dim) {
  return capture_view(
      x,
      [&](std::span<const Value> v) { return record_reshape(v[0], dim ? squeezed(v[0], *dim) : without_ones(v[0])); },
      dim ? "SqueezeBackward1" : "SqueezeBackward0");
}

Tensor unsqueeze(const Operand& x, std::int64_t dim) {
  return capture_view(
      x, [&](std::span<const Value> v) { return unsqueeze(v[0], dim); }, "UnsqueezeBackward0");
}

Tensor clone(const Operand& x) {
  return capture(
      {&x}, [](std::span<const Value> v) { return clone(v[0]); }, "CloneBackward0");
}

Tensor contiguous(const Operand& x) {
  if (!x.tensor().defined()) return clone(x);
  const TensorImpl& impl = *TensorAccess::impl(x.tensor());
  const Shape& shape = impl.type.shape;
  const Dims strides = strides_of(impl), dense = strides_of(TensorImpl(impl.type));
  for (std::size_t d = 0; d < strides.size(); ++d)  // of one element no distance counts
    if (shape.numel() > 0 && shape[static_cast<int>(d)] != 1 && strides[d] != dense[d]) return clone(x);
  return x.tensor();
}

Tensor Tensor::clone(SourceLocation at) const { return weft::clone({*this, at}); }
Tensor Tensor::contiguous(SourceLocation at) const { return weft::contiguous({*this, at}); }
Tensor Tensor::view(DimsRef shape, SourceLocation at) const { return weft::view({*this, at}, shape); }
Tensor Tensor::reshape(DimsRef shape, SourceLocation at) const { return weft::reshape({*this, at}, shape); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim, SourceLocation at) const {
  return weft::flatten({*this, at}, start_dim, end_dim);
}
Tensor Tensor::squeeze(std::optional<std::int64_t> dim, SourceLocation at) const {
  return weft::squeeze({*this, at}, dim);
}
Tensor Tensor::unsqueeze(std::int64_t dim, SourceLocation at) const { return weft::unsqueeze({*this, at}, dim); }

}  // namespace weft
