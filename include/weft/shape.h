// The extents of a tensor. A scalar has rank 0; an extent may be 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "weft/error.h"

namespace weft {

class Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;
  // Throws Error for a negative extent, a rank above kMaxRank, or a product of extents above 2^40.
  Shape(std::initializer_list<std::int64_t> dims, SourceLocation at = SourceLocation::current())
      : Shape(std::span(dims.begin(), dims.size()), at) {}
  Shape(const std::vector<std::int64_t>& dims, SourceLocation at = SourceLocation::current())
      : Shape(std::span(dims.data(), dims.size()), at) {}
  explicit Shape(std::span<const std::int64_t> dims, SourceLocation at = SourceLocation::current());

  int rank() const { return rank_; }
  // Throws Error unless 0 <= dim < rank().
  std::int64_t operator[](int dim) const {
    if (dim < 0 || dim >= rank_) refuse_dim(dim);
    return dims_[static_cast<std::size_t>(dim)];
  }
  const std::int64_t* begin() const { return dims_.data(); }
  const std::int64_t* end() const { return dims_.data() + rank_; }
  std::span<const std::int64_t> dims() const { return {begin(), end()}; }
  std::vector<std::int64_t> vec() const { return {begin(), end()}; }

  // The number of elements: the product of the extents, 1 for a scalar.
  std::int64_t numel() const { return numel_; }

  bool operator==(const Shape& other) const;

  // "[2,3]"
  std::string str() const;

 private:
  [[noreturn]] void refuse_dim(int dim) const;

  std::array<std::int64_t, kMaxRank> dims_{};
  std::int64_t numel_ = 1;
  int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace weft
