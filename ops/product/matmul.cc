// Products of matrices, batches of matrices, and vectors.
#include <array>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/product/product.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Shape batch_of(const Shape& shape) { return Shape(shape.dims().first(static_cast<std::size_t>(shape.rank() - 2))); }

Shape joined(const Shape& batch, std::initializer_list<std::int64_t> dims) {
  Dims all = batch.vec();
  all.insert(all.end(), dims);
  return Shape(all);
}

// Rows and columns of an operand as it is multiplied.
std::int64_t rows(const Shape& s, bool transposed) { return s[s.rank() - (transposed ? 1 : 2)]; }
std::int64_t cols(const Shape& s, bool transposed) { return s[s.rank() - (transposed ? 2 : 1)]; }

// Attributes transpose_a, transpose_b. Matrices, or batches of equal extents; a matrix beside a batch serves all of it.
Types infer(const OpCall& call) {
  const bool ta = checked_attr<bool>(call, "transpose_a"), tb = checked_attr<bool>(call, "transpose_b");
  const Shape &a = call.in(0).shape, &b = call.in(1).shape;
  call.require(ErrorKind::dtype, call.in(0).dtype == call.in(1).dtype, "dtypes differ", "cast() one operand");
  call.require(ErrorKind::dtype, call.in(0).dtype != DType::boolean, "bool has no products", "cast() the operands");
  call.require(a.rank() >= 2 && b.rank() >= 2, "wants matrices or batches of them");
  call.require(cols(a, ta) == rows(b, tb), "the columns of a are not the rows of b");
  const Shape batch_a = batch_of(a), batch_b = batch_of(b);
  call.require(batch_a == batch_b || batch_a.rank() == 0 || batch_b.rank() == 0, "batches differ");
  return {{call.in(0).dtype, joined(batch_a.rank() > 0 ? batch_a : batch_b, {rows(a, ta), cols(b, tb)})}};
}

// C = op(A) op(B): dA and dB are products of the same kind, which the flags spare any transposition in memory. The
// gradient of a matrix that served a batch is the sum over the batch.
void grad(GradCall& g) {
  const bool ta = g.attr<bool>("transpose_a"), tb = g.attr<bool>("transpose_b");
  const Value a = g.in(0), b = g.in(1), dc = g.dout();
  if (g.needs(0)) {
    const Value da = ta ? matmul(b, tb, dc, true) : matmul(dc, false, b, !tb);
    g.set(0, sum_to(da, a.shape()));
  }
  if (g.needs(1)) {
    const Value db = tb ? matmul(dc, true, a, ta) : matmul(a, !ta, dc, false);
    g.set(1, sum_to(db, b.shape()));
  }
}

GemmShape gemm_shape(const OpCall& call) {
  const Shape &a = call.in(0).shape, &b = call.in(1).shape;
  const bool ta = call.attr<bool>("transpose_a"), tb = call.attr<bool>("transpose_b");
  return {.batch = batch_of(call.out().shape).numel(),
          .m = rows(a, ta),
          .n = cols(b, tb),
          .k = cols(a, ta),
          .transpose_a = ta,
          .transpose_b = tb,
          .batched_a = a.rank() > 2,
          .batched_b = b.rank() > 2};
}

bool same_order_of_sums(const OpCall& a, const OpCall& b) {
  return same_order(a.in(0).dtype, gemm_shape(a), gemm_shape(b));
}

Kernel compile(const OpCall& call) { return product_kernel(call, gemm_shape(call)); }

constexpr OpDef kMatmul{.name = "matmul",
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .infer = infer,
                        .grad = grad,
                        .compile = compile,
                        .grad_name = "MmBackward0",
                        .trait = Trait::product,
                        .same_order = same_order_of_sums};
WEFT_REGISTER_OP(kMatmul);

