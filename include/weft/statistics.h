// Further reductions, scans and statistics.
//
// Threads: as for all operations (weft/ops.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "weft/indexing.h"
#include "weft/tensor.h"

namespace weft {

// ---- Extremes --------------------------------------------------------------------------------------------------

// The index of the first minimum, over all elements (row-major) or along dim; a nan counts as one. i64.
Tensor argmin(const Operand& x, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
struct MinMax {
  Tensor min, max;
};
// Both extremes, of all elements or along dim. Equal ones share the gradient evenly, as those of amax() and amin() do.
MinMax aminmax(const Operand& x, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
// The largest, or smallest, of the elements up to each one along dim, and where it was: the last place of equal ones. A
// nan stays.
Sorted cummax(const Operand& x, std::int64_t dim);
Sorted cummin(const Operand& x, std::int64_t dim);

// ---- Sums ------------------------------------------------------------------------------------------------------

// log sum e^x of the elements up to each one along dim. Floating tensors only.
Tensor logcumsumexp(const Operand& x, std::int64_t dim);
// Of the elements that are not nan.
Tensor nansum(const Operand& x, DimsRef dims = {}, bool keepdim = false);
Tensor nanmean(const Operand& x, DimsRef dims = {}, bool keepdim = false);  // floating tensors only
// How many elements are not 0. i64.
Tensor count_nonzero(const Operand& x, DimsRef dims = {});
// The sum of the diagonal of a matrix; of integers i64.
Tensor trace(const Operand& x);
// x[i + 1] - x[i] along dim, n times over, of x with what is put before and after it; of bool logical_xor.
Tensor diff(const Operand& x, std::int64_t n = 1, std::int64_t dim = -1, const Tensor& prepend = {},
            const Tensor& append = {});

// ---- Distributions ---------------------------------------------------------------------------------------------

// The element at rank q (n - 1) of the n elements in ascending order, of all or along dim. Between two elements
// interpolation "linear" lies between them in proportion, "midpoint" in the middle; "lower", "higher" and "nearest" (an
// even rank of two) take one. nan where there is one. Several q give a first dim of the result. Throws Error for q
// outside of [0, 1], and where there are no elements.
Tensor quantile(const Operand& x, double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                std::string_view interpolation = "linear");
Tensor quantile(const Operand& x, const std::vector<double>& q, std::optional<std::int64_t> dim = std::nullopt,
                bool keepdim = false, std::string_view interpolation = "linear");
// Of the elements that are not nan; nan where there are none.
Tensor nanquantile(const Operand& x, double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                   std::string_view interpolation = "linear");
Tensor nanquantile(const Operand& x, const std::vector<double>& q, std::optional<std::int64_t> dim = std::nullopt,
                   bool keepdim = false, std::string_view interpolation = "linear");
// The most frequent element along dim, the least of several, and its last place. No nan equals another, and numbers
// come first.
Sorted mode(const Operand& x, std::int64_t dim = -1, bool keepdim = false);
// How many elements lie in each of `bins` ranges of equal width from min to max, which counts to the last; for
// min = max those of the elements, and where these are one number from 1 below to 1 above it. Others do not count. No
// gradient. Floating tensors only, of whose dtype the result is.
Tensor histc(const Operand& x, std::int64_t bins = 100, double min = 0, double max = 0);

// ---- Variables in rows, observations in columns; a vector is one variable --------------------------------------

// sum_k w_k (x_ik - mean_i) (x_jk - mean_j) over sum w - correction, means and w by the product of the weights:
// fweights (integers) say how often each observation occurs, aweights (floating) how much it counts. With aweights the
// correction is times sum w aweights / sum w. Weights are looked at, and throw Error inside of compile().
Tensor cov(const Operand& x, std::int64_t correction = 1, const Tensor& fweights = {}, const Tensor& aweights = {});
// cov_ij / sqrt(cov_ii cov_jj), clamped to [-1, 1].
Tensor corrcoef(const Operand& x);
// Each slice along dim times maxnorm / (norm + 1e-7) where its p-norm is larger than maxnorm. Floating tensors only.
Tensor renorm(const Operand& x, double p, std::int64_t dim, double maxnorm);

}  // namespace weft
