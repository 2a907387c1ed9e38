// What ops share that read an index: its checks and its walks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "graph/builder.h"
#include "graph/kernel.h"
#include "ops/kernels/move/strided.h"
#include "ops/kernels/reduce/reduce_pass.h"
#include "weft/ops.h"

namespace weft {

// Checks the indices of one call when it runs.
class CheckedIndex {
 public:
  // `extent`: what they lie below.
  CheckedIndex(const OpCall& call, std::int64_t extent);
  // The index in [0, extent), or Error.
  std::int64_t operator()(std::int64_t index) const {
    if (index < 0 || index >= extent_) refuse(index);
    return index;
  }

 private:
  [[noreturn]] void refuse(std::int64_t index) const;

  std::string call_;
  SourceLocation where_;
  std::int64_t extent_;
};

// Parts of dim 0 of a tensor with `rows` rows, of which each does this much work.
struct RowParts {
  static constexpr std::int64_t kMost = 16;

  RowParts(std::int64_t rows, std::int64_t work_per_row, std::int64_t most = kMost);
  static RowParts of_size(std::int64_t rows, std::int64_t per_part);
  std::int64_t begin(std::uint32_t part) const { return static_cast<std::int64_t>(part) * per_part; }
  std::int64_t end(std::uint32_t part) const { return std::min(rows, begin(part) + per_part); }
  std::uint32_t count() const { return count_; }
  // The rows of a part, of a tensor that has them as its dim 0 and this many elements in each.
  Region region(std::uint32_t part, std::int64_t width) const;

  std::int64_t rows, per_part;

 private:
  std::uint32_t count_;
};

// The kernel of a call whose operand 1 numbers the rows of operand 0, those of `from`, that become the rows of `to`.
Kernel rows_by_number(const OpCall& call, const ReducePass& from, const ReducePass& to);
// An index that may be i32, as an operand of operations that take i64.
inline Operand as_index(const Tensor& index, SourceLocation at) {
  const bool is_narrow = index.defined() && index.dtype(at) == DType::i32;
  return {is_narrow ? index.to(DType::i64, at) : index, at};
}

// ---- Values
// Where much is added to few places of dim 0, rows are added in this many chunks, each to zeros of its own, and their
// sums are added in order: parts that have nothing to do with each other. 1: as a whole.
std::int64_t num_chunks(const Shape& src, std::int64_t dim, std::int64_t extent);
// Dim 0 as chunks and rows of a chunk.
Value in_chunks(const Value& x, std::int64_t chunks);
// Rows of dim by number; index is a vector.
Value index_select(const Value& x, std::int64_t dim, const Value& index);
// Zeros with `extent` rows, to which the rows of src are added: index_select turned round.
Value index_sum(const Value& src, std::int64_t dim, const Value& index, std::int64_t extent);
// out[i, j, k] = x[i, index[i, j, k], k] for dim 1.
Value gather(const Value& x, std::int64_t dim, const Value& index);
// Zeros of this shape, to which src is added at these places: gather turned round. src has the shape of index.
Value scatter_sum(const Value& src, std::int64_t dim, const Value& index, const Shape& shape);
// x with src at these places.
Value scatter(const Value& x, std::int64_t dim, const Value& index, const Value& src);

}  // namespace weft
