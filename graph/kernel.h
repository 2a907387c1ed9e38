// Kernel: what an op compiles a call to, for the run time. Knows no op.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace weft {

// The pointers of one execution. in[i] and out[j] point to dense row-major elements, 64-byte aligned (null is possible
// for values of no elements); scratch has the kernel's scratch_bytes, 64-byte aligned.
struct KernelArgs {
  const void* const* in;
  void* const* out;
  void* scratch;
  std::uint32_t part = 0;

  template <class T>
  const T* input(std::size_t i) const {
    return static_cast<const T*>(in[i]);
  }
  template <class T>
  T* output(std::size_t i = 0) const {
    return static_cast<T*>(out[i]);
  }
};

using KernelFn = std::function<void(const KernelArgs&)>;

// The elements of a value that a part of a kernel touches: a rectangle of the elements seen as a dense matrix of
// `width` columns. Width 0: all elements.
struct Region {
  std::int64_t width = 0;
  std::int64_t row = 0, rows = 0, col = 0, cols = 0;

  bool operator==(const Region&) const = default;
  // False only where no element is in both.
  bool overlaps(const Region& other) const {
    const auto apart = [](std::int64_t a, std::int64_t n, std::int64_t b, std::int64_t m) {
      return a + n <= b || b + m <= a;
    };
    if (width == 0 || other.width == 0) return true;
    if (width == other.width)
      return !apart(row, rows, other.row, other.rows) && !apart(col, cols, other.col, other.cols);
    return !apart(first(), last() - first() + 1, other.first(), other.last() - other.first() + 1);
  }

 private:
  std::int64_t first() const { return row * width + col; }
  std::int64_t last() const { return (row + rows - 1) * width + col + cols - 1; }
};

// Compiled from a call: everything that depends on types and attributes is done.
struct Kernel {
  // One thread, no locks, no state: any number of threads may execute it at once, each with arguments of its own.
  KernelFn run;
  std::size_t scratch_bytes = 0;
  // For kernels with state (library handles): makes the function that one Run calls in place of run. Null: no state.
  std::function<KernelFn()> instance = nullptr;
  // The work is done when run was called once for each args.part below `parts`, in any order and side by side. How
  // many follows from types and attributes, never from threads: the same parts give the same bits.
  std::uint32_t parts = 1;
  // What a part touches of a slot: the inputs, then the outputs. Parts write disjoint regions. Null: all of everything.
  std::function<Region(std::uint32_t part, std::size_t slot)> region = nullptr;
  // Arithmetic of all parts, and the bytes that they move where that is not each operand and result once; 0: not known.
  double flops = 0;
  double bytes = 0;
};

}  // namespace weft
