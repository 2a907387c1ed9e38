// Operations on Values, for gradient rules and composed operations. Same formulas and names as weft/ops.h.
#pragma once

#include <optional>
#include <span>

#include "graph/autodiff.h"
#include "graph/builder.h"
#include "weft/tensor.h"

namespace weft {

// ---- creation.cc
Value full(Builder& b, const TensorType& type, double value);
Value full(Builder& b, const TensorType& type, const Operand& number);
Value zeros_like(const Value& x);
Value ones_like(const Value& x);
// 0, 1, ... below n, i64
Value arange(Builder& b, std::int64_t n);
inline Value number(Builder& b, DType dtype, double value) { return full(b, {dtype, {}}, value); }

// ---- elementwise, of one operand
Value neg(const Value& x);
Value abs(const Value& x);
Value sign(const Value& x);
Value exp(const Value& x);
Value log(const Value& x);
Value sqrt(const Value& x);
Value square(const Value& x);
Value sin(const Value& x);
Value cos(const Value& x);
Value tanh(const Value& x);
Value sigmoid(const Value& x);
Value relu(const Value& x);
Value gelu(const Value& x);
Value erf(const Value& x);
Value exp2(const Value& x);
Value expm1(const Value& x);
Value log1p(const Value& x);
Value log2(const Value& x);
Value log10(const Value& x);
Value tan(const Value& x);
Value asin(const Value& x);
Value acos(const Value& x);
Value atan(const Value& x);
Value sinh(const Value& x);
Value cosh(const Value& x);
Value asinh(const Value& x);
Value acosh(const Value& x);
Value atanh(const Value& x);
Value erfc(const Value& x);
Value erfinv(const Value& x);
Value lgamma(const Value& x);
Value digamma(const Value& x);
Value reciprocal(const Value& x);
Value rsqrt(const Value& x);
Value floor(const Value& x);
Value ceil(const Value& x);
Value round(const Value& x);
Value trunc(const Value& x);
Value clamp(const Value& x, std::optional<double> min, std::optional<double> max);
Value logical_not(const Value& x);
Value cast(const Value& x, DType dtype);

// ---- elementwise: operands broadcast; dtypes are promoted by casts
Value add(const Value& a, const Value& b);
Value sub(const Value& a, const Value& b);
Value mul(const Value& a, const Value& b);
Value div(const Value& a, const Value& b);
Value pow(const Value& a, const Value& b);
Value atan2(const Value& a, const Value& b);
Value hypot(const Value& a, const Value& b);
Value fmod(const Value& a, const Value& b);
Value remainder(const Value& a, const Value& b);
Value floor_divide(const Value& a, const Value& b);
Value xlogy(const Value& a, const Value& b);
Value logaddexp(const Value& a, const Value& b);
Value maximum(const Value& a, const Value& b);
Value minimum(const Value& a, const Value& b);
Value eq(const Value& a, const Value& b);
Value ne(const Value& a, const Value& b);
Value lt(const Value& a, const Value& b);
Value le(const Value& a, const Value& b);
Value gt(const Value& a, const Value& b);
Value ge(const Value& a, const Value& b);
Value logical_and(const Value& a, const Value& b);
Value logical_or(const Value& a, const Value& b);
Value logical_xor(const Value& a, const Value& b);
Value where(const Value& condition, const Value& a, const Value& b);
// value, with the derivative slope by x besides those that value has; all of one type.
Value with_derivative(const Value& value, const Value& x, const Value& slope);
inline Value operator+(const Value& a, const Value& b) { return add(a, b); }
inline Value operator-(const Value& a, const Value& b) { return sub(a, b); }
inline Value operator*(const Value& a, const Value& b) { return mul(a, b); }
inline Value operator/(const Value& a, const Value& b) { return div(a, b); }
inline Value operator-(const Value& a) { return neg(a); }
inline Value operator+(const Value& a, double b) { return add(a, number(a.builder(), a.dtype(), b)); }
inline Value operator-(const Value& a, double b) { return sub(a, number(a.builder(), a.dtype(), b)); }
inline Value operator*(const Value& a, double b) { return mul(a, number(a.builder(), a.dtype(), b)); }
inline Value operator/(const Value& a, double b) { return div(a, number(a.builder(), a.dtype(), b)); }
inline Value operator-(double a, const Value& b) { return sub(number(b.builder(), b.dtype(), a), b); }

// ---- reduce.cc: dims are normalised here (negative from the end; empty: all)
Value sum(const Value& x, const Dims& dims, bool keepdim);
Value mean(const Value& x, const Dims& dims, bool keepdim);
Value max(const Value& x, DimsRef dims, bool keepdim);
Value min(const Value& x, DimsRef dims, bool keepdim);
// Undoes broadcasting: sums x over the dims in which it is larger than shape.
Value sum_to(const Value& x, const Shape& shape);

// ---- shape ops
Value reshape(const Value& x, const Shape& shape);
Value permute(const Value& x, const Dims& dims);
Value transpose(const Value& x, std::int64_t dim0, std::int64_t dim1);
Value expand(const Value& x, const Shape& shape);
Value squeeze(const Value& x, std::int64_t dim);
Value unsqueeze(const Value& x, std::int64_t dim);
Value slice(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step);
Value cat(std::span<const Value> values, std::int64_t dim);
Value clone(const Value& x);
Value flip(const Value& x, const Dims& dims);
Value diagonal(const Value& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2);
// Zeros of extent `size` in dim, with element i of x at start + i * step.
Value slice_scatter(const Value& x, std::int64_t dim, std::int64_t start, std::int64_t step, std::int64_t size);

// ---- matmul.cc
Value matmul(const Value& a, const Value& b);
// op(a) op(b) for matrices or equal batches of them; op transposes the last two dims where asked.
Value matmul(const Value& a, bool transpose_a, const Value& b, bool transpose_b);

// ---- accumulate.cc: values[0] + values[1] + ..., in this order; all of one type
Value accumulate(std::span<const Value> values);

// ---- softmax.cc
Value softmax(const Value& x, std::int64_t dim);
Value log_softmax(const Value& x, std::int64_t dim);

// ---- scan.cc: sums of the elements up to each one along dim, from the end on where reverse
Value cumsum(const Value& x, std::int64_t dim, bool reverse);

// ---- vector_norm.cc: 0 has the gradient 0
Value vector_norm(const Value& x, double p, const Dims& dims, bool keepdim);

// ---- dims (shape_rules.cc)
// dim in [-rank, rank) as [0, rank); throws Error in the voice of `op` otherwise.
std::int64_t normalize_dim(std::string_view op, std::int64_t dim, const TensorType& type, SourceLocation where);
// The shape that a and b broadcast to, or nothing.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);

}  // namespace weft
