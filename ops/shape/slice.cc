// Parts along one dim: slice, narrow, select; slice_scatter, which puts such a part back among zeros; and slice_write,
// which puts it into another tensor.
#include <algorithm>
#include <cstring>

#include "graph/capture/capture.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/kernels/move/strided.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Of slice: attributes dim, start, end, step; the elements start, start + step, ... below end.
Types infer_slice(const OpCall& call) {
  Dims shape = call.in(0).shape.vec();
  const auto dim =
      static_cast<std::size_t>(checked_attr_in(call, "dim", 0, static_cast<std::int64_t>(shape.size()) - 1));
  const std::int64_t start = checked_attr_in(call, "start", 0, shape[dim]);
  const std::int64_t end = checked_attr_in(call, "end", start, shape[dim]);
  const std::int64_t step = checked_attr_in(call, "step", 1, kMaxExtent);
  shape[dim] = (end - start + step - 1) / step;
  return {{call.in(0).dtype, Shape(shape)}};
}

// Of slice_scatter: attributes dim, size, start, step; operand element i goes to start + i * step among `size`.
Types infer_scatter(const OpCall& call) {
  Dims shape = call.in(0).shape.vec();
  const auto dim =
      static_cast<std::size_t>(checked_attr_in(call, "dim", 0, static_cast<std::int64_t>(shape.size()) - 1));
  const std::int64_t size = checked_attr_in(call, "size", 0, kMaxExtent);
  const std::int64_t start = checked_attr_in(call, "start", 0, size);
  const std::int64_t step = checked_attr_in(call, "step", 1, kMaxExtent);
  const std::int64_t room = (size - start + step - 1) / step;
  call.require(shape[dim] <= room, "the operand does not fit between start and size");
  shape[dim] = size;
  return {{call.in(0).dtype, Shape(shape)}};
}

Value record_write(const Value& whole, const Value& part, std::int64_t dim, std::int64_t start, std::int64_t step);

void grad_slice(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim");
  g.set(0, slice_scatter(g.dout(), dim, g.attr<std::int64_t>("start"), g.attr<std::int64_t>("step"),
                         g.in(0).shape()[static_cast<int>(dim)]));
}

void grad_scatter(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim"), start = g.attr<std::int64_t>("start");
  const auto step = g.attr<std::int64_t>("step"), count = g.in(0).shape()[static_cast<int>(dim)];
  g.set(0, slice(g.dout(), dim, start, count == 0 ? start : start + (count - 1) * step + 1, step));
}

// Where the part lies in the whole.
struct Part {
  explicit Part(const OpCall& call, const Shape& whole) : strides(row_major_strides(whole)) {
    std::int64_t& stride = strides[static_cast<std::size_t>(call.attr<std::int64_t>("dim"))];
    base = call.attr<std::int64_t>("start") * stride;
    stride *= call.attr<std::int64_t>("step");
  }
  std::array<std::int64_t, Shape::kMaxRank> strides;
  std::int64_t base = 0;
};

Kernel compile_slice(const OpCall& call) {
  const Part part(call, call.in(0).shape);
  return {.run = gather_kernel(call.out(), part.strides, part.base)};
}

Kernel compile_scatter(const OpCall& call) {
  const Part part(call, call.out().shape);
  return {.run = scatter_kernel(call.in(0), part.strides, part.base, call.out().shape.numel())};
}

std::optional<Dims> strides(const TensorType&, const TensorType&, const Attrs& attrs, const Dims& strides) {
  Dims result = strides;
  result[static_cast<std::size_t>(attrs.get<std::int64_t>("dim"))] *= attrs.get<std::int64_t>("step");
  return result;
}
Value write(const Value& whole, const Value& part, const Attrs& attrs) {
  return record_write(whole, part, attrs.get<std::int64_t>("dim"), attrs.get<std::int64_t>("start"),
                      attrs.get<std::int64_t>("step"));
}
constexpr ViewRule kView{strides, write};

constexpr OpDef kSlice{.name = "slice",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .infer = infer_slice,
                       .grad = grad_slice,
                       .compile = compile_slice,
                       .grad_name = "SliceBackward0",
                       .trait = Trait::part,
                       .simplify = drop_copy,
                       .view = &kView,
                       .follows_dims = true};
WEFT_REGISTER_OP(kSlice);

constexpr OpDef kSliceScatter{.name = "slice_scatter",
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .infer = infer_scatter,
                              .grad = grad_scatter,
                              .compile = compile_scatter,
                              .grad_name = "SliceScatterBackward0",
                              .follows_dims = true};
WEFT_REGISTER_OP(kSliceScatter);

// Of slice_write: attributes dim, start, step; the first operand, in which element i of the second one is at
// start + i * step of dim.
Types infer_write(const OpCall& call) {
  const TensorType &whole = call.in(0), &part = call.in(1);
  call.require(ErrorKind::dtype, whole.dtype == part.dtype, "the dtypes differ");
  call.require(whole.shape.rank() == part.shape.rank(), "the ranks differ");
  const auto dim = checked_attr_in(call, "dim", 0, whole.shape.rank() - 1);
  const std::int64_t start = checked_attr_in(call, "start", 0, whole.shape[static_cast<int>(dim)]);
  const std::int64_t step = checked_attr_in(call, "step", 1, kMaxExtent);
  for (int d = 0; d < whole.shape.rank(); ++d) {
    const std::int64_t room = d == dim ? (whole.shape[d] - start + step - 1) / step : whole.shape[d];
    call.require(d == dim ? part.shape[d] <= room : part.shape[d] == room, "the part does not fit into the whole");
  }
  return {whole};
}

