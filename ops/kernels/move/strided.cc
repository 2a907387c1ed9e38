#include "ops/kernels/move/strided.h"

#include <algorithm>
#include <utility>

#include "ops/kernels/elements.h"

namespace weft {
namespace {

// Moves the last dim of the loops. in and out point to its first elements.
template <class T>
void move_run(const LoopDim& run, const T* in, T* out) {
  if (run.in == 1 && run.out == 1) return copy_elements(in, run.extent, out);
  if (run.in == 0 && run.out == 1) return fill_elements(out, run.extent, *in);
  for (std::int64_t i = 0; i < run.extent; ++i) out[i * run.out] = in[i * run.in];
}

// row is contiguous in the source and col in the destination. Blocks of whole cache lines go through a buffer, so that
// each line is touched once: rows a power of two apart would push each other out of the cache.
template <class T>
void transpose_matrix(const LoopDim& row, const LoopDim& col, const T* in, T* out) {
  constexpr std::int64_t kBlock = 64 / sizeof(T);
  T block[kBlock][kBlock];
  for (std::int64_t c0 = 0; c0 < col.extent; c0 += kBlock) {
    const std::int64_t cols = std::min(kBlock, col.extent - c0);
    for (std::int64_t r0 = 0; r0 < row.extent; r0 += kBlock) {
      const std::int64_t rows = std::min(kBlock, row.extent - r0);
      for (std::int64_t c = 0; c < cols; ++c)
        for (std::int64_t r = 0; r < rows; ++r) block[r][c] = in[(c0 + c) * col.in + r0 + r];
      for (std::int64_t r = 0; r < rows; ++r) copy_elements(block[r], cols, out + (r0 + r) * row.out + c0);
    }
  }
}

int contiguous_source_dim(const LoopNest& nest) {
  for (int i = 0; i < nest.rank(); ++i)
    if (nest[i].in == 1) return i;
  return -1;
}

template <class T>
KernelFn gather(LoopNest nest, std::int64_t base) {
  const LoopDim col = nest.rank() > 0 ? nest.take(nest.rank() - 1) : LoopDim{1, 1, 1};
  const int contiguous = col.in > 1 ? contiguous_source_dim(nest) : -1;
  if (contiguous < 0) {
    return [nest, col, base](const KernelArgs& args) {
      const T* source = args.input<T>(0) + base;
      T* target = args.output<T>();
      nest.for_each([&](std::int64_t in, std::int64_t out) { move_run(col, source + in, target + out); });
    };
  }
  const LoopDim row = nest.take(contiguous);
  return [nest, row, col, base](const KernelArgs& args) {
    const T* source = args.input<T>(0) + base;
    T* target = args.output<T>();
    nest.for_each([&](std::int64_t in, std::int64_t out) { transpose_matrix(row, col, source + in, target + out); });
  };
}

template <class T>
KernelFn place(LoopNest nest, std::int64_t base) {
  for (int i = 0; i < nest.rank(); ++i) std::swap(nest[i].in, nest[i].out);
  const LoopDim run = nest.rank() > 0 ? nest.take(nest.rank() - 1) : LoopDim{1, 1, 1};
  return [nest, run, base](const KernelArgs& args) {
    const T* source = args.input<T>(0);
    T* target = args.output<T>() + base;
    nest.for_each([&](std::int64_t in, std::int64_t out) { move_run(run, source + in, target + out); });
  };
}

}  // namespace

LoopNest::LoopNest(const Shape& shape, const std::array<std::int64_t, Shape::kMaxRank>& in_strides) {
  const auto out_strides = row_major_strides(shape);
  for (int d = 0; d < shape.rank(); ++d) {
    const auto at = static_cast<std::size_t>(d);
    if (shape[d] == 1) continue;
    const LoopDim dim{shape[d], in_strides[at], out_strides[at]};
    LoopDim* before = rank_ > 0 ? &dims_[static_cast<std::size_t>(rank_ - 1)] : nullptr;
    if (before && before->in == dim.in * dim.extent)
      *before = {before->extent * dim.extent, dim.in, dim.out};
    else
      dims_[static_cast<std::size_t>(rank_++)] = dim;
  }
}

LoopDim LoopNest::take(int i) {
  const LoopDim taken = dims_[static_cast<std::size_t>(i)];
  std::copy(dims_.begin() + i + 1, dims_.begin() + rank_, dims_.begin() + i);
  --rank_;
  return taken;
}

std::array<std::int64_t, Shape::kMaxRank> row_major_strides(const Shape& shape) {
  std::array<std::int64_t, Shape::kMaxRank> strides{};
  std::int64_t stride = 1;
  for (int d = shape.rank(); d-- > 0;) {
    strides[static_cast<std::size_t>(d)] = stride;
    stride *= shape[d];
  }
  return strides;
}

KernelFn gather_kernel(const TensorType& out, const std::array<std::int64_t, Shape::kMaxRank>& in_strides,
                       std::int64_t base) {
  if (out.shape.numel() == 0) return [](const KernelArgs&) {};
  return with_element_size(out.dtype, [&]<class T>(T) { return gather<T>(LoopNest(out.shape, in_strides), base); });
}

KernelFn scatter_kernel(const TensorType& in, const std::array<std::int64_t, Shape::kMaxRank>& out_strides,
                        std::int64_t base, std::int64_t out_numel) {
  return with_element_size(in.dtype, [&]<class T>(T) -> KernelFn {
    return [out_numel, place = place_kernel(in, out_strides, base)](const KernelArgs& args) {
      fill_elements(args.output<T>(), out_numel, T{0});
      place(args);
    };
  });
}

KernelFn place_kernel(const TensorType& in, const std::array<std::int64_t, Shape::kMaxRank>& out_strides,
                      std::int64_t base) {
  if (in.shape.numel() == 0) return [](const KernelArgs&) {};
  return with_element_size(in.dtype, [&]<class T>(T) { return place<T>(LoopNest(in.shape, out_strides), base); });
}

}  // namespace weft