// The operand over all batches of the result; one matrix stays one matrix.
Value spread(const Value& x, const Shape& batch) {
  const Shape own = batch_of(x.shape());
  const std::int64_t r = rows(x.shape(), false), c = cols(x.shape(), false);
  bool single = true;
  for (const std::int64_t d : own) single = single && d == 1;
  if (single) return reshape(x, Shape{r, c});
  const Shape full = joined(batch, {r, c});
  return full.numel() == x.shape().numel() ? reshape(x, full) : expand(x, full);
}

[[noreturn]] void refuse(ErrorKind kind, const Value& a, const Value& b, std::string_view rule,
                         std::string_view hint = "") {
  const std::array<Value, 2> operands{a, b};
  fail_call(kind, "matmul", operands, a.builder().where, rule, hint);
}

// PyTorch multiplies a matrix that requires gradients with a batch as rows of the transposed batch, and transposes the
// result, which is a copy unless it is laid out the same either way.
const char* transposed_name(const Shape& a, const Shape& b) {
  const std::int64_t rows = a[0], columns = b[b.rank() - 1];
  return rows <= 1 || columns <= 1 || batch_of(b).numel() == 0 ? "TransposeBackward0" : "CloneBackward0";
}

const char* gradient_name(const Operand& a, const Operand& b) {
  const auto rank = [](const Operand& x) { return x.tensor().defined() ? x.tensor().shape().rank() : 0; };
  const int ra = rank(a), rb = rank(b);
  if (ra == 1 && rb == 1) return "DotBackward0";
  if (ra == 2 && rb == 1) return "MvBackward0";
  if (ra == 1 && rb == 2) return "SqueezeBackward4";
  if (ra == 2 && rb > 2 && a.tensor().requires_grad()) return transposed_name(a.tensor().shape(), b.tensor().shape());
  return ra == 2 && rb == 2 ? "MmBackward0" : "UnsafeViewBackward0";
}

}  // namespace

Value matmul(const Value& a, bool transpose_a, const Value& b, bool transpose_b) {
  // One product for the whole batch: the rows of all its matrices, one below the other, times b.
  if (a.rank() > 2 && b.rank() == 2 && !transpose_a) {
    const Shape& s = a.shape();
    const std::int64_t r = rows(s, false), c = cols(s, false);
    const Value folded = matmul(reshape(a, Shape{batch_of(s).numel() * r, c}), false, b, transpose_b);
    return reshape(folded, joined(batch_of(s), {r, folded.shape()[1]}));
  }
  return a.builder().record(kMatmul, {a, b}, Attrs{{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}

Value matmul(const Value& a, const Value& b) {
  if (a.rank() == 0 || b.rank() == 0)
    refuse(ErrorKind::shape, a, b, "wants operands of at least one dim", "mul() takes scalars");
  if (a.dtype() != b.dtype()) refuse(ErrorKind::dtype, a, b, "dtypes differ", "cast() one operand");
  const Value x = a.rank() == 1 ? reshape(a, Shape{1, a.shape()[0]}) : a;
  const Value y = b.rank() == 1 ? reshape(b, Shape{b.shape()[0], 1}) : b;
  if (cols(x.shape(), false) != rows(y.shape(), false))
    refuse(ErrorKind::shape, a, b, "the columns of a are not the rows of b");
  try {
    const std::optional<Shape> batch = broadcast(batch_of(x.shape()), batch_of(y.shape()));
    if (!batch) refuse(ErrorKind::shape, a, b, "batches do not broadcast");
    const Value product = matmul(spread(x, *batch), false, spread(y, *batch), false);
    Dims shape = batch->vec();
    if (a.rank() > 1) shape.push_back(rows(x.shape(), false));
    if (b.rank() > 1) shape.push_back(cols(y.shape(), false));
    return reshape(product, Shape(shape));
  } catch (const ShapeError& error) {
    refuse(ErrorKind::shape, a, b, error.rule());
  }
}

Tensor matmul(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b}, [](std::span<const Value> v) { return matmul(v[0], v[1]); }, gradient_name(a, b));
}

Tensor Tensor::matmul(const Tensor& other, SourceLocation at) const { return weft::matmul({*this, at}, {other, at}); }

}  // namespace weft
