// Orders: sort, and what follows from it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

// The first `count` elements along dim in their order, and where they were.
Types infer(const OpCall& call) {
  Dims shape = call.in(0).shape.vec();
  const auto dim = checked_attr_in(call, "dim", 0, call.in(0).shape.rank() - 1);
  checked_attr<bool>(call, "descending");
  std::int64_t& extent = shape[static_cast<std::size_t>(dim)];
  extent = checked_attr_in(call, "count", 0, extent);
  return {{call.in(0).dtype, Shape(shape)}, {DType::i64, Shape(shape)}};
}

void grad(GradCall& g) {
  if (g.dout().defined()) g.set(0, scatter_sum(g.dout(), g.attr<std::int64_t>("dim"), g.out(1), g.in(0).shape()));
}

template <class T>
struct Element {
  T value;
  std::int64_t index;
};

// nan is larger than every number; equal elements keep their order.
template <class T>
struct Before {
  bool descending;
  static bool less(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) return a < b || (std::isnan(b) && !std::isnan(a));
    return a < b;
  }
  bool operator()(const Element<T>& a, const Element<T>& b) const {
    const bool ahead = descending ? less(b.value, a.value) : less(a.value, b.value);
    const bool behind = descending ? less(a.value, b.value) : less(b.value, a.value);
    return ahead || (!behind && a.index < b.index);
  }
};

// The lines of one outer row, which are `inner` elements apart.
template <class T>
void sort_lines(const T* x, Element<T>* line, const ReducePass& rows, std::int64_t count, bool descending, T* values,
                std::int64_t* indices) {
  for (std::int64_t i = 0; i < rows.inner; ++i) {
    for (std::int64_t r = 0; r < rows.count; ++r) line[r] = {x[r * rows.inner + i], r};
    if (count < rows.count)
      std::partial_sort(line, line + count, line + rows.count, Before<T>{descending});
    else
      std::sort(line, line + rows.count, Before<T>{descending});
    for (std::int64_t r = 0; r < count; ++r) {
      values[r * rows.inner + i] = line[r].value;
      indices[r * rows.inner + i] = line[r].index;
    }
  }
}

Kernel compile(const OpCall& call) {
  const ReducePass rows = axis_pass(call.in(0).shape, call.attr<std::int64_t>("dim"));
  const auto count = call.attr<std::int64_t>("count");
  const bool descending = call.attr<bool>("descending");
  constexpr std::int64_t kStepsPerElement = 32;
  const RowParts parts(rows.outer, rows.count * rows.inner * kStepsPerElement);
  return with_element_type(call.in(0).dtype, [&]<class T>(T) {
    return Kernel{
        .run =
            [=](const KernelArgs& args) {
              auto* const line = static_cast<Element<T>*>(args.scratch) + args.part * rows.count;
              for (std::int64_t o = parts.begin(args.part); o < parts.end(args.part); ++o) {
                const std::int64_t to = o * count * rows.inner;
                sort_lines(args.input<T>(0) + o * rows.count * rows.inner, line, rows, count, descending,
                           args.output<T>() + to, args.output<std::int64_t>(1) + to);
              }
            },
        .scratch_bytes = static_cast<std::size_t>(rows.count) * parts.count() * sizeof(Element<T>),
        .parts = parts.count(),
        .region = [=](std::uint32_t part,
                      std::size_t slot) { return slot == 0 ? Region{} : parts.region(part, count * rows.inner); }};
  });
}

constexpr OpDef kSort{.name = "sort",
                      .min_inputs = 1,
                      .max_inputs = 1,
                      .infer = infer,
                      .grad = grad,
                      .compile = compile,
                      .grad_name = "SortBackward0"};
WEFT_REGISTER_OP(kSort);

// The first `count` in the order, of a scalar as of a vector.
Value ordered(const char* name, const Value& x, std::int64_t dim, bool descending,
              std::optional<std::int64_t> count = std::nullopt) {
  const Value rows = x.rank() == 0 ? reshape(x, {1}) : x;
  const std::int64_t d = checked_dim(name, dim, rows), extent = rows.shape()[static_cast<int>(d)];
  if (count && (*count < 0 || *count > extent))
    fail_call(ErrorKind::value, name, x,
              std::to_string(*count) + " elements of a dim of extent " + std::to_string(extent));
  return x.builder().record(kSort, {rows}, {{"count", count.value_or(extent)}, {"descending", descending}, {"dim", d}});
}

// Both results of a call that emit records.
template <class F>
Sorted capture_both(const Operand& x, const char* grad_name, F emit, const char* name = __builtin_FUNCTION()) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands, name);
  const std::pair<Value, Value> both = emit(scope.values()[0]);
  return {scope.tensor(both.first, grad_name), scope.tensor(both.second)};
}

// Element k along dim in ascending order, and where it was.
std::pair<Value, Value> nth(const char* name, const Value& x, std::int64_t k, std::int64_t dim, bool keepdim) {
  const Value first = ordered(name, x, dim, false, k + 1);
  const std::int64_t d = checked_dim(name, dim, x.rank() == 0 ? reshape(x, {1}) : x);
  const auto one = [&](const Value& v) {
    const Value kth = slice(v, d, k, k + 1, 1);
    return x.rank() == 0 ? reshape(kth, {}) : keepdim ? kth : squeeze(kth, d);
  };
  return {one(first), one(first.output(1))};
}

