// The operations. All broadcast as PyTorch does where they take more than one tensor, promote dtypes as PyTorch does,
// accept tensors of no elements, and throw Error where shapes or dtypes do not fit. Results are new
// tensors, but for those of view, reshape, flatten, squeeze, unsqueeze, transpose, t, permute, expand, narrow, slice
// and select: these are views, which share the elements of their operand where PyTorch's do.
//
// Threads: operations may be called in any thread; grad mode is that of the calling thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft {

// ---- Tensors from nothing --------------------------------------------------------------------------------------

// Nested numbers in braces, for tensor(): {{1.0, 2.0}, {3.0, 4.0}}.
class Literal {
 public:
  template <class N>
  requires std::is_arithmetic_v<N> Literal(N number)
      : number_(static_cast<double>(number)),
        whole_(std::is_integral_v<N> ? static_cast<std::int64_t>(number) : 0),
        dtype_(std::is_same_v<N, bool> ? DType::boolean
               : std::is_integral_v<N> ? DType::i64
                                       : DType::f32) {}
  Literal(std::initializer_list<Literal> items) : items_(items), is_list_(true) {}

  bool is_list() const { return is_list_; }
  const std::vector<Literal>& items() const { return items_; }
  double number() const { return number_; }
  std::int64_t whole() const { return whole_; }
  DType dtype() const { return dtype_; }

 private:
  std::vector<Literal> items_;
  double number_ = 0;
  std::int64_t whole_ = 0;
  DType dtype_ = DType::f32;
  bool is_list_ = false;
};

// A leaf with these elements. Fractional numbers give f32, whole numbers i64, bools bool, unless dtype says otherwise.
Tensor tensor(const Literal& values, std::optional<DType> dtype = std::nullopt,
              SourceLocation at = SourceLocation::current());
// A leaf with a copy of these elements, row-major. values.size() must be shape.numel().
Tensor from_data(std::span<const float> values, DimsRef shape, SourceLocation at = SourceLocation::current());
Tensor from_data(std::span<const double> values, DimsRef shape, SourceLocation at = SourceLocation::current());
Tensor from_data(std::span<const std::int64_t> values, DimsRef shape, SourceLocation at = SourceLocation::current());
Tensor from_data(std::span<const std::int32_t> values, DimsRef shape, SourceLocation at = SourceLocation::current());
Tensor from_data(std::span<const std::uint8_t> values, DimsRef shape, SourceLocation at = SourceLocation::current());
Tensor from_data(std::span<const bool> values, DimsRef shape, SourceLocation at = SourceLocation::current());

