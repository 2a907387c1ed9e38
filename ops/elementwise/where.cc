// where: condition ? a : b.
#include "graph/capture/capture.h"
#include "graph/known_ops.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/kernels/elements.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer_where(const OpCall& call) {
  call.require(ErrorKind::dtype, call.in(0).dtype == DType::boolean, "the condition must be bool", "compare it with 0");
  call.require(ErrorKind::dtype, call.in(1).dtype == call.in(2).dtype, "the dtypes of the choices differ",
               "cast() gives one another dtype");
  return {{call.in(1).dtype, broadcast_shape(call)}};
}

void grad_where(GradCall& g) {
  const Value none = number(g.builder(), g.dout().dtype(), 0);
  if (g.needs(1)) g.set(1, sum_to(where(g.in(0), g.dout(), none), g.in(1).shape()));
  if (g.needs(2)) g.set(2, sum_to(where(g.in(0), none, g.dout()), g.in(2).shape()));
}

template <class T>
Kernel select_kernel(const OpCall& call) {
  return {.run = [loops = broadcast_loops(call)](const KernelArgs& args) {
    const std::int64_t move = loops.moves[0], move_a = loops.moves[1], move_b = loops.moves[2];
    for (RunCursor at(loops); !at.done(); at.next()) {
      const bool* condition = args.input<bool>(0) + at.offset(0);
      const T* a = args.input<T>(1) + at.offset(1);
      const T* b = args.input<T>(2) + at.offset(2);
      T* out = args.output<T>() + at.result();
      for (std::int64_t i = 0; i < loops.run; ++i) out[i] = condition[i * move] ? a[i * move_a] : b[i * move_b];
    }
  }};
}

Kernel compile_where(const OpCall& call) {
  if (call.out().dtype == DType::f32) {
    return {.run = [loops = broadcast_loops(call), run = simd_where()](const KernelArgs& args) {
      run(args.input<bool>(0), args.input<float>(1), args.input<float>(2), args.output<float>(), loops);
    }};
  }
  return with_element_size(call.out().dtype, [&]<class T>(T) { return select_kernel<T>(call); });
}

// A known condition chooses.
std::optional<ValueId> simplify_where(Rewriter& r, const Call& call) {
  const std::optional<double> condition = r.constant(call.operands[0]);
  if (!condition) return std::nullopt;
  const ValueId chosen = call.operands[*condition != 0 ? 1 : 2];
  if (r.type(chosen).dtype != call.type().dtype) return std::nullopt;
  if (r.type(chosen) == call.type()) return chosen;
  return r.record(known_ops::expand(), {chosen}, {{"shape", call.type().shape.vec()}});
}

// Arithmetic wraps numbers around; what is chosen must be there.
void require_representable(const Operand& number, const Value& as) {
  const bool is_narrow = as.dtype() == DType::i32 || as.dtype() == DType::u8;
  if (number.is_number() && is_narrow && !holds(as.dtype(), number.number()))
    fail_call(ErrorKind::value, "where", as, std::string("a number is not representable as ") + name_of(as.dtype()));
}

constexpr OpDef kWhere =
    elementwise_op<ElementFn::where>(infer_where, compile_where, grad_where, "WhereBackward0", simplify_where);
WEFT_REGISTER_OP(kWhere);

}  // namespace

Value where(const Value& condition, const Value& a, const Value& b) {
  const std::array<Value, 2> choices{a, b};
  const DType dtype = a.dtype() == b.dtype() ? a.dtype() : promote(choices);
  return condition.builder().record(kWhere, {condition, cast(a, dtype), cast(b, dtype)});
}

Tensor where(const Operand& condition, const Operand& a, const Operand& b) {
  return capture({&condition, &a, &b}, [&](auto v) {
    require_representable(a, v[1]);
    require_representable(b, v[2]);
    return where(v[0], v[1], v[2]);
  });
}

Tensor Tensor::where(const Operand& condition, const Operand& other) const {
  return weft::where(condition, {*this, other.at()}, other);
}

}  // namespace weft
