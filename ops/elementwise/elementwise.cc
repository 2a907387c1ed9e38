#include "ops/elementwise/elementwise.h"

#include <string>

#include "graph/capture/capture.h"

namespace weft {
namespace {

constexpr std::string_view kCastHint = "cast() gives it another dtype";

void require_equal_dtypes(const OpCall& call) {
  for (const TensorType* type : call.inputs)
    call.require(ErrorKind::dtype, type->dtype == call.in(0).dtype, "the dtypes differ", kCastHint);
}

}  // namespace

Shape broadcast_shape(const OpCall& call, std::size_t first) {
  std::optional<Shape> shape = call.in(first).shape;
  for (std::size_t i = first + 1; i < call.inputs.size() && shape; ++i) {
    try {
      shape = broadcast(*shape, call.in(i).shape);
    } catch (const ShapeError& error) {  // too many elements
      call.fail(error.rule());
    }
  }
  call.require(shape.has_value(), "the shapes do not broadcast",
               "from the last extent on, each pair of extents must be equal or contain a 1");
  return *shape;
}

Types infer_floating(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype), "takes f32 or f64", kCastHint);
  return {call.in(0)};
}

Types infer_number(const OpCall& call) {
  call.require(ErrorKind::dtype, call.in(0).dtype != DType::boolean, "is not defined for bool", kCastHint);
  return {call.in(0)};
}

Types infer_broadcast(const OpCall& call) {
  require_equal_dtypes(call);
  return {{call.in(0).dtype, broadcast_shape(call)}};
}

Types infer_broadcast_number(const OpCall& call) {
  infer_number(call);
  return infer_broadcast(call);
}

Types infer_broadcast_floating(const OpCall& call) {
  infer_floating(call);
  return infer_broadcast(call);
}

Types infer_compare(const OpCall& call) {
  require_equal_dtypes(call);
  return {{DType::boolean, broadcast_shape(call)}};
}

Types infer_logical(const OpCall& call) {
  call.require(ErrorKind::dtype, call.in(0).dtype == DType::boolean, "takes bool", kCastHint);
  return infer_broadcast(call);
}

Value record_promoted(const OpDef& op, const Value& a, const Value& b) {
  if (a.dtype() == b.dtype()) return a.builder().record(op, {a, b});
  const std::array<Value, 2> values{a, b};
  const DType dtype = promote(values);
  return a.builder().record(op, {cast(a, dtype), cast(b, dtype)});
}

Value to_number(const Value& x) { return x.dtype() == DType::boolean ? cast(x, DType::i64) : x; }

Value to_floating(const Value& x) { return is_floating(x.dtype()) ? x : cast(x, DType::f32); }

BroadcastLoops broadcast_loops(const OpCall& call) {
  const Shape& shape = call.out().shape;
  const std::size_t operands = call.inputs.size();
  BroadcastLoops loops;
  if (shape.numel() == 0) return loops;
  loops.moves.fill(true);
  BroadcastLoops::Offsets size;  // elements of each operand in the dims seen so far
  size.fill(1);
  std::array<bool, BroadcastLoops::kMaxOperands> last{};
  int groups = 0;  // of neighbouring dims in which the same operands move; the first is the run
  for (int d = shape.rank(); d-- > 0;) {
    if (shape[d] == 1) continue;
    std::array<bool, BroadcastLoops::kMaxOperands> moves{};
    for (std::size_t i = 0; i < operands; ++i) {
      const Shape& from = call.in(i).shape;
      const int at = d - (shape.rank() - from.rank());
      moves[i] = at >= 0 && from[at] != 1;
    }
    const bool merged = groups > 0 && moves == last;
    if (!merged) ++groups;
    last = moves;
    const auto outer = static_cast<std::size_t>(groups - 2);
    if (groups == 1) {
      loops.run *= shape[d];
      loops.moves = moves;
    } else if (merged) {
      loops.extent[outer] *= shape[d];
    } else {
      loops.extent[outer] = shape[d];
      for (std::size_t i = 0; i < operands; ++i) loops.step[outer][i] = moves[i] ? size[i] : 0;
    }
    for (std::size_t i = 0; i < operands; ++i)
      if (moves[i]) size[i] *= shape[d];
  }
  loops.rank = groups > 1 ? groups - 1 : 0;
  loops.runs = shape.numel() / loops.run;
  return loops;
}

Kernel f32_kernel(const OpCall& call, ElementFn fn) {
  if (call.inputs.size() == 1) {
    return {.run = [n = call.in(0).shape.numel(), run = simd_unary(fn)](const KernelArgs& args) {
      run(args.input<float>(0), args.output<float>(), n);
    }};
  }
  if (call.out().dtype == DType::boolean) {
    return {.run = [loops = broadcast_loops(call), run = simd_compare(fn)](const KernelArgs& args) {
      run(args.input<float>(0), args.input<float>(1), args.output<bool>(), loops);
    }};
  }
  return {.run = [loops = broadcast_loops(call), run = simd_binary(fn)](const KernelArgs& args) {
    run(args.input<float>(0), args.input<float>(1), args.output<float>(), loops);
  }};
}

}  // namespace weft
