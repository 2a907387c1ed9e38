// floor, ceil, round, trunc, and frac, which is what trunc leaves. Integers stay as they are; the gradient is 0.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

template <class T, class F>
T rounded(T x, F f) {
  if constexpr (std::is_floating_point_v<T>)
    return f(x);
  else
    return x;
}

void grad_floor(GradCall&) {}
constexpr OpDef kFloor = number_op<ElementFn::floor>(
    grad_floor, "FloorBackward0", [](auto x) { return rounded(x, [](double v) { return std::floor(v); }); });
WEFT_REGISTER_OP(kFloor);

void grad_ceil(GradCall&) {}
constexpr OpDef kCeil = number_op<ElementFn::ceil>(
    grad_ceil, "CeilBackward0", [](auto x) { return rounded(x, [](double v) { return std::ceil(v); }); });
WEFT_REGISTER_OP(kCeil);

void grad_round(GradCall&) {}
constexpr OpDef kRound = number_op<ElementFn::round>(
    grad_round, "RoundBackward0", [](auto x) { return rounded(x, [](double v) { return std::nearbyint(v); }); });
WEFT_REGISTER_OP(kRound);

void grad_trunc(GradCall&) {}
constexpr OpDef kTrunc = number_op<ElementFn::trunc>(
    grad_trunc, "TruncBackward0", [](auto x) { return rounded(x, [](double v) { return std::trunc(v); }); });
WEFT_REGISTER_OP(kTrunc);

}  // namespace

Value floor(const Value& x) { return x.builder().record(kFloor, {to_number(x)}); }
Value ceil(const Value& x) { return x.builder().record(kCeil, {to_number(x)}); }
Value round(const Value& x) { return x.builder().record(kRound, {to_number(x)}); }
Value trunc(const Value& x) { return x.builder().record(kTrunc, {to_number(x)}); }

Tensor floor(const Operand& x) {
  return capture({&x}, [](auto v) { return floor(v[0]); });
}
Tensor ceil(const Operand& x) {
  return capture({&x}, [](auto v) { return ceil(v[0]); });
}
Tensor round(const Operand& x) {
  return capture({&x}, [](auto v) { return round(v[0]); });
}
Tensor trunc(const Operand& x) {
  return capture({&x}, [](auto v) { return trunc(v[0]); });
}
Tensor Tensor::floor(SourceLocation at) const { return weft::floor({*this, at}); }
Tensor Tensor::ceil(SourceLocation at) const { return weft::ceil({*this, at}); }
Tensor Tensor::round(SourceLocation at) const { return weft::round({*this, at}); }
Tensor Tensor::trunc(SourceLocation at) const { return weft::trunc({*this, at}); }

Tensor frac(const Operand& x) {
  return capture(
      {&x},
      [](auto v) {
        require_floating("frac", v[0]);
        return v[0] - trunc(v[0]);
      },
      "FracBackward0");
}
Tensor Tensor::frac(SourceLocation at) const { return weft::frac({*this, at}); }

}  // namespace weft
