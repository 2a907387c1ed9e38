// Pooling of channels-last images, for f32 and f64.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace weft {

// The places of an image along one extent that go into one result: first, first + step, ... below end; all inside.
struct PoolWindow {
  std::int64_t first = 0, end = 0;
  std::int64_t padded = 0;  // places, with those of the padding
};

// How the windows of the results lie along one extent.
struct PoolExtent {
  std::int64_t in = 1, out = 1, kernel = 1, stride = 1, padding = 0, dilation = 1;
  bool adaptive = false;  // result o is of the places from floor(o in / out) to ceil((o + 1) in / out)

  PoolWindow window(std::int64_t o) const {
    if (adaptive) {
      const PoolWindow w{o * in / out, ((o + 1) * in + out - 1) / out, 0};
      return {w.first, w.end, w.end - w.first};
    }
    const std::int64_t start = o * stride - padding, reach = dilation * (kernel - 1) + 1;
    const std::int64_t first = start < 0 ? start + (-start + dilation - 1) / dilation * dilation : start;
    return {first, std::min(start + reach, in), std::min(start + reach, in + padding) - start};
  }
};

// Images [images, in..., channels] and results [images, out..., channels]. Where there are fewer than three extents the
// first ones are 1.
struct PoolShape {
  std::int64_t images = 0, channels = 0;
  std::array<PoolExtent, 3> extents;

  std::int64_t in_places() const { return extents[0].in * extents[1].in * extents[2].in; }
  std::int64_t out_places() const { return extents[0].out * extents[1].out * extents[2].out; }
};

// Calls f(result, windows) for each result of an image.
template <class F>
void for_each_window(const PoolShape& s, F f) {
  const auto& [a, b, c] = s.extents;
  std::int64_t result = 0;
  for (std::int64_t z = 0; z < a.out; ++z)
    for (std::int64_t y = 0; y < b.out; ++y)
      for (std::int64_t x = 0; x < c.out; ++x) f(result++, std::array{a.window(z), b.window(y), c.window(x)});
}

// Calls f(place) for each place of a window, in ascending order.
template <class F>
void for_each_place(const PoolShape& s, const std::array<PoolWindow, 3>& w, F f) {
  const auto step = [&](std::size_t d) { return s.extents[d].adaptive ? 1 : s.extents[d].dilation; };
  for (std::int64_t z = w[0].first; z < w[0].end; z += step(0))
    for (std::int64_t y = w[1].first; y < w[1].end; y += step(1))
      for (std::int64_t x = w[2].first; x < w[2].end; x += step(2)) f((z * s.extents[1].in + y) * s.extents[2].in + x);
}

// The place of a result whose window has no element of the image.
inline constexpr std::int64_t kNoPlace = -1;

// One image: the first of the largest elements, or nan, and its place.
template <class T>
void max_pool(const PoolShape& s, const T* x, T* y, std::int64_t* index) {
  for_each_window(s, [&](std::int64_t result, const auto& windows) {
    T* const to = y + result * s.channels;
    std::int64_t* const at = index + result * s.channels;
    std::fill_n(to, s.channels, -std::numeric_limits<T>::infinity());
    std::fill_n(at, s.channels, kNoPlace);
    for_each_place(s, windows, [&](std::int64_t place) {
      const T* const from = x + place * s.channels;
      for (std::int64_t c = 0; c < s.channels; ++c) {
        if (at[c] != kNoPlace && !(from[c] > to[c]) && from[c] == from[c]) continue;
        to[c] = from[c];
        at[c] = place;
      }
    });
  });
}

// How averages are divided.
struct PoolDivisor {
  bool count_include_pad = true;
  std::int64_t fixed = 0;  // 0: by the size of the window

  double of(const std::array<PoolWindow, 3>& windows, const PoolShape& s) const {
    if (fixed > 0) return static_cast<double>(fixed);
    double size = 1;
    for (std::size_t d = 0; d < 3; ++d) {
      const std::int64_t step = s.extents[d].adaptive ? 1 : s.extents[d].dilation;
      const std::int64_t inside = (windows[d].end - windows[d].first + step - 1) / step;
      size *= static_cast<double>(count_include_pad ? windows[d].padded : inside);
    }
    return size;
  }
};

// One image. sums: room for the channels; sums in f64 keep what a chain of f32 additions would lose.
template <class T>
void average_pool(const PoolShape& s, const PoolDivisor& divisor, const T* x, T* y, double* sums) {
  for_each_window(s, [&](std::int64_t result, const auto& windows) {
    std::fill_n(sums, s.channels, 0.0);
    for_each_place(s, windows, [&](std::int64_t place) {
      for (std::int64_t c = 0; c < s.channels; ++c) sums[c] += static_cast<double>(x[place * s.channels + c]);
    });
    const double by = divisor.of(windows, s);
    for (std::int64_t c = 0; c < s.channels; ++c) y[result * s.channels + c] = static_cast<T>(sums[c] / by);
  });
}

// One image: what average_pool makes of a gradient.
template <class T>
void average_pool_gradient(const PoolShape& s, const PoolDivisor& divisor, const T* dy, T* dx) {
  std::fill_n(dx, s.in_places() * s.channels, T{0});
  for_each_window(s, [&](std::int64_t result, const auto& windows) {
    const double by = divisor.of(windows, s);
    for_each_place(s, windows, [&](std::int64_t place) {
      for (std::int64_t c = 0; c < s.channels; ++c)
        dx[place * s.channels + c] += static_cast<T>(static_cast<double>(dy[result * s.channels + c]) / by);
    });
  });
}

}  // namespace weft