void grad_write(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim"), start = g.attr<std::int64_t>("start");
  const auto step = g.attr<std::int64_t>("step"), count = g.in(1).shape()[static_cast<int>(dim)];
  if (g.needs(0)) g.set(0, record_write(g.dout(), zeros_like(g.in(1)), dim, start, step));
  if (g.needs(1)) g.set(1, slice(g.dout(), dim, start, count == 0 ? start : start + (count - 1) * step + 1, step));
}

// Where the output has the bytes of the whole, only the part moves.
Kernel compile_write(const OpCall& call) {
  const Part part(call, call.in(0).shape);
  const KernelFn place = place_kernel(call.in(1), part.strides, part.base);
  return {.run = [place, bytes = call.out().bytes()](const KernelArgs& args) {
    if (args.out[0] != args.in[0] && bytes > 0) std::memcpy(args.out[0], args.in[0], bytes);
    place({args.in + 1, args.out, args.scratch});
  }};
}

bool whole_in_place(const Attrs&, std::size_t operand, std::size_t) { return operand == 0; }

constexpr OpDef kSliceWrite{.name = "slice_write",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .infer = infer_write,
                            .grad = grad_write,
                            .compile = compile_write,
                            .grad_name = "CopySlices",
                            .in_place = whole_in_place,
                            .follows_dims = true};
WEFT_REGISTER_OP(kSliceWrite);

// A part that is all of the whole takes its place.
Value record_write(const Value& whole, const Value& part, std::int64_t dim, std::int64_t start, std::int64_t step) {
  if (whole.shape() == part.shape()) return part;
  return whole.builder().record(kSliceWrite, {whole, part}, Attrs{{"dim", dim}, {"start", start}, {"step", step}});
}

// A position as Python takes it: negative from the end, then clamped.
std::int64_t clamped(std::int64_t position, std::int64_t extent) {
  return std::clamp(position < 0 ? position + extent : position, std::int64_t{0}, extent);
}

Value narrow(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  const std::int64_t d = checked_dim("narrow", dim, x);
  const std::int64_t extent = x.shape()[static_cast<int>(d)], from = start < 0 ? start + extent : start;
  if (from < 0 || from > extent || length < 0 || length > extent - from)
    fail_call(ErrorKind::value, "narrow", x,
              "start " + std::to_string(start) + " and length " + std::to_string(length) + " leave the extent " +
                  std::to_string(extent) + " of dim " + std::to_string(dim));
  return slice(x, d, from, from + length, 1);
}

Value select(const Value& x, std::int64_t dim, std::int64_t index) {
  const std::int64_t d = checked_dim("select", dim, x);
  const std::int64_t extent = x.shape()[static_cast<int>(d)], at = index < 0 ? index + extent : index;
  if (at < 0 || at >= extent)
    fail_call(ErrorKind::value, "select", x,
              "index " + std::to_string(index) + " is outside of dim " + std::to_string(dim) + " of extent " +
                  std::to_string(extent));
  return squeeze(slice(x, d, at, at + 1, 1), d);
}

}  // namespace

Value slice_scatter(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t step, std::int64_t size) {
  return x.builder().record(kSliceScatter, {x}, Attrs{{"dim", dim}, {"size", size}, {"start", start}, {"step", step}});
}

Value slice(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  const std::int64_t d = checked_dim("slice", dim, x);
  if (step < 1) fail_call(ErrorKind::value, "slice", x, "step " + std::to_string(step) + " is below 1");
  const std::int64_t extent = x.shape()[static_cast<int>(d)];
  const std::int64_t from = clamped(start, extent), to = std::max(from, clamped(end, extent));
  // A longer step than the extent takes one element, as the extent does.
  return x.builder().record(
      kSlice, {x},
      Attrs{{"dim", d}, {"end", to}, {"start", from}, {"step", std::min(step, std::max<std::int64_t>(extent, 1))}});
}

Tensor narrow(const Operand& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  return capture_view(x, [&](std::span<const Value> v) { return narrow(v[0], dim, start, length); });
}

Tensor slice(const Operand& x, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  return capture_view(x, [&](std::span<const Value> v) { return slice(v[0], dim, start, end, step); });
}

Tensor select(const Operand& x, std::int64_t dim, std::int64_t index) {
  return capture_view(
      x, [&](std::span<const Value> v) { return select(v[0], dim, index); }, "SelectBackward0");
}

Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length, SourceLocation at) const {
  return weft::narrow({*this, at}, dim, start, length);
}
Tensor Tensor::slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step,
                     SourceLocation at) const {
  return weft::slice({*this, at}, dim, start, end, step);
}
Tensor Tensor::select(std::int64_t dim, std::int64_t index, SourceLocation at) const {
  return weft::select({*this, at}, dim, index);
}
Tensor Tensor::operator[](const Index& i) const { return select(0, i.value(), i.at()); }

}  // namespace weft
