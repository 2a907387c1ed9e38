// Elements that are moved.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "graph/element_type.h"

namespace weft {

// Calls f with an unsigned integer of the size of the elements, for kernels that only move them.
template <class F>
auto with_element_size(DType dtype, F f) {
  switch (size_of(dtype)) {
    case 1:
      return f(std::uint8_t{});
    case 4:
      return f(std::uint32_t{});
    default:
      return f(std::uint64_t{});
  }
}

// memcpy for which no elements are legal, whatever the pointers.
template <class T>
void copy_elements(const T* from, std::int64_t count, T* to) {
  if (count > 0) std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
}

// `count` times the same element: by doubling what is there, because memcpy moves vectors and a loop may not.
template <class T>
void fill_elements(T* to, std::int64_t count, T value) {
  constexpr std::int64_t kLoop = 64, kChunk = 4096;
  for (std::int64_t i = 0; i < std::min(count, kLoop); ++i) to[i] = value;
  for (std::int64_t done = kLoop; done < count;) {
    const std::int64_t more = std::min({done, kChunk, count - done});
    copy_elements(to, more, to + done);
    done += more;
  }
}

}  // namespace weft
