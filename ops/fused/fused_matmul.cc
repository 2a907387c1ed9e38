// fused_matmul: a product of matrices, and an elementwise program on it while its blocks are in the cache.
#include <memory>

#include "graph/alignment.h"
#include "ops/call_checks.h"
#include "ops/fused/fused_loop.h"
#include "ops/product/product.h"

namespace weft {
namespace {

constexpr std::size_t kFactors = 2;

// Elements. Smaller products are through before anything that is fetched ahead arrives.
constexpr std::int64_t kWorthFetching = 2048;

GemmShape product_of(const OpCall& call) {
  const Shape &a = call.in(0).shape, &b = call.in(1).shape;
  const bool ta = checked_attr<bool>(call, "transpose_a"), tb = checked_attr<bool>(call, "transpose_b");
  return {.m = a[ta ? 1 : 0], .n = b[tb ? 0 : 1], .k = a[ta ? 0 : 1], .transpose_a = ta, .transpose_b = tb};
}

Types infer(const OpCall& call) {
  for (std::size_t i = 0; i < kFactors; ++i)
    call.require(ErrorKind::dtype, call.in(i).dtype == DType::f32 && call.in(i).shape.rank() == 2,
                 "a and b must be f32 matrices");
  const GemmShape p = product_of(call);
  call.require(call.in(1).shape[p.transpose_b ? 1 : 0] == p.k, "the columns of a are not the rows of b");
  call.require(p.k > 0, "the factors have no elements");
  call.require(checked_attr<Dims>(call, "shape") == Dims{p.m, p.n}, "the shape is not that of the product");
  return infer_fused(call, kFactors);
}

class FusedProduct {
 public:
  explicit FusedProduct(const OpCall& call)
      : form_(gemm_form(product_of(call))),
        product_(form_.product),
        loop_(call, kFactors, MatrixShape{product_.m, product_.n}),
        operands_(call.inputs.size()) {
    for (const Block& block : parts_of(product_, loop_.has(ElementOutputKind::column_sums))) {
      parts_.emplace_back(product_, block, /*has_epilogue=*/true);
      gemm_bytes_ = std::max(gemm_bytes_, aligned(parts_.back().scratch() * sizeof(float)));
    }
  }

  std::size_t parts() const { return parts_.size(); }
  std::size_t scratch_bytes() const {
    return gemm_bytes_ + aligned(operands_ * sizeof(const float*)) + loop_.scratch_bytes();
  }
  double flops() const { return product_.flops() + loop_.flops(); }

  Region region(std::uint32_t part, std::size_t slot) const {
    const Block& block = parts_[part].block;
    if (slot < kFactors) return factor_region(form_, block, slot);
    return loop_.region(block, slot);
  }

  void run(const KernelArgs& args) const {
    char* room = static_cast<char*>(args.scratch);
    auto* gemm_room = reinterpret_cast<float*>(room);
    const auto** matrices = reinterpret_cast<const float**>(room + gemm_bytes_);
    Context context{this, &args, room + gemm_bytes_ + aligned(operands_ * sizeof(const float*))};
    const std::optional<MomentumUpdate<float>> update = loop_.update(args);
    const std::size_t fetched = product_.m * product_.n >= kWorthFetching ? loop_.list_matrices(args, matrices) : 0;
    const GemmEpilogue<float> epilogue{take, &context, {matrices, fetched}, update ? &*update : nullptr};
    const std::size_t first = form_.swapped ? 1 : 0;
    gemm(parts_[args.part], args.input<float>(first), args.input<float>(1 - first), nullptr, gemm_room, &epilogue);
  }

 private:
  struct Context {
    const FusedProduct* self;
    const KernelArgs* args;
    void* scratch;
  };
  static void take(void* pointer, const Block& block, const float* values, std::int64_t stride) {
    const Context& context = *static_cast<const Context*>(pointer);
    context.self->loop_.run(*context.args, block, context.scratch, values, stride);
  }

  GemmForm form_;
  GemmShape product_;
  FusedLoop loop_;
  std::vector<GemmPart<float>> parts_;
  std::size_t operands_;
  std::size_t gemm_bytes_ = 0;
};

Kernel compile(const OpCall& call) {
  const auto fused = std::make_shared<const FusedProduct>(call);
  return {.run = [fused](const KernelArgs& args) { fused->run(args); },
          .scratch_bytes = fused->scratch_bytes(),
          .parts = static_cast<std::uint32_t>(fused->parts()),
          .region = [fused](std::uint32_t part, std::size_t slot) { return fused->region(part, slot); },
          .flops = fused->flops()};
}

// The factors are read whole.
bool may_write(const Attrs& attrs, std::size_t operand, std::size_t output) {
  return operand >= kFactors && output_in_place(attrs, 1, output);
}

constexpr OpDef kFusedMatmul{.name = "fused_matmul",
                             .min_inputs = 2,
                             .max_inputs = -1,
                             .infer = infer,
                             .compile = compile,
                             .in_place = may_write};
WEFT_REGISTER_OP(kFusedMatmul);

}  // namespace
}  // namespace weft
