// Copies of elements between a dense tensor and a strided walk over another one: the kernels of permute, expand and
// slice.
#pragma once

#include <array>
#include <cstdint>

#include "graph/kernel.h"
#include "graph/type.h"

namespace weft {

struct LoopDim {
  std::int64_t extent = 1;
  std::int64_t in = 0;   // elements to the next one in the source
  std::int64_t out = 0;  // and in the destination
};

// Nested loops, outermost first. Extents of 1 are left out and dims that run on in each other are one.
class LoopNest {
 public:
  // The walk in row-major order over a dense result of this shape, whose dims have these strides in the source.
  LoopNest(const Shape& shape, const std::array<std::int64_t, Shape::kMaxRank>& in_strides);

  int rank() const { return rank_; }
  const LoopDim& operator[](int i) const { return dims_[static_cast<std::size_t>(i)]; }
  LoopDim& operator[](int i) { return dims_[static_cast<std::size_t>(i)]; }
  // Takes dim i out of the nest.
  LoopDim take(int i);

  // Calls f(source offset, destination offset) for each step of the loops.
  template <class F>
  void for_each(F f) const {
    std::array<std::int64_t, Shape::kMaxRank> index{};
    std::int64_t in = 0, out = 0;
    for (;;) {
      f(in, out);
      int d = rank_ - 1;
      for (; d >= 0; --d) {
        const auto at = static_cast<std::size_t>(d);
        in += dims_[at].in;
        out += dims_[at].out;
        if (++index[at] < dims_[at].extent) break;
        in -= dims_[at].in * dims_[at].extent;
        out -= dims_[at].out * dims_[at].extent;
        index[at] = 0;
      }
      if (d < 0) return;
    }
  }

 private:
  int rank_ = 0;
  std::array<LoopDim, Shape::kMaxRank> dims_{};
};

// The strides of a dense tensor of this shape, in elements.
std::array<std::int64_t, Shape::kMaxRank> row_major_strides(const Shape& shape);

// Input 0, from element `base` on, walked with these strides, becomes output 0, dense and of this type.
KernelFn gather_kernel(const TensorType& out, const std::array<std::int64_t, Shape::kMaxRank>& in_strides,
                       std::int64_t base);
// The other way round: input 0, dense and of type `in`, goes to output 0 walked with these strides; the output's other
// elements become 0.
KernelFn scatter_kernel(const TensorType& in, const std::array<std::int64_t, Shape::kMaxRank>& out_strides,
                        std::int64_t base, std::int64_t out_numel);

// The same without touching the output's other elements.
KernelFn place_kernel(const TensorType& in, const std::array<std::int64_t, Shape::kMaxRank>& out_strides,
                      std::int64_t base);

}  // namespace weft
