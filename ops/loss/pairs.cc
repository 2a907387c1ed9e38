// cdist, pdist and bilinear: of all pairs of rows.
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/indexing/index.h"
#include "weft/distances.h"

namespace weft {
namespace {

Value of(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

void check_p(const char* name, std::span<const Value> v, double p) {
  if (!(p >= 0)) fail_call(ErrorKind::value, name, v, v[0].builder().where, "p is not 0 or more");
}

// Roots of sums of products. What rounds below 0 is 0, and has no slope.
Value euclidean(const Value& a, const Value& b) {
  const std::int64_t last = a.rank() - 1;
  const Value squares = sum(square(a), {last}, true) + transpose(sum(square(b), {last}, true), last - 1, last) -
                        matmul(a, false, b, true) * 2.0;
  const Value is_zero = le(squares, of(squares, 0));
  return where(is_zero, of(squares, 0), sqrt(where(is_zero, of(squares, 1), squares)));
}

// The norms of differences along their last dim. As in PyTorch, for p = 0 the gradient is 0, and for infinite p each of
// several largest differences has all of it.
Value norm_of(const Value& differences, double p) {
  const std::int64_t last = differences.rank() - 1;
  const Value zeros = zeros_like(differences);
  if (p == 0) {
    const Value count = cast(ne(differences, of(differences, 0)), differences.dtype());
    return sum(with_derivative(count, differences, zeros), {last}, false);
  }
  if (!std::isinf(p)) return vector_norm(differences, p, {last}, false);
  const Value largest = record_detach(vector_norm(differences, p, {last}, true));
  const Value slope = where(eq(abs(differences), largest), sign(differences), of(differences, 0));
  const Value norm = squeeze(largest, last);
  return norm + sum(with_derivative(zeros, differences, record_detach(slope)), {last}, false);
}

Value distances(const Value& a, const Value& b, double p) {
  const int last = a.rank() - 1;
  constexpr std::int64_t kFewRows = 25;
  if (p == 2 && (a.shape()[last - 1] > kFewRows || b.shape()[last - 1] > kFewRows)) return euclidean(a, b);
  return norm_of(unsqueeze(a, last) - unsqueeze(b, last - 1), p);
}

// The operand with these extents in front of its matrices.
Value with_batch(const Value& x, const Shape& batch) {
  Dims shape = batch.vec();
  shape.insert(shape.end(), x.shape().end() - 2, x.shape().end());
  return expand(x, Shape(shape));
}

Shape batch_of(const Value& x) { return Shape(Dims(x.shape().begin(), x.shape().end() - 2)); }

Value cdist(std::span<const Value> v, double p) {
  const auto fail = [&](ErrorKind kind, std::string_view rule) {
    fail_call(kind, "cdist", v, v[0].builder().where, rule);
  };
  for (const Value& x : v) {
    require_floating("cdist", x);
    if (x.rank() < 2) fail(ErrorKind::shape, "wants matrices, or batches of them");
  }
  if (v[0].dtype() != v[1].dtype()) fail(ErrorKind::dtype, "the dtypes differ");
  check_p("cdist", v, p);
  if (v[0].shape()[v[0].rank() - 1] != v[1].shape()[v[1].rank() - 1])
    fail(ErrorKind::shape, "the rows have different extents");
  const auto batch = broadcast(batch_of(v[0]), batch_of(v[1]));
  if (!batch) fail(ErrorKind::shape, "the batches do not broadcast");
  if (batch->rank() + 3 > Shape::kMaxRank) fail(ErrorKind::shape, "there are too many dims");
  return distances(with_batch(v[0], *batch), with_batch(v[1], *batch), p);
}

// The numbers of the first, or second, rows of all pairs.
Tensor pair_rows(std::int64_t n, bool first, SourceLocation at) {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t k = i + 1; k < n; ++k) rows.push_back(first ? i : k);
  return from_data(std::span<const std::int64_t>(rows), static_cast<std::int64_t>(rows.size()), at);
}

// A batch of rows a, times each matrix of the weight, times rows b.
Value bilinear(std::span<const Value> v) {
  const Value &a = v[0], &b = v[1], &weight = v[2];
  const auto fail = [&](ErrorKind kind, std::string_view rule) {
    fail_call(kind, "bilinear", v, a.builder().where, rule);
  };
  for (const Value& x : v) {
    require_floating("bilinear", x);
    if (x.dtype() != a.dtype()) fail(ErrorKind::dtype, "the dtypes differ");
  }
  if (weight.rank() != 3) fail(ErrorKind::shape, "the weight must be [out, in1, in2]");
  if (a.rank() < 1 || a.rank() != b.rank()) fail(ErrorKind::shape, "the ranks of the inputs differ");
  for (int d = 0; d + 1 < a.rank(); ++d)
    if (a.shape()[d] != b.shape()[d]) fail(ErrorKind::shape, "the batches of the inputs differ");
  const std::int64_t out = weight.shape()[0], in1 = weight.shape()[1], in2 = weight.shape()[2];
  if (a.shape()[a.rank() - 1] != in1 || b.shape()[b.rank() - 1] != in2)
    fail(ErrorKind::shape, "the inputs do not fit the weight");
  Dims shape(a.shape().begin(), a.shape().end() - 1);
  std::int64_t n = 1;
  for (const std::int64_t extent : shape) n *= extent;
  const Value forms =
      reshape(matmul(reshape(a, {n, in1}), reshape(permute(weight, {1, 0, 2}), {in1, out * in2})), {n, out, in2});
  Value y = reshape(matmul(forms, reshape(b, {n, in2, 1})), {n, out});
  if (v.size() > 3) {
    if (v[3].shape() != Shape{out}) fail(ErrorKind::shape, "the bias must be [out]");
    y = y + v[3];
  }
  shape.push_back(out);
  return reshape(y, Shape(shape));
}

}  // namespace

Tensor cdist(const Operand& a, const Operand& b, double p) {
  return capture(
      {&a, &b}, [&](std::span<const Value> v) { return cdist(v, p); }, "CdistBackward0");
}

Tensor pdist(const Operand& x, double p) {
  std::int64_t n = 0;
  {
    const Operand* const operands[] = {&x};
    const CaptureScope checked(operands);
    const Value v = checked.values()[0];
    require_floating("pdist", v);
    if (v.rank() != 2) fail_call(ErrorKind::shape, "pdist", v, "wants a matrix");
    check_p("pdist", checked.values(), p);
    n = v.shape()[0];
    if (n > (std::int64_t{1} << 16)) fail_call(ErrorKind::value, "pdist", v, "there are too many pairs");
  }
  const Operand first(pair_rows(n, true, x.at()), x.at()), second(pair_rows(n, false, x.at()), x.at());
  return capture(
      {&x, &first, &second},
      [&](std::span<const Value> v) { return norm_of(index_select(v[0], 0, v[1]) - index_select(v[0], 0, v[2]), p); },
      "PdistBackward0");
}

Tensor bilinear(const Operand& a, const Operand& b, const Tensor& weight, const Tensor& bias) {
  const Operand w(weight, a.at()), c(bias, a.at());
  if (!bias.defined())
    return capture(
        {&a, &b, &w}, [](std::span<const Value> v) { return bilinear(v); }, "ViewBackward0");
  return capture(
      {&a, &b, &w, &c}, [](std::span<const Value> v) { return bilinear(v); }, "AddBackward0");
}

}  // namespace weft
