// Sums and products of the elements up to each one, and products of all.
#include <array>
#include <type_traits>
#include <vector>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

Types infer(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype) || call.in(0).dtype == DType::i64,
               "sums are of f32, f64 or i64");
  checked_attr_in(call, "dim", 0, call.in(0).shape.rank() - 1);
  checked_attr<bool>(call, "reverse");
  return {call.in(0)};
}

void grad(GradCall& g) { g.set(0, cumsum(g.dout(), g.attr<std::int64_t>("dim"), !g.attr<bool>("reverse"))); }

// Lines side by side, in f64 for floating elements.
template <class T>
void scan_rows(const T* x, T* out, const ReducePass& rows, bool reverse) {
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
  constexpr std::int64_t kLanes = 64;
  for (std::int64_t first = 0; first < rows.inner; first += kLanes) {
    const std::int64_t lanes = std::min(kLanes, rows.inner - first);
    std::array<Sum, kLanes> sums{};
    for (std::int64_t k = 0; k < rows.count; ++k) {
      const std::int64_t at = (reverse ? rows.count - 1 - k : k) * rows.inner + first;
      for (std::int64_t i = 0; i < lanes; ++i) {
        Sum& sum = sums[static_cast<std::size_t>(i)];
        sum += static_cast<Sum>(x[at + i]);
        out[at + i] = static_cast<T>(sum);
      }
    }
  }
}

Kernel compile(const OpCall& call) {
  const ReducePass rows = axis_pass(call.in(0).shape, call.attr<std::int64_t>("dim"));
  const std::int64_t width = rows.count * rows.inner;
  const RowParts parts(rows.outer, width);
  return with_element_type(call.in(0).dtype, [&]<class T>(T) {
    return Kernel{.run =
                      [=, reverse = call.attr<bool>("reverse")](const KernelArgs& args) {
                        for (std::int64_t o = parts.begin(args.part); o < parts.end(args.part); ++o)
                          scan_rows(args.input<T>(0) + o * width, args.output<T>() + o * width, rows, reverse);
                      },
                  .parts = parts.count(),
                  .region = [=](std::uint32_t part, std::size_t) { return parts.region(part, width); },
                  .flops = static_cast<double>(call.in(0).shape.numel())};
  });
}

constexpr OpDef kCumsum{.name = "cumsum",
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .infer = infer,
                        .grad = grad,
                        .compile = compile,
                        .grad_name = "CumsumBackward0"};
WEFT_REGISTER_OP(kCumsum);

// Integers that sums and products are likely to fit.
Value as_number(const Value& x) { return is_floating(x.dtype()) ? x : cast(x, DType::i64); }

// Products on the way to one that f32 holds may be out of its range.
Value widened(const Value& x) { return x.dtype() == DType::f32 ? cast(x, DType::f64) : as_number(x); }
Value narrowed(const Value& product, const Value& x) {
  return x.dtype() == DType::f32 ? cast(product, DType::f32) : product;
}

// Doubling: after step s each element is the product of the 2^s elements up to it. All derivatives follow, also at 0.
Value products_up_to(const Value& x, std::int64_t dim) {
  const std::int64_t n = x.shape()[static_cast<int>(dim)];
  Value result = widened(x);
  for (std::int64_t reach = 1; reach < n; reach *= 2) {
    const Value parts[] = {slice(result, dim, 0, reach, 1),
                           slice(result, dim, reach, n, 1) * slice(result, dim, 0, n - reach, 1)};
    result = cat(parts, dim);
  }
  return narrowed(result, x);
}

// The product of the rows: halves times each other until one is left.
Value product_of_rows(const Value& rows) {
  const Dims row(rows.shape().begin() + 1, rows.shape().end());
  Value left = rows, rest;
  std::int64_t n = rows.shape()[0];
  if (n == 0) return full(rows.builder(), {rows.dtype(), Shape(row)}, 1.0) + sum(rows, {0}, false);
  for (; n > 1; n /= 2) {
    if (n % 2 == 1) {
      const Value last = slice(left, 0, n - 1, n, 1);
      rest = rest.defined() ? last * rest : last;
    }
    left = slice(left, 0, 0, n / 2, 1) * slice(left, 0, n / 2, n / 2 * 2, 1);
  }
  return reshape(rest.defined() ? left * rest : left, Shape(row));
}

Value prod(const Value& x, DimsRef asked, bool keepdim) {
  const Dims dims = normalize_dims("prod", asked.vec(), x.type(), x.builder().where);
  Dims order, row;
  std::int64_t count = 1;
  for (const std::int64_t d : dims)
    if (x.rank() > 0) {
      order.push_back(d);
      count *= x.shape()[static_cast<int>(d)];
    }
  for (std::int64_t d = 0; d < x.rank(); ++d)
    if (std::find(dims.begin(), dims.end(), d) == dims.end()) {
      order.push_back(d);
      row.push_back(x.shape()[static_cast<int>(d)]);
    }
  row.insert(row.begin(), count);
  const Value rows = reshape(permute(widened(x), order), Shape(row));
  return narrowed(reshape(product_of_rows(rows), reduced_shape(x.shape(), dims, keepdim)), x);
}

// A scan of a scalar is the scalar.
template <class F>
Value scanned(const char* name, const Value& x, std::int64_t dim, F scan) {
  const Value line = x.rank() == 0 ? reshape(as_number(x), {1}) : as_number(x);
  return reshape(scan(line, checked_dim(name, dim, line)), x.shape());
}

}  // namespace

Value cumsum(const Value& x, std::int64_t dim, bool reverse) {
  return x.builder().record(kCumsum, {x}, {{"dim", dim}, {"reverse", reverse}});
}

Tensor cumsum(const Operand& x, std::int64_t dim) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        return scanned("cumsum", v[0], dim, [](const Value& line, std::int64_t d) { return cumsum(line, d, false); });
      },
      "CumsumBackward0");
}

Tensor cumprod(const Operand& x, std::int64_t dim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return clone(scanned("cumprod", v[0], dim, products_up_to)); },
      "CumprodBackward0");
}

Tensor prod(const Operand& x, DimsRef dims, bool keepdim) {
  return capture(
      {&x}, [&](std::span<const Value> v) { return clone(prod(v[0], dims, keepdim)); },
      dims.is_list() ? "ProdBackward1" : "ProdBackward0");
}

Tensor Tensor::cumsum(std::int64_t dim, SourceLocation at) const { return weft::cumsum({*this, at}, dim); }
Tensor Tensor::cumprod(std::int64_t dim, SourceLocation at) const { return weft::cumprod({*this, at}, dim); }
Tensor Tensor::prod(DimsRef dims, bool keepdim, SourceLocation at) const {
  return weft::prod({*this, at}, dims, keepdim);
}

}  // namespace weft
