// fused: an elementwise program over a shape. sum_blocks: the total of its block sums.
#include "graph/cost.h"
#include "ops/call_checks.h"
#include "ops/fused/fused_loop.h"
#include "ops/kernels/reduce/sum_simd.h"

namespace weft {
namespace {

Types infer(const OpCall& call) { return infer_fused(call, 0); }

// Rectangles of about equal size that make up the matrix: ranges of rows, or of columns in multiples of `unit`.
struct Cut {
  MatrixShape shape;
  bool by_columns;
  std::int64_t unit;
  std::int64_t parts;

  Block block(std::uint32_t part) const {
    const std::int64_t extent = by_columns ? shape.cols : shape.rows, units = (extent + unit - 1) / unit;
    const std::int64_t begin = units * part / parts * unit, end = std::min(extent, units * (part + 1) / parts * unit);
    if (by_columns) return {0, begin, shape.rows, end - begin};
    return {begin, 0, end - begin, shape.cols};
  }
};

Cut cut_of(const FusedLoop& loop, double bytes) {
  constexpr std::int64_t kColumns = 64;  // a few cache lines of each row
  Cut cut{loop.shape(), loop.flat() || loop.has(ElementOutputKind::column_sums), 1, 1};
  if (cut.by_columns) cut.unit = loop.flat() ? kSumBlock : kColumns;
  const std::int64_t extent = cut.by_columns ? cut.shape.cols : cut.shape.rows;
  cut.parts = num_parts(loop.flops(), bytes, (extent + cut.unit - 1) / cut.unit);
  return cut;
}

Kernel compile(const OpCall& call) {
  const auto loop = std::make_shared<const FusedLoop>(call, 0);
  double bytes = 0;
  for (const TensorType* type : call.inputs) bytes += static_cast<double>(type->bytes());
  for (const TensorType& type : call.outputs) bytes += static_cast<double>(type.bytes());
  const Cut cut = cut_of(*loop, bytes);
  return {.run = [loop, cut](const KernelArgs& args) { loop->run(args, cut.block(args.part), args.scratch); },
          .scratch_bytes = loop->scratch_bytes(),
          .parts = static_cast<std::uint32_t>(cut.parts),
          .region = [loop, cut](std::uint32_t part, std::size_t slot) { return loop->region(cut.block(part), slot); },
          .flops = loop->flops()};
}

constexpr OpDef kFused{
    .name = "fused",
    .max_inputs = -1,
    .infer = infer,
    .compile = compile,
    .in_place = [](const Attrs& attrs, std::size_t, std::size_t output) { return output_in_place(attrs, 0, output); }};
WEFT_REGISTER_OP(kFused);

Types infer_sum_blocks(const OpCall& call) {
  call.require(ErrorKind::dtype, call.in(0).dtype == DType::f32 && call.in(0).shape.rank() == 1,
               "takes the f32 sums of blocks");
  call.require(call.in(0).shape.numel() > 0, "there are no blocks");
  return {{DType::f32, {}}};
}

Kernel compile_sum_blocks(const OpCall& call) {
  return {.run = [n = call.in(0).shape.numel()](const KernelArgs& args) {
    *args.output<float>() = sum_blocks_f32(args.input<float>(0), n);
  }};
}

constexpr OpDef kSumBlocks{
    .name = "sum_blocks", .min_inputs = 1, .max_inputs = 1, .infer = infer_sum_blocks, .compile = compile_sum_blocks};
WEFT_REGISTER_OP(kSumBlocks);

}  // namespace
}  // namespace weft
