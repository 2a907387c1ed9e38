// Where the elements of an index lie in the tensor whose elements it names, and how a walk over them is cut into parts.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "ops/indexing/index.h"

namespace weft {

// Element [i, j, k] of the index names [index, j, k] of the whole, for dim 0. A part has a range of one other dim, of
// the index and of the whole: no two parts touch one element of the whole, and the order of the elements of one is that
// of the index, whatever the parts.
class Places {
 public:
  // `operand` of the call is the index. Parts are for what writes to the whole; with `reads` for what reads it, which
  // has the shape of the index.
  Places(const OpCall& call, std::size_t operand, const Shape& whole, std::int64_t dim, bool reads = false)
      : index_(call, whole[static_cast<int>(dim)]), operand_(operand), whole_(whole) {
    const Shape& shape = call.in(operand).shape;
    at_ = row_major_strides(whole);
    step_ = std::exchange(at_[static_cast<std::size_t>(dim)], 0);
    in_index_ = row_major_strides(shape);
    rank_ = shape.rank();
    for (int d = 0; d < rank_; ++d) extent_[static_cast<std::size_t>(d)] = shape[d];
    empty_ = shape.numel() == 0;
    cut(shape, dim, reads);
  }

  std::uint32_t parts() const { return count_; }

  // Calls f(element of the whole, element of the index) for those of a part, in row-major order of the index. Throws
  // Error at an index that names nothing.
  template <class F>
  void for_each(const KernelArgs& args, F f) const {
    if (empty_) return;
    const auto* const index = args.input<std::int64_t>(operand_);
    auto extent = extent_;
    std::int64_t at = 0, i = 0;
    if (count_ > 1) {
      const auto c = static_cast<std::size_t>(dim_);
      at = begin(args.part) * at_[c];
      i = begin(args.part) * in_index_[c];
      extent[c] = std::min(per_part_, extent_[c] - begin(args.part));
      if (extent[c] <= 0) return;
    }
    const auto last = static_cast<std::size_t>(rank_ - 1);
    std::array<std::int64_t, Shape::kMaxRank> n{};
    for (;;) {
      for (std::int64_t k = 0; k < extent[last]; ++k) {
        const std::int64_t from = i + k;
        f(at + k * at_[last] + index_(index[from]) * step_, from);
      }
      std::size_t d = last;
      for (;;) {
        if (d-- == 0) return;
        at += at_[d];
        i += in_index_[d];
        if (++n[d] < extent[d]) break;
        at -= at_[d] * extent[d];
        i -= in_index_[d] * extent[d];
        n[d] = 0;
      }
    }
  }

  // Calls f(first element, number) for the runs of the whole that a part owns.
  template <class F>
  void for_each_run(std::uint32_t part, F f) const {
    if (whole_.numel() == 0) return;
    const Region own = region(part);
    if (own.width == 0) return f(0, whole_.numel());
    if (own.cols == own.width) return f(own.row * own.width, own.rows * own.width);
    for (std::int64_t row = 0; row < own.rows; ++row) f((own.row + row) * own.width + own.col, own.cols);
  }

  // What a part owns of the whole, or for reads of the result.
  Region region(std::uint32_t part) const {
    if (count_ == 1) return {};
    const std::int64_t extent = reads_ ? extent_[static_cast<std::size_t>(dim_)] : whole_[dim_];
    const std::int64_t end = part + 1 == count_ ? extent : std::min(extent, begin(part) + per_part_);
    if (dim_ == 0) return {.width = row_, .row = begin(part), .rows = end - begin(part), .col = 0, .cols = row_};
    return {.width = extent, .row = 0, .rows = row_, .col = begin(part), .cols = end - begin(part)};
  }

 private:
  std::int64_t begin(std::uint32_t part) const { return static_cast<std::int64_t>(part) * per_part_; }

  // The first dim, or the last: a range of another one is no rectangle.
  void cut(const Shape& shape, std::int64_t dim, bool reads) {
    reads_ = reads;
    const std::int64_t least = dim != 0 || reads ? 1 : kLine;
    dim_ = least == 1 ? 0 : rank_ - 1;
    const std::int64_t extent = shape[dim_];
    if (extent == 0 || empty_ || (dim_ == dim && !reads)) return;
    const std::int64_t most = std::min({kMostParts, shape.numel() / kElements, extent / least});
    if (most < 2) return;
    const std::int64_t per_part = (extent + most - 1) / most;
    per_part_ = (per_part + least - 1) / least * least;
    count_ = static_cast<std::uint32_t>((extent + per_part_ - 1) / per_part_);
    row_ = (reads ? shape : whole_).numel() / (reads ? shape : whole_)[dim_];
  }

  // An element takes about a nanosecond; columns are cut where a cache line ends.
  static constexpr std::int64_t kMostParts = 16, kElements = 1 << 15, kLine = 16;

  CheckedIndex index_;
  std::size_t operand_;
  Shape whole_;
  std::array<std::int64_t, Shape::kMaxRank> at_{}, in_index_{}, extent_{};
  std::int64_t step_ = 0, per_part_ = 0, row_ = 0;
  int rank_ = 0, dim_ = 0;
  std::uint32_t count_ = 1;
  bool empty_ = false, reads_ = false;
};

}  // namespace weft
