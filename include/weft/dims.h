// DimsRef: extents or dims as a call takes them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "weft/shape.h"

namespace weft {

// Numbers in braces, a vector, a span, a Shape, or one number: zeros({2, 3}), zeros(x.shape()), x.sum(0). It refers to
// what it was made of and owns nothing: a type for parameters, valid for the call and never to be kept.
class DimsRef {
 public:
  DimsRef() = default;  // no list: what a call does by default
  DimsRef(std::initializer_list<std::int64_t> dims) : DimsRef(std::span(dims.begin(), dims.size())) {}
  DimsRef(const std::vector<std::int64_t>& dims) : DimsRef(std::span(dims.data(), dims.size())) {}
  DimsRef(const Shape& shape) : DimsRef(shape.dims()) {}
  DimsRef(std::span<const std::int64_t> dims) : many_(dims.data()), size_(dims.size()), is_list_(true) {}
  template <std::integral N>
  requires(!std::same_as<N, bool>) DimsRef(N one) : one_(static_cast<std::int64_t>(one)), size_(1), is_list_(true) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Whether there is a list, which may be empty.
  bool is_list() const { return is_list_; }
  const std::int64_t* begin() const { return many_ ? many_ : &one_; }
  const std::int64_t* end() const { return begin() + size_; }
  std::int64_t operator[](std::size_t i) const { return begin()[i]; }
  std::vector<std::int64_t> vec() const { return {begin(), end()}; }

 private:
  const std::int64_t* many_ = nullptr;  // null: one_, or nothing
  std::int64_t one_ = 0;
  std::size_t size_ = 0;
  bool is_list_ = false;
};

}  // namespace weft
