#include <string>

#include "ops/kernels/onednn/onednn.h"
#include "ops/kernels/onednn/primitive_cache.h"

namespace weft {
namespace {

// The matrices as oneDNN sees them: rank 3 where there is a batch, and transposed by strides.
dnnl::memory::desc describe(const GemmShape& p, bool batched, std::int64_t rows, std::int64_t cols, bool transposed) {
  const dnnl::memory::dim row_stride = transposed ? 1 : cols, col_stride = transposed ? rows : 1;
  constexpr auto kF32 = dnnl::memory::data_type::f32;
  if (p.batch == 1) return {{rows, cols}, kF32, dnnl::memory::dims{row_stride, col_stride}};
  return {{batched ? p.batch : 1, rows, cols}, kF32, dnnl::memory::dims{rows * cols, row_stride, col_stride}};
}

Primitive make(const GemmShape& p) {
  const dnnl::memory::desc a = describe(p, p.batched_a, p.m, p.k, p.transpose_a),
                           b = describe(p, p.batched_b, p.k, p.n, p.transpose_b),
                           c = describe(p, true, p.m, p.n, false);
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc pd(onednn_engine(), a, b, c, user_scratchpad());
#else
  const dnnl::matmul::primitive_desc pd(dnnl::matmul::desc(a, b, c), user_scratchpad(), onednn_engine());
#endif
  return noted(
      {"matmul",
       dnnl::matmul(pd),
       {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}, {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc()}}});
}

}  // namespace

Kernel onednn_matmul(const GemmShape& product) {
  static auto& cache = *new PrimitiveCache<GemmShape, Primitive>;
  const auto matmul = cache.get(product, [&] { return make(product); });
  const auto execute = [](PrimitiveExecution& execution, const KernelArgs& args) {
    execution({args.in[0], args.in[1], args.out[0], args.scratch});
  };
  const auto instance = [matmul, execute] {
    return KernelFn([execution = std::make_shared<PrimitiveExecution>(matmul), execute](const KernelArgs& args) {
      execute(*execution, args);
    });
  };
  return {.run =
              [matmul, execute](const KernelArgs& args) {
                PrimitiveExecution execution(matmul);
                execute(execution, args);
              },
          .scratch_bytes = matmul->bytes(3),
          .instance = instance,
          .flops = product.flops()};
}

}  // namespace weft
