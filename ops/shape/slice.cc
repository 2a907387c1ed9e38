// Parts along one dim: slice, narrow, select; and slice_scatter, which puts such a part back among zeros.
#include <algorithm>

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

Value record_scatter(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t step, std::int64_t size);

void grad_slice(GradCall& g) {
  const auto dim = g.attr<std::int64_t>("dim");
  g.set(0, record_scatter(g.dout(), dim, g.attr<std::int64_t>("start"), g.attr<std::int64_t>("step"),
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

constexpr OpDef kSlice{.name = "slice",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .infer = infer_slice,
                       .grad = grad_slice,
                       .compile = compile_slice,
                       .grad_name = "SliceBackward",
                       .trait = Trait::part,
                       .simplify = drop_copy};
WEFT_REGISTER_OP(kSlice);

constexpr OpDef kSliceScatter{.name = "slice_scatter",
                              .min_inputs = 1,
                              .max_inputs = 1,
                              .infer = infer_scatter,
                              .grad = grad_scatter,
                              .compile = compile_scatter,
                              .grad_name = "SliceScatterBackward"};
WEFT_REGISTER_OP(kSliceScatter);

Value record_scatter(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t step, std::int64_t size) {
  return x.builder().record(kSliceScatter, {x}, Attrs{{"dim", dim}, {"size", size}, {"start", start}, {"step", step}});
}

// A position as Python takes it: negative from the end, then clamped.
std::int64_t clamped(std::int64_t position, std::int64_t extent) {
  return std::clamp(position < 0 ? position + extent : position, std::int64_t{0}, extent);
}

Value narrow(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  const std::int64_t d = checked_dim("narrow", dim, x);
  const std::int64_t extent = x.shape()[static_cast<int>(d)], from = start < 0 ? start + extent : start;
  if (from < 0 || from > extent || length < 0 || length > extent - from)
    fail_call("narrow", x,
              "start " + std::to_string(start) + " and length " + std::to_string(length) + " leave the extent " +
                  std::to_string(extent) + " of dim " + std::to_string(dim));
  return slice(x, d, from, from + length, 1);
}

Value select(const Value& x, std::int64_t dim, std::int64_t index) {
  const std::int64_t d = checked_dim("select", dim, x);
  const std::int64_t extent = x.shape()[static_cast<int>(d)], at = index < 0 ? index + extent : index;
  if (at < 0 || at >= extent)
    fail_call("select", x,
              "index " + std::to_string(index) + " is outside of dim " + std::to_string(dim) + " of extent " +
                  std::to_string(extent));
  return squeeze(slice(x, d, at, at + 1, 1), d);
}

}  // namespace

Value slice(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  const std::int64_t d = checked_dim("slice", dim, x);
  if (step < 1) fail_call("slice", x, "step " + std::to_string(step) + " is below 1");
  const std::int64_t extent = x.shape()[static_cast<int>(d)];
  const std::int64_t from = clamped(start, extent), to = std::max(from, clamped(end, extent));
  // A longer step than the extent takes one element, as the extent does.
  return x.builder().record(
      kSlice, {x},
      Attrs{{"dim", d}, {"end", to}, {"start", from}, {"step", std::min(step, std::max<std::int64_t>(extent, 1))}});
}

Tensor narrow(const Operand& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  return capture({&x}, [&](std::span<const Value> v) { return narrow(v[0], dim, start, length); });
}

Tensor slice(const Operand& x, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  return capture({&x}, [&](std::span<const Value> v) { return slice(v[0], dim, start, end, step); });
}

Tensor select(const Operand& x, std::int64_t dim, std::int64_t index) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return select(v[0], dim, index); }, "SelectBackward");
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

}  // namespace weft