Tensor zeros(DimsRef shape, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
Tensor ones(DimsRef shape, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
Tensor full(DimsRef shape, const Operand& value, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
Tensor zeros_like(const Tensor& like, SourceLocation at = SourceLocation::current());
Tensor ones_like(const Tensor& like, SourceLocation at = SourceLocation::current());
Tensor full_like(const Tensor& like, const Operand& value, SourceLocation at = SourceLocation::current());
// Zeros: elements that nobody has set are no different from run to run.
Tensor empty(DimsRef shape, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
Tensor empty_like(const Tensor& like, SourceLocation at = SourceLocation::current());
// start, start + step, ... below end (above, for a negative step). Unless dtype says otherwise i64 of whole numbers,
// f32 where one of them is a double or float: arange(4) and arange(4.0).
Tensor arange(const Operand& end, SourceLocation at = SourceLocation::current());
Tensor arange(const Operand& start, const Operand& end, const Operand& step = 1,
              std::optional<DType> dtype = std::nullopt, SourceLocation at = SourceLocation::current());
// `steps` numbers from start to end at equal distances; base^x of these.
Tensor linspace(double start, double end, std::int64_t steps, DType dtype = kFloat32,
                SourceLocation at = SourceLocation::current());
Tensor logspace(double start, double end, std::int64_t steps, double base = 10, DType dtype = kFloat32,
                SourceLocation at = SourceLocation::current());
// 1 on the diagonal of [n, n], 0 elsewhere.
Tensor eye(std::int64_t n, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
// Uniform in [0, 1), and normal with mean 0 and variance 1. Each element is a function of the generator's seed, the
// number of draws before, and its index (Philox 4x32-10; Salmon et al., SC 2011), so no thread count changes it.
Tensor rand(DimsRef shape, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
Tensor randn(DimsRef shape, DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
// Uniform integers in [low, high).
Tensor randint(std::int64_t low, std::int64_t high, DimsRef shape, DType dtype = kInt64,
               SourceLocation at = SourceLocation::current());
Tensor rand_like(const Tensor& like, SourceLocation at = SourceLocation::current());
Tensor randn_like(const Tensor& like, SourceLocation at = SourceLocation::current());
// Normal with this mean and standard deviation.
Tensor normal(double mean, double std, DimsRef shape, DType dtype = kFloat32,
              SourceLocation at = SourceLocation::current());
// 0, 1, ... below n in a random order, i64.
Tensor randperm(std::int64_t n, SourceLocation at = SourceLocation::current());
// 1 with the probability that the element of p is, else 0.
Tensor bernoulli(const Operand& p);
// i64 [.., samples]: indices drawn with these weights, from each row of a vector or matrix. They need not add up to 1,
// but are not checked: finite, not negative, and as many above 0 as there are samples without replacement. With it,
// time and memory grow with samples times weights; without replacement no index twice (Efraimidis and Spirakis 2006).
Tensor multinomial(const Operand& weights, std::int64_t samples, bool replacement = false);
// Seeds the generator of rand, randn, randint and dropout, for the process.
void manual_seed(std::uint64_t seed, SourceLocation at = SourceLocation::current());

// ---- Elementwise, one operand ----------------------------------------------------------------------------------

Tensor neg(const Operand& x);  // -x
Tensor abs(const Operand& x);  // |x|; gradient 0 at 0
Tensor exp(const Operand& x);  // e^x
Tensor log(const Operand& x);  // natural logarithm
Tensor sqrt(const Operand& x);
Tensor square(const Operand& x);  // x * x
Tensor sin(const Operand& x);
Tensor cos(const Operand& x);
Tensor tanh(const Operand& x);
Tensor sigmoid(const Operand& x);  // 1 / (1 + e^-x)
Tensor relu(const Operand& x);     // max(x, 0); gradient 0 at 0
// x * Phi(x), Phi the normal distribution function (Hendrycks and Gimpel 2016); approximate: "none", or "tanh" for
// x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
Tensor gelu(const Operand& x);
Tensor gelu(const Operand& x, std::string_view approximate);
Tensor erf(const Operand& x);
Tensor sign(const Operand& x);   // -1, 0 or 1; gradient 0
Tensor exp2(const Operand& x);   // 2^x
Tensor expm1(const Operand& x);  // e^x - 1, exact near 0, too
Tensor log1p(const Operand& x);  // log(1 + x), exact near 0, too
Tensor log2(const Operand& x);   // logarithm to base 2
Tensor log10(const Operand& x);  // logarithm to base 10
Tensor tan(const Operand& x);
Tensor asin(const Operand& x);  // nan outside of [-1, 1]
Tensor acos(const Operand& x);  // nan outside of [-1, 1]
Tensor atan(const Operand& x);
Tensor sinh(const Operand& x);
Tensor cosh(const Operand& x);
Tensor asinh(const Operand& x);
Tensor acosh(const Operand& x);       // nan below 1
Tensor atanh(const Operand& x);       // nan outside of [-1, 1]
Tensor erfc(const Operand& x);        // 1 - erf(x)
Tensor erfinv(const Operand& x);      // the x of erf(x); nan outside of [-1, 1]
Tensor lgamma(const Operand& x);      // log |Gamma(x)|
Tensor digamma(const Operand& x);     // the derivative of lgamma; its own derivative has none
Tensor reciprocal(const Operand& x);  // 1 / x
Tensor rsqrt(const Operand& x);       // 1 / sqrt(x)
Tensor floor(const Operand& x);
Tensor ceil(const Operand& x);
Tensor round(const Operand& x);  // to the nearest whole number, halves to even ones
Tensor trunc(const Operand& x);  // towards 0
Tensor frac(const Operand& x);   // x - trunc(x)
// bool: what the elements are.
Tensor isnan(const Operand& x);
Tensor isinf(const Operand& x);
Tensor isfinite(const Operand& x);
// nan, infinity and -infinity replaced by these numbers; without them infinities by the largest and least of the dtype.
Tensor nan_to_num(const Operand& x, double nan = 0, std::optional<double> posinf = std::nullopt,
                  std::optional<double> neginf = std::nullopt);
// min(max(x, min), max); the gradient is 1 where min < x < max and 0 elsewhere.
Tensor clamp(const Operand& x, std::optional<double> min, std::optional<double> max = std::nullopt);
Tensor logical_not(const Operand& x);
Tensor cast(const Operand& x, DType dtype);

// ---- Elementwise, two operands ---------------------------------------------------------------------------------

Tensor add(const Operand& a, const Operand& b);
Tensor sub(const Operand& a, const Operand& b);
Tensor mul(const Operand& a, const Operand& b);
Tensor div(const Operand& a, const Operand& b);           // true division: integers give f32
Tensor pow(const Operand& a, const Operand& b);           // a^b
Tensor atan2(const Operand& a, const Operand& b);         // the angle of the point (b, a)
Tensor hypot(const Operand& a, const Operand& b);         // sqrt(a^2 + b^2)
Tensor fmod(const Operand& a, const Operand& b);          // the rest of a / b with the sign of a
Tensor remainder(const Operand& a, const Operand& b);     // the rest of a / b with the sign of b
Tensor floor_divide(const Operand& a, const Operand& b);  // floor(a / b); no gradient
Tensor xlogy(const Operand& a, const Operand& b);         // a * log(b), 0 where a is 0
Tensor logaddexp(const Operand& a, const Operand& b);     // log(e^a + e^b)
Tensor maximum(const Operand& a, const Operand& b);       // equal elements share the gradient in halves
Tensor minimum(const Operand& a, const Operand& b);
Tensor eq(const Operand& a, const Operand& b);
Tensor ne(const Operand& a, const Operand& b);
Tensor lt(const Operand& a, const Operand& b);
Tensor le(const Operand& a, const Operand& b);
Tensor gt(const Operand& a, const Operand& b);
Tensor ge(const Operand& a, const Operand& b);
Tensor logical_and(const Operand& a, const Operand& b);
Tensor logical_or(const Operand& a, const Operand& b);
Tensor logical_xor(const Operand& a, const Operand& b);
// start + weight * (end - start)
Tensor lerp(const Operand& start, const Operand& end, const Operand& weight);
// x + value * a * b, x + value * a / b
Tensor addcmul(const Operand& x, const Operand& a, const Operand& b, double value = 1);
Tensor addcdiv(const Operand& x, const Operand& a, const Operand& b, double value = 1);
// condition ? a : b; condition is bool.
Tensor where(const Operand& condition, const Operand& a, const Operand& b);

// ---- Reductions: over all elements, or over dims (empty: all); keepdim leaves extents of 1 ----------------------

Tensor sum(const Operand& x, DimsRef dims = {}, bool keepdim = false);
Tensor mean(const Operand& x, DimsRef dims = {}, bool keepdim = false);  // floating tensors only; of no elements: nan
// Equal extremes share the gradient evenly. Throw Error for a reduction of no elements.
Tensor max(const Operand& x, DimsRef dims = {}, bool keepdim = false);
Tensor min(const Operand& x, DimsRef dims = {}, bool keepdim = false);
Tensor amax(const Operand& x, DimsRef dims = {}, bool keepdim = false);  // as max() over dims
Tensor amin(const Operand& x, DimsRef dims = {}, bool keepdim = false);
// The product of the elements; of no elements: 1. Integers give i64.
Tensor prod(const Operand& x, DimsRef dims = {}, bool keepdim = false);
// The sum, or product, of the elements up to each one along dim. Integers give i64.
Tensor cumsum(const Operand& x, std::int64_t dim);
Tensor cumprod(const Operand& x, std::int64_t dim);
// The sum of squared distances from the mean over n - correction, n the number of elements reduced; and its root, whose
// gradient is 0 at 0. Floating tensors only.
Tensor var(const Operand& x, DimsRef dims = {}, double correction = 1, bool keepdim = false);
Tensor std(const Operand& x, DimsRef dims = {}, double correction = 1, bool keepdim = false);
// (sum |x|^p)^(1/p); for p = 0 the number of elements that are not 0, for infinite p the largest or least |x|. The
// gradient is 0 where the norm is. Floating tensors only.
Tensor norm(const Operand& x, double p = 2, DimsRef dims = {}, bool keepdim = false);
// x / max(norm(x, p, dim), eps)
Tensor normalize(const Operand& x, double p = 2, std::int64_t dim = 1, double eps = 1e-12);
// log sum e^x, which does not overflow. Floating tensors only.
Tensor logsumexp(const Operand& x, DimsRef dims, bool keepdim = false);
// bool: whether any, or each, element is not 0; of no elements: false, and true.
Tensor any(const Operand& x, DimsRef dims = {}, bool keepdim = false);
Tensor all(const Operand& x, DimsRef dims = {}, bool keepdim = false);
// The index of the first maximum, over all elements (row-major) or along dim. i64.
Tensor argmax(const Operand& x, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);

// ---- Shape -----------------------------------------------------------------------------------------------------

// One extent may be -1: it follows from the others.
Tensor view(const Operand& x, DimsRef shape);
Tensor reshape(const Operand& x, DimsRef shape);
Tensor flatten(const Operand& x, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
Tensor transpose(const Operand& x, std::int64_t dim0, std::int64_t dim1);
Tensor permute(const Operand& x, DimsRef dims);
// -1 keeps an extent.
Tensor expand(const Operand& x, DimsRef shape);
Tensor squeeze(const Operand& x, std::optional<std::int64_t> dim = std::nullopt);
Tensor clone(const Operand& x);       // a tensor of its own with the same elements
Tensor contiguous(const Operand& x);  // x itself where its elements lie in row-major order, else a clone
Tensor unsqueeze(const Operand& x, std::int64_t dim);
Tensor narrow(const Operand& x, std::int64_t dim, std::int64_t start, std::int64_t length);
// start and end as in Python: negative from the end, clamped to the extent; step >= 1.
Tensor slice(const Operand& x, std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step = 1);
Tensor select(const Operand& x, std::int64_t dim, std::int64_t index);
Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim = 0, SourceLocation at = SourceLocation::current());
Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim = 0, SourceLocation at = SourceLocation::current());

// ---- Products --------------------------------------------------------------------------------------------------

// torch.matmul: vectors, matrices, and batches of matrices with broadcast batch extents. oneDNN matmul for f32.
Tensor matmul(const Operand& a, const Operand& b);
Tensor mm(const Operand& a, const Operand& b);     // of matrices
Tensor bmm(const Operand& a, const Operand& b);    // of equal batches [n, .., ..] of matrices
Tensor mv(const Operand& a, const Operand& b);     // of a matrix and a vector
Tensor dot(const Operand& a, const Operand& b);    // of vectors of one extent
Tensor outer(const Operand& a, const Operand& b);  // a_i b_j for vectors
// beta x + alpha a b, of matrices and of batches of them; with beta = 0 whatever x holds, nan too, does not count.
Tensor addmm(const Operand& x, const Operand& a, const Operand& b, double beta = 1, double alpha = 1);
Tensor baddbmm(const Operand& x, const Operand& a, const Operand& b, double beta = 1, double alpha = 1);

// The sum of a[.., k] b[k, ..] over the last `dims` dims of a and the first of b; or over these dims of each.
Tensor tensordot(const Operand& a, const Operand& b, std::int64_t dims = 2);
Tensor tensordot(const Operand& a, const Operand& b, DimsRef dims_a, DimsRef dims_b);
// Einstein's sum: "bij,bjk->bik". A letter names a dim of one extent; letters that the result does not have are summed
// over; without "->" the result has those that occur once, in alphabetical order; "..." stands for dims that broadcast.
// Two operands at a time, first those with the smallest result, as products of matrices.
Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands,
              SourceLocation at = SourceLocation::current());
Tensor kron(const Operand& a, const Operand& b);  // each element of a times the whole of b

// ---- Networks; weft/losses.h has the losses --------------------------------------------------------------------

Tensor leaky_relu(const Operand& x, double negative_slope = 0.01);  // x where x > 0, else negative_slope * x
Tensor elu(const Operand& x, double alpha = 1);                     // x where x > 0, else alpha (e^x - 1)
Tensor selu(const Operand& x);  // elu with the constants that keep mean 0 and variance 1 (Klambauer et al. 2017)
Tensor celu(const Operand& x, double alpha = 1);  // x where x > 0, else alpha (e^(x / alpha) - 1)
Tensor silu(const Operand& x);                    // x sigmoid(x)
Tensor mish(const Operand& x);                    // x tanh(softplus(x))
Tensor softplus(const Operand& x, double beta = 1,
                double threshold = 20);  // log(1 + e^(beta x)) / beta, and x where beta x > threshold
Tensor hardtanh(const Operand& x, double min = -1, double max = 1);  // clamp(x, min, max)
Tensor relu6(const Operand& x);                                      // min(max(x, 0), 6)
Tensor hardswish(const Operand& x);                                  // x min(max(x + 3, 0), 6) / 6
Tensor hardsigmoid(const Operand& x);                                // min(max(x + 3, 0), 6) / 6
Tensor hardshrink(const Operand& x, double lambda = 0.5);            // 0 where |x| <= lambda, else x
Tensor softshrink(const Operand& x, double lambda = 0.5);            // x without lambda of its distance from 0
Tensor tanhshrink(const Operand& x);                                 // x - tanh(x)
Tensor threshold(const Operand& x, double threshold, double value);  // x where x > threshold, else value
Tensor softsign(const Operand& x);                                   // x / (1 + |x|)
Tensor logsigmoid(const Operand& x);                                 // log(sigmoid(x))
// One weight, or one for each channel (dim 1): x where x > 0, else weight * x.
Tensor prelu(const Operand& x, const Operand& weight);
Tensor glu(const Operand& x, std::int64_t dim = -1);  // a sigmoid(b), the halves along dim
Tensor softmin(const Operand& x, std::int64_t dim);   // softmax(-x)
// log(x / (1 - x)), of x clamped to [eps, 1 - eps] where there is an eps.
Tensor logit(const Operand& x, std::optional<double> eps = std::nullopt);
Tensor softmax(const Operand& x, std::int64_t dim);      // e^x_i / sum_j e^x_j
Tensor log_softmax(const Operand& x, std::int64_t dim);  // x_i - log sum_j e^x_j
// x W^T + b for x [..., in], W [out, in], b [out] (may be undefined).
Tensor linear(const Operand& x, const Tensor& weight, const Tensor& bias = {});
// x / (1 - p) with probability 1 - p, else 0, when training; x otherwise.
Tensor dropout(const Operand& x, double p, bool training);

}  // namespace weft
