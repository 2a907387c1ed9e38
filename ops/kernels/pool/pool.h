// Pooling of channels-last images, for f32 and f64.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace weft {

// The places of an image along one extent that go into one result: first, first + step, ... below end; all inside.
struct PoolWindow {
  std::int64_t first = 0, end = 0;
  std::int64_t padded = 0;  // places, with those of the padding
};

// Images [images, in..., channels] and results [images, out..., channels]. Where there are fewer than three extents the
// first ones are 1.
struct PoolShape {
  using Extents = std::array<std::int64_t, 3>;

  std::int64_t images = 0, channels = 0;
  Extents in{1, 1, 1}, out{1, 1, 1}, step{1, 1, 1};
  std::array<std::vector<PoolWindow>, 3> windows;  // of each result

  std::int64_t in_places() const { return in[0] * in[1] * in[2]; }
  std::int64_t out_places() const { return out[0] * out[1] * out[2]; }
};

// Calls f(result, place) for all places of an image that go into each of its results, in ascending order.
template <class F>
void for_each_place(const PoolShape& s, F f) {
  std::int64_t result = 0;
  for (const PoolWindow& a : s.windows[0])
    for (const PoolWindow& b : s.windows[1])
      for (const PoolWindow& c : s.windows[2]) {
        for (std::int64_t z = a.first; z < a.end; z += s.step[0])
          for (std::int64_t y = b.first; y < b.end; y += s.step[1])
            for (std::int64_t x = c.first; x < c.end; x += s.step[2]) f(result, (z * s.in[1] + y) * s.in[2] + x);
        ++result;
      }
}

// One image: the first of the largest elements, or nan, and its place.
template <class T>
void max_pool(const PoolShape& s, const T* x, T* y, std::int64_t* index) {
  std::int64_t last = -1;
  for_each_place(s, [&](std::int64_t result, std::int64_t place) {
    const T* const from = x + place * s.channels;
    T* const to = y + result * s.channels;
    std::int64_t* const at = index + result * s.channels;
    const bool is_first = result != last;
    last = result;
    for (std::int64_t c = 0; c < s.channels; ++c) {
      if (!is_first && !(from[c] > to[c]) && !(from[c] != from[c])) continue;
      to[c] = from[c];
      at[c] = place;
    }
  });
}

// One image: `divisors` of each result.
template <class T>
void average_pool(const PoolShape& s, const double* divisors, const T* x, T* y) {
  for (std::int64_t i = 0; i < s.out_places() * s.channels; ++i) y[i] = 0;
  for_each_place(s, [&](std::int64_t result, std::int64_t place) {
    for (std::int64_t c = 0; c < s.channels; ++c) y[result * s.channels + c] += x[place * s.channels + c];
  });
  for (std::int64_t r = 0; r < s.out_places(); ++r)
    for (std::int64_t c = 0; c < s.channels; ++c) y[r * s.channels + c] /= static_cast<T>(divisors[r]);
}

// One image: what average_pool makes of a gradient.
template <class T>
void average_pool_gradient(const PoolShape& s, const double* divisors, const T* dy, T* dx) {
  for (std::int64_t i = 0; i < s.in_places() * s.channels; ++i) dx[i] = 0;
  for_each_place(s, [&](std::int64_t result, std::int64_t place) {
    const T divisor = static_cast<T>(divisors[result]);
    for (std::int64_t c = 0; c < s.channels; ++c) dx[place * s.channels + c] += dy[result * s.channels + c] / divisor;
  });
}

}  // namespace weft
