#include "ops/kernels/elementwise/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/elementwise/simd.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/elementwise/simd_functors-inl.h"
#include "ops/kernels/elementwise/simd_loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

UnaryRun find_unary(UnaryFn fn) {
  switch (fn) {
    case UnaryFn::neg:
      return run_unary<Neg>;
    case UnaryFn::abs:
      return run_unary<Abs>;
    case UnaryFn::sign:
      return run_unary<Sign>;
    case UnaryFn::square:
      return run_unary<Square>;
    case UnaryFn::cube:
      return run_unary<Cube>;
    case UnaryFn::reciprocal:
      return run_unary<Reciprocal>;
    case UnaryFn::sqrt:
      return run_unary<Sqrt>;
    case UnaryFn::root:
      return run_unary<Root>;
    case UnaryFn::relu:
      return run_unary<Relu>;
    case UnaryFn::exp:
      return run_unary<Exp>;
    case UnaryFn::log:
      return run_unary<Log>;
    case UnaryFn::sin:
      return run_unary<Sin>;
    case UnaryFn::cos:
      return run_unary<Cos>;
    case UnaryFn::tanh:
      return run_unary<Tanh>;
    case UnaryFn::sigmoid:
      return run_unary<Sigmoid>;
    case UnaryFn::erf:
      return run_unary<Erf>;
    case UnaryFn::gelu:
      return run_unary<Gelu>;
  }
  return nullptr;
}

BinaryRun find_binary(BinaryFn fn) {
  switch (fn) {
    case BinaryFn::add:
      return run_binary<Add>;
    case BinaryFn::sub:
      return run_binary<Sub>;
    case BinaryFn::mul:
      return run_binary<Mul>;
    case BinaryFn::div:
      return run_binary<Div>;
    case BinaryFn::maximum:
      return run_binary<Maximum>;
    case BinaryFn::minimum:
      return run_binary<Minimum>;
    case BinaryFn::relu_grad:
      return run_binary<ReluGrad>;
  }
  return nullptr;
}

CompareRun find_compare(CompareFn fn) {
  switch (fn) {
    case CompareFn::eq:
      return run_binary<Equal>;
    case CompareFn::ne:
      return run_binary<NotEqual>;
    case CompareFn::lt:
      return run_binary<Less>;
    case CompareFn::le:
      return run_binary<LessEqual>;
    case CompareFn::gt:
      return run_binary<Greater>;
    case CompareFn::ge:
      return run_binary<GreaterEqual>;
  }
  return nullptr;
}

struct Select {
  template <class D, class M, class V>
  HWY_INLINE V operator()(D, M condition, V a, V b) const {
    return hn::IfThenElse(condition, a, b);
  }
};

template <bool kMovesA, bool kMovesB>
HWY_INLINE void select_run(const bool* c, bool moves, const float* a, const float* b, float* out, std::size_t n) {
  const RunOperand<float, kMovesA> x(a);
  const RunOperand<float, kMovesB> y(b);
  if (moves)
    run_over(Select(), out, n, RunOperand<bool, true>(c), x, y);
  else
    run_over(Select(), out, n, RunOperand<bool, false>(c), x, y);
}

void run_where(const bool* condition, const float* a, const float* b, float* out, const BroadcastLoops& loops) {
  const auto [moves, moves_a, moves_b] = loops.moves;
  for (RunCursor at(loops); !at.done(); at.next()) {
    const bool* c = condition + at.offset(0);
    const float *x = a + at.offset(1), *y = b + at.offset(2);
    float* to = out + at.result();
    const auto n = static_cast<std::size_t>(loops.run);
    if (moves_a && moves_b)
      select_run<true, true>(c, moves, x, y, to, n);
    else if (moves_a)
      select_run<true, false>(c, moves, x, y, to, n);
    else if (moves_b)
      select_run<false, true>(c, moves, x, y, to, n);
    else
      select_run<false, false>(c, moves, x, y, to, n);
  }
}

void run_clamp(const float* x, float* out, std::int64_t n, float min, float max) {
  run_over(Clamp{min, max}, out, static_cast<std::size_t>(n), RunOperand<float, true>(x));
}

WhereRun find_where() { return run_where; }
ClampRun find_clamp() { return run_clamp; }

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(find_unary);
HWY_EXPORT(find_binary);
HWY_EXPORT(find_compare);
HWY_EXPORT(find_where);
HWY_EXPORT(find_clamp);

UnaryRun simd_unary(UnaryFn fn) { return HWY_DYNAMIC_DISPATCH(find_unary)(fn); }
BinaryRun simd_binary(BinaryFn fn) { return HWY_DYNAMIC_DISPATCH(find_binary)(fn); }
CompareRun simd_compare(CompareFn fn) { return HWY_DYNAMIC_DISPATCH(find_compare)(fn); }
WhereRun simd_where() { return HWY_DYNAMIC_DISPATCH(find_where)(); }
ClampRun simd_clamp() { return HWY_DYNAMIC_DISPATCH(find_clamp)(); }

}  // namespace weft
#endif  // HWY_ONCE
