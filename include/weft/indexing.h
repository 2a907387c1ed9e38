// Elements by their index: gathering, scattering, masks, orders. Indices are i64 tensors; one out of range throws Error
// when it is read, before anything is written. Sums of what meets in one place are formed in the order of the index, so
// their bits are the same for any number of workers.
//
// Functions whose result has a shape that depends on values (masked_select, nonzero, bincount, unique,
// unique_consecutive, one_hot without a number of classes) look at these values, and throw Error inside of compile().
//
// Threads: as for all operations (weft/ops.h).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "weft/tensor.h"

namespace weft {

// ---- By index --------------------------------------------------------------------------------------------------

// Rows of dim by number: out[.., j, ..] = x[.., index[j], ..], index a vector or a scalar.
Tensor index_select(const Operand& x, std::int64_t dim, const Tensor& index);
// x with alpha * src[.., j, ..] added to row index[j] of dim.
Tensor index_add(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src, double alpha = 1);
// x with row index[j] of dim replaced by src[.., j, ..], or by a number; of equal indices the last one counts.
Tensor index_copy(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src);
Tensor index_fill(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& value);
// out[i, j, k] = x[i, index[i, j, k], k] for dim 1: index has as many dims as x and no larger extents but in dim.
Tensor gather(const Operand& x, std::int64_t dim, const Tensor& index);
// The same; x and index broadcast in the other dims. Without dim, of flattened tensors.
Tensor take_along_dim(const Operand& x, const Tensor& index, std::optional<std::int64_t> dim = std::nullopt);
// The elements of the flattened tensor by number (negative from the end), in the shape of index.
Tensor take(const Operand& x, const Tensor& index);
// x with out[i, index[i, j, k], k] = src[i, j, k] for dim 1, src a tensor at least as large as index, or a number; of
// equal indices the last one counts.
Tensor scatter(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src);
// x with src added in these places.
Tensor scatter_add(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src);
// x with src combined in these places: reduce "sum", "mean", "amax" or "amin"; without include_self the element of x in
// such a place does not count.
Tensor scatter_reduce(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src,
                      std::string_view reduce, bool include_self = true);
// The rows of src combined with the rows of dim that index names: "mean", "amax" or "amin" ("prod" throws Error).
Tensor index_reduce(const Operand& x, std::int64_t dim, const Tensor& index, const Operand& src,
                    std::string_view reduce, bool include_self = true);
// x with the elements of src in these places of the flattened tensor (negative from the end), or added there; without
// accumulate the last one of equal places counts.
Tensor put(const Operand& x, const Tensor& index, const Operand& src, bool accumulate = false);
// i64 [.., classes]: 1 in the place of each index, else 0. Without classes: one more than the largest index.
Tensor one_hot(const Operand& index, std::int64_t classes = -1);

// ---- By several indices at once: x.index({Slice(1, 5), None, Ellipsis, -1, rows}), as libtorch writes it -----------

namespace indexing {
struct NoneType {};
struct EllipsisType {};
inline constexpr NoneType None;          // a new dim of extent 1
inline constexpr EllipsisType Ellipsis;  // all dims that the others leave

// start : stop : step, as in Python, step >= 1: Slice(), Slice(None, -1), Slice(0, 10, 2).
class Slice {
 public:
  class Bound {
   public:
    Bound(NoneType) {}
    template <std::integral N>
    Bound(N place) : place_(static_cast<std::int64_t>(place)) {}
    std::optional<std::int64_t> place() const { return place_; }

   private:
    std::optional<std::int64_t> place_;
  };
  Slice(Bound start = None, Bound stop = None, Bound step = None) : start_(start), stop_(stop), step_(step) {}

  std::optional<std::int64_t> start() const { return start_.place(); }
  std::optional<std::int64_t> stop() const { return stop_.place(); }
  std::optional<std::int64_t> step() const { return step_.place(); }

 private:
  Bound start_, stop_, step_;
};
}  // namespace indexing

// One of the indices of Tensor::index() and index_put_(). A number takes a dim away, a Slice keeps a part of it; both
// give views. Tensors of i64 (negative numbers count from the end) broadcast together, and their shape takes the place
// of their dims, or comes first where other dims lie between them; a tensor of bool counts as the coordinates of its
// true elements. These give new tensors.
class TensorIndex {
 public:
  using Kind = std::variant<indexing::NoneType, indexing::EllipsisType, indexing::Slice, std::int64_t, Tensor>;

  TensorIndex(indexing::NoneType none) : kind_(none) {}
  TensorIndex(indexing::EllipsisType ellipsis) : kind_(ellipsis) {}
  TensorIndex(const indexing::Slice& slice) : kind_(slice) {}
  TensorIndex(const Tensor& index) : kind_(index) {}
  template <std::integral N>
  requires(!std::same_as<N, bool>) TensorIndex(N i) : kind_(static_cast<std::int64_t>(i)) {}

  const Kind& kind() const { return kind_; }

 private:
  Kind kind_;
};

// ---- By condition ----------------------------------------------------------------------------------------------

Tensor masked_fill(const Operand& x, const Tensor& mask, const Operand& value);  // value where mask, else x
// The elements of x where mask (they broadcast) is true, in order, as a vector.
Tensor masked_select(const Operand& x, const Tensor& mask);
// x with the elements of src, in order, where mask is true; mask and x broadcast. Too few elements throw Error when the
// value is computed.
Tensor masked_scatter(const Operand& x, const Tensor& mask, const Tensor& src);
Tensor nonzero(const Operand& x);  // i64 [n, rank]: where x is not 0, in row-major order

// ---- By order --------------------------------------------------------------------------------------------------

struct Sorted {
  Tensor values, indices;  // values = gather(x, dim, indices)
};
// In ascending order along dim; equal elements keep their order, nan is larger than every number.
Sorted sort(const Operand& x, std::int64_t dim = -1, bool descending = false);
Tensor argsort(const Operand& x, std::int64_t dim = -1, bool descending = false);
// The k largest along dim, in descending order; or the k smallest, in ascending order.
Sorted topk(const Operand& x, std::int64_t k, std::int64_t dim = -1, bool largest = true);
// The k-th smallest along dim, counted from 1.
Sorted kthvalue(const Operand& x, std::int64_t k, std::int64_t dim = -1, bool keepdim = false);
// The middle one of the elements, the lower of two; nan where there is one.
Tensor median(const Operand& x);
Sorted median(const Operand& x, std::int64_t dim, bool keepdim = false);
// The distinct elements in ascending order.
Tensor unique(const Operand& x);
// Without the elements that equal the one before them, in row-major order.
Tensor unique_consecutive(const Operand& x);
// How many elements of `sorted`, which ascends along its last dim, lie below each value; with right, below or at it.
// One vector for all values, or a row for each row of them. i64, or i32.
Tensor searchsorted(const Tensor& sorted, const Operand& values, bool out_int32 = false, bool right = false);
// The same of one vector of boundaries.
Tensor bucketize(const Operand& x, const Tensor& boundaries, bool out_int32 = false, bool right = false);
// How often each number from 0 on occurs in a vector of them.
Tensor bincount(const Operand& x, std::int64_t minlength = 0);

}  // namespace weft
