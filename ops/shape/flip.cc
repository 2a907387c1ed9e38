#include <algorithm>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/move/strided.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/arrange.h"

namespace weft {
namespace {

// The attribute "dims" names dims once, in ascending order.
Types infer(const OpCall& call) {
  std::int64_t least = 0;
  for (const std::int64_t d : checked_attr<Dims>(call, "dims")) {
    call.require(d >= least && d < call.in(0).shape.rank(), "dims must be dims of the operand, in ascending order");
    least = d + 1;
  }
  return {call.in(0)};
}

void grad(GradCall& g) { g.set(0, g.builder().record(*find_op("flip"), {g.dout()}, {{"dims", g.attr<Dims>("dims")}})); }

// A walk against the order of the elements, from the last one on.
Kernel compile(const OpCall& call) {
  const Shape& shape = call.in(0).shape;
  auto strides = row_major_strides(shape);
  std::int64_t first = 0;
  for (const std::int64_t d : call.attr<Dims>("dims")) {
    std::int64_t& stride = strides[static_cast<std::size_t>(d)];
    first += std::max<std::int64_t>(shape[static_cast<int>(d)] - 1, 0) * stride;
    stride = -stride;
  }
  return {.run = gather_kernel(call.out(), strides, first)};
}

constexpr OpDef kFlip{.name = "flip",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer,
                      .grad = grad,
                      .compile = compile,
                      .grad_name = "FlipBackward0",
                      .follows_dims = true};
WEFT_REGISTER_OP(kFlip);

}  // namespace

Value flip(const Value& x, const Dims& dims) {
  Dims sorted = dims.empty() ? Dims() : normalize_dims("flip", dims, x.type(), x.builder().where);
  if (x.rank() == 0) sorted.clear();
  return x.builder().record(kFlip, {x}, {{"dims", std::move(sorted)}});
}

Tensor flip(const Operand& x, DimsRef dims) {
  return capture({&x}, [&](std::span<const Value> v) { return flip(v[0], dims.vec()); });
}

Tensor Tensor::flip(DimsRef dims, SourceLocation at) const { return weft::flip({*this, at}, dims); }

}  // namespace weft
