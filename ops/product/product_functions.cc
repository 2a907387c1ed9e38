// Products by their names in linear algebra, which say what the operands must be.
#include <array>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "weft/ops.h"

namespace weft {
namespace {

void require_ranks(const char* name, std::span<const Value> v, int a, int b) {
  if (v[0].rank() == a && v[1].rank() == b) return;
  const auto words = [](int rank) { return rank == 1 ? "a vector" : rank == 2 ? "a matrix" : "a batch of matrices"; };
  fail_call(ErrorKind::shape, name, v, v[0].builder().where, std::string("needs ") + words(a) + " and " + words(b));
}

Value product(const char* name, std::span<const Value> v, int a, int b) {
  require_ranks(name, v, a, b);
  const std::int64_t inner_a = v[0].shape()[a - 1], inner_b = v[1].shape()[b == 1 ? 0 : b - 2];
  if (inner_a != inner_b || (a == 3 && v[0].shape()[0] != v[1].shape()[0]))
    fail_call(ErrorKind::shape, name, v, v[0].builder().where, "the extents do not fit");
  return matmul(v[0], v[1]);
}

template <class F>
Tensor product_of(const char* name, std::span<const Operand* const> operands, const char* grad_name, F f) {
  CaptureScope scope(operands, name);
  return scope.tensor(f(scope.values()), grad_name);
}

// beta x + alpha a b; of x only its gradient, which is 0, where beta is 0: whatever is in it.
Value sum_of(const char* name, std::span<const Value> v, int rank, double beta, double alpha) {
  Value y = product(name, v.subspan(1), rank, rank);
  if (alpha != 1) y = y * alpha;
  const auto shape = broadcast(v[0].shape(), y.shape());
  if (!shape || *shape != y.shape())
    fail_call(ErrorKind::shape, name, v, v[0].builder().where, "x does not broadcast to the product");
  if (v[0].dtype() != y.dtype()) fail_call(ErrorKind::dtype, name, v, v[0].builder().where, "dtypes differ");
  if (beta == 0) return where(number(y.builder(), DType::boolean, 0), v[0], y);
  return (beta == 1 ? v[0] : v[0] * beta) + y;
}

}  // namespace

Tensor mm(const Operand& a, const Operand& b) {
  return product_of("mm", std::array{&a, &b}, "MmBackward0", [](auto v) { return product("mm", v, 2, 2); });
}
Tensor bmm(const Operand& a, const Operand& b) {
  return product_of("bmm", std::array{&a, &b}, "BmmBackward0", [](auto v) { return product("bmm", v, 3, 3); });
}
Tensor mv(const Operand& a, const Operand& b) {
  return product_of("mv", std::array{&a, &b}, "MvBackward0", [](auto v) { return product("mv", v, 2, 1); });
}
Tensor dot(const Operand& a, const Operand& b) {
  return product_of("dot", std::array{&a, &b}, "DotBackward0", [](auto v) { return product("dot", v, 1, 1); });
}
Tensor outer(const Operand& a, const Operand& b) {
  return product_of("outer", std::array{&a, &b}, "MulBackward0", [](auto v) {
    require_ranks("outer", v, 1, 1);
    return unsqueeze(v[0], 1) * v[1];
  });
}
Tensor addmm(const Operand& x, const Operand& a, const Operand& b, double beta, double alpha) {
  return product_of("addmm", std::array{&x, &a, &b}, "AddmmBackward0",
                    [&](auto v) { return sum_of("addmm", v, 2, beta, alpha); });
}
Tensor baddbmm(const Operand& x, const Operand& a, const Operand& b, double beta, double alpha) {
  return product_of("baddbmm", std::array{&x, &a, &b}, "BaddbmmBackward0",
                    [&](auto v) { return sum_of("baddbmm", v, 3, beta, alpha); });
}

Tensor Tensor::mm(const Tensor& other, SourceLocation at) const { return weft::mm({*this, at}, {other, at}); }
Tensor Tensor::bmm(const Tensor& other, SourceLocation at) const { return weft::bmm({*this, at}, {other, at}); }
Tensor Tensor::mv(const Tensor& other, SourceLocation at) const { return weft::mv({*this, at}, {other, at}); }
Tensor Tensor::dot(const Tensor& other, SourceLocation at) const { return weft::dot({*this, at}, {other, at}); }
Tensor Tensor::outer(const Tensor& other, SourceLocation at) const { return weft::outer({*this, at}, {other, at}); }

}  // namespace weft
