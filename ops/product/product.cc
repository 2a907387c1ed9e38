#include "ops/product/product.h"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "graph/element_type.h"
#include "ops/kernels/gemm/gemm.h"
#include "ops/kernels/onednn/onednn.h"

namespace weft {

namespace {

// Large batches go to oneDNN, a call of which costs 0.3 to 0.6 us before it multiplies. All else goes to our own
// kernel, which runs in parts and together with what follows a product, and adds long inner dims in segments. Depends
// on the shape only, so that results do.
bool prefers_own(const GemmShape& p) {
  if (p.batch == 1 || p.m == 1 || p.k > kSegment) return true;
  constexpr std::int64_t kDots = 1 << 18, kTransposed = 1 << 13, kPlain = 1 << 17;
  const std::int64_t limit = takes_dots(p) ? kDots : p.transpose_b ? kTransposed : kPlain;
  return p.n * p.k <= limit && p.m * p.n * p.k <= limit;
}

template <class T>
Kernel own_kernel(const GemmForm& form) {
  const GemmShape p = form.product;
  const Block all{0, 0, p.m, p.n};
  std::vector<GemmPart<T>> parts;
  std::size_t scratch = 0;
  for (const Block& block : p.batch == 1 ? parts_of(p) : std::vector<Block>{all}) {
    parts.emplace_back(p, block, /*has_epilogue=*/false);
    scratch = std::max(scratch, parts.back().scratch());
  }
  const auto run = [p, parts, swapped = form.swapped](const KernelArgs& args) {
    const T* a = args.input<T>(swapped ? 1 : 0);
    const T* b = args.input<T>(swapped ? 0 : 1);
    T* c = args.output<T>();
    const std::int64_t a_step = p.batched_a ? p.m * p.k : 0, b_step = p.batched_b ? p.k * p.n : 0;
    for (std::int64_t i = 0; i < p.batch; ++i)
      gemm(parts[args.part], a + i * a_step, b + i * b_step, c + i * p.m * p.n, static_cast<T*>(args.scratch));
  };
  Kernel kernel{.run = run, .scratch_bytes = scratch * sizeof(T), .flops = p.flops()};
  if (parts.size() == 1) return kernel;
  kernel.parts = static_cast<std::uint32_t>(parts.size());
  kernel.region = [form, parts](std::uint32_t part, std::size_t slot) {
    const Block& block = parts[part].block;
    return slot < 2 ? factor_region(form, block, slot)
                    : Region{form.product.n, block.row, block.rows, block.col, block.cols};
  };
  return kernel;
}

// Sums wrap around as integers do in PyTorch, hence the unsigned arithmetic.
template <class T>
void multiply_integers(const GemmShape& p, const T* a, const T* b, T* c) {
  const std::int64_t a_row = p.transpose_a ? 1 : p.k, a_col = p.transpose_a ? p.m : 1;
  const std::int64_t b_row = p.transpose_b ? 1 : p.n, b_col = p.transpose_b ? p.k : 1;
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      std::uint64_t sum = 0;
      for (std::int64_t l = 0; l < p.k; ++l)
        sum +=
            static_cast<std::uint64_t>(a[i * a_row + l * a_col]) * static_cast<std::uint64_t>(b[l * b_row + j * b_col]);
      c[i * p.n + j] = static_cast<T>(sum);
    }
  }
}

Kernel integer_kernel(DType dtype, const GemmShape& p) {
  return with_integer_type(dtype, [&]<class T>(T) {
    const auto run = [p](const KernelArgs& args) {
      const std::int64_t a_step = p.batched_a ? p.m * p.k : 0, b_step = p.batched_b ? p.k * p.n : 0;
      for (std::int64_t i = 0; i < p.batch; ++i)
        multiply_integers(p, args.input<T>(0) + i * a_step, args.input<T>(1) + i * b_step,
                          args.output<T>() + i * p.m * p.n);
    };
    return Kernel{.run = run, .flops = p.flops()};
  });
}

}  // namespace

bool same_order(DType dtype, const GemmShape& a, const GemmShape& b) {
  if (is_integer(dtype)) return true;
  const GemmShape x = gemm_form(a).product, y = gemm_form(b).product;
  const bool own = dtype == DType::f64 || (prefers_own(x) && prefers_own(y));
  return own ? takes_dots(x) == takes_dots(y) : a == b;
}

Kernel product_kernel(const OpCall& call, const GemmShape& product) {
  const TensorType& out = call.out();
  if (product.k == 0 || out.shape.numel() == 0)
    return {.run = [bytes = out.bytes()](const KernelArgs& args) { std::fill_n(args.output<char>(), bytes, char{0}); }};
  if (is_integer(out.dtype)) return integer_kernel(out.dtype, product);
  const GemmForm form = gemm_form(product);
  if (out.dtype == DType::f64) return own_kernel<double>(form);
  if (prefers_own(form.product)) return own_kernel<float>(form);
  try {
    return onednn_matmul(product);
  } catch (const std::exception& error) {
    call.fail(std::string("oneDNN refuses this product: ") + error.what());
  }
}

}  // namespace weft
