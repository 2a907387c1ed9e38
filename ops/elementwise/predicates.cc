// isnan, isinf, isfinite, and nan_to_num, which replaces what they find.
#include <limits>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

Value nan_to_num(const Value& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  if (!is_floating(x.dtype())) return x;
  const double most = x.dtype() == DType::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  const Value low = where(eq(x, of(x, -kInf)), of(x, neginf.value_or(-most)), x);
  const Value both = where(eq(x, of(x, kInf)), of(x, posinf.value_or(most)), low);
  return where(ne(x, x), of(x, nan), both);
}

}  // namespace

Tensor isnan(const Operand& x) {
  return capture({&x}, [](auto v) { return ne(v[0], v[0]); });
}
Tensor isinf(const Operand& x) {
  return capture({&x},
                 [](auto v) { return is_floating(v[0].dtype()) ? eq(abs(v[0]), of(v[0], kInf)) : ne(v[0], v[0]); });
}
Tensor isfinite(const Operand& x) {
  return capture({&x},
                 [](auto v) { return is_floating(v[0].dtype()) ? lt(abs(v[0]), of(v[0], kInf)) : eq(v[0], v[0]); });
}
Tensor nan_to_num(const Operand& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  return capture(
      {&x}, [&](auto v) { return nan_to_num(v[0], nan, posinf, neginf); }, "NanToNumBackward0");
}

Tensor Tensor::isnan(SourceLocation at) const { return weft::isnan({*this, at}); }
Tensor Tensor::isinf(SourceLocation at) const { return weft::isinf({*this, at}); }
Tensor Tensor::isfinite(SourceLocation at) const { return weft::isfinite({*this, at}); }
Tensor Tensor::nan_to_num(double nan, std::optional<double> posinf, std::optional<double> neginf,
                          SourceLocation at) const {
  return weft::nan_to_num({*this, at}, nan, posinf, neginf);
}

}  // namespace weft