std::int64_t extent_of(const char* name, const Value& x, std::int64_t dim) {
  const std::int64_t n = x.rank() == 0 ? 1 : x.shape()[static_cast<int>(checked_dim(name, dim, x))];
  if (n == 0) fail_call(ErrorKind::shape, name, x, "no elements have no order", "reduce over a dim of elements");
  return n;
}

std::pair<Value, Value> kthvalue(const Value& x, std::int64_t k, std::int64_t dim, bool keepdim) {
  const std::int64_t n = extent_of("kthvalue", x, dim);
  if (k < 1 || k > n)
    fail_call(ErrorKind::value, "kthvalue", x, "element " + std::to_string(k) + " of " + std::to_string(n));
  return nth("kthvalue", x, k - 1, dim, keepdim);
}

// The element at the index of the middle, or of the first nan.
std::pair<Value, Value> median(const Value& x, std::int64_t dim, bool keepdim) {
  const std::int64_t n = extent_of("median", x, dim);
  const auto middle = nth("median", x, (n - 1) / 2, dim, keepdim);
  if (!is_floating(x.dtype()) || x.rank() == 0) return middle;
  const std::int64_t d = checked_dim("median", dim, x);
  const Value is_nan = cast(ne(x, x), DType::i64);
  const Value first_nan = ordered("median", is_nan, d, true, 1).output(1);
  const Value has_nan = gt(max(is_nan, {d}, true), full(x.builder(), {DType::i64, {}}, 0.0));
  const Value index = where(has_nan, first_nan, reshape(middle.second, first_nan.shape()));
  return {reshape(gather(x, d, index), middle.second.shape()), reshape(index, middle.second.shape())};
}

// Equal middle elements share the gradient evenly.
Value median_of_all(const Value& x) {
  if (x.shape().numel() == 0 && is_floating(x.dtype()))
    return sum(x, {}, false) + std::numeric_limits<double>::quiet_NaN();
  const Value middle = record_detach(median(reshape(x, {x.shape().numel()}), 0, false).first);
  if (!is_floating(x.dtype())) return middle;
  const Value is_middle = logical_or(eq(x, middle), logical_and(ne(x, x), ne(middle, middle)));
  const Value zero = number(x.builder(), x.dtype(), 0);
  // Their mean, which has the gradient. It is the middle one but for rounding, and where that is infinite or nan.
  const Value count = sum(cast(is_middle, x.dtype()), {}, false);
  const Value mean = sum(where(is_middle, x, zero), {}, false) / count;
  return where(eq(middle - middle, zero), middle + (mean - record_detach(mean)), mean);
}

}  // namespace

Sorted sort(const Operand& x, std::int64_t dim, bool descending) {
  return capture_both(x, "SortBackward0", [&](const Value& v) {
    const Value all = ordered("sort", v, dim, descending);
    return std::pair(reshape(all, v.shape()), reshape(all.output(1), v.shape()));
  });
}

Tensor argsort(const Operand& x, std::int64_t dim, bool descending) { return sort(x, dim, descending).indices; }

Sorted topk(const Operand& x, std::int64_t k, std::int64_t dim, bool largest) {
  return capture_both(x, "TopkBackward0", [&](const Value& v) {
    const Value first = ordered("topk", v, dim, largest, k);
    return std::pair(v.rank() == 0 && k == 1 ? reshape(first, {}) : first,
                     v.rank() == 0 && k == 1 ? reshape(first.output(1), {}) : first.output(1));
  });
}

Sorted kthvalue(const Operand& x, std::int64_t k, std::int64_t dim, bool keepdim) {
  return capture_both(x, "KthvalueBackward0", [&](const Value& v) { return kthvalue(v, k, dim, keepdim); });
}

Sorted median(const Operand& x, std::int64_t dim, bool keepdim) {
  return capture_both(x, "MedianBackward1", [&](const Value& v) { return median(v, dim, keepdim); });
}

Tensor median(const Operand& x) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return median_of_all(v[0]); }, "MedianBackward0");
}

Sorted Tensor::sort(std::int64_t dim, bool descending, SourceLocation at) const {
  return weft::sort({*this, at}, dim, descending);
}
Tensor Tensor::argsort(std::int64_t dim, bool descending, SourceLocation at) const {
  return weft::argsort({*this, at}, dim, descending);
}
Sorted Tensor::topk(std::int64_t k, std::int64_t dim, bool largest, SourceLocation at) const {
  return weft::topk({*this, at}, k, dim, largest);
}
Sorted Tensor::kthvalue(std::int64_t k, std::int64_t dim, bool keepdim, SourceLocation at) const {
  return weft::kthvalue({*this, at}, k, dim, keepdim);
}
Tensor Tensor::median(SourceLocation at) const { return weft::median({*this, at}); }
Sorted Tensor::median(std::int64_t dim, bool keepdim, SourceLocation at) const {
  return weft::median({*this, at}, dim, keepdim);
}

}  // namespace weft
