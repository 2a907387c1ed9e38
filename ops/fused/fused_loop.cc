#include "ops/fused/fused_loop.h"

#include <algorithm>

#include "graph/alignment.h"
#include "ops/call_checks.h"
#include "ops/kernels/gemm/gemm_layout.h"

namespace weft {
namespace {

bool is_flat(BroadcastKind kind) { return kind == BroadcastKind::elements || kind == BroadcastKind::scalar; }

void check_operands(const OpCall& call, std::size_t first, const ElementProgram& program, const Shape& shape) {
  call.require(program.num_inputs == call.inputs.size() - first + (first > 0 ? 1 : 0),
               "the program has another number of inputs");
  const bool in_order = std::any_of(program.outputs.begin(), program.outputs.end(),
                                    [](auto& o) { return o.kind == ElementOutputKind::block_sums; });
  call.require(!in_order || first == 0, "block_sums do not go with a product");
  const bool by_columns = std::any_of(program.outputs.begin(), program.outputs.end(),
                                      [](auto& o) { return o.kind == ElementOutputKind::column_sums; });
  call.require(!in_order || !by_columns, "block_sums do not go with column_sums");
  call.require(!by_columns || first == 0 || matrix_of(shape).cols > 1,
               "column_sums do not go with a product of one column");
  for (std::size_t i = first; i < call.inputs.size(); ++i) {
    const TensorType& type = call.in(i);
    call.require(type.dtype == DType::f32 || (type.dtype == DType::f64 && type.shape.numel() == 1),
                 "operands are f32, or one f64");
    const BroadcastKind kind = broadcast_kind(type.shape, shape);
    call.require(kind != BroadcastKind::none,
                 "an operand is neither a matrix, a row, a column nor a number for the shape");
    call.require(type.dtype == DType::f32 || kind == BroadcastKind::scalar || shape.numel() == 1,
                 "an f64 serves as a number");
    call.require(!in_order || is_flat(kind), "block_sums go with matrices and numbers only");
  }
}

}  // namespace

Types infer_fused(const OpCall& call, std::size_t first) {
  const Shape shape(checked_attr<Dims>(call, "shape"));
  const ElementProgram& program = *checked_attr<ElementProgramPtr>(call, "program");
  call.require(shape.numel() > 0, "the shape has no elements");
  call.require(!program.outputs.empty(), "the program has no outputs");
  check_operands(call, first, program, shape);
  Types types;
  for (const ElementOutput& output : program.outputs) {
    const std::int64_t blocks = (shape.numel() + kSumBlock - 1) / kSumBlock;
    if (output.kind == ElementOutputKind::elements)
      types.push_back({DType::f32, shape});
    else
      types.push_back({DType::f32, {output.kind == ElementOutputKind::block_sums ? blocks : matrix_of(shape).cols}});
  }
  return types;
}

// Sums are written while rows that are read again follow. Operands that are results are read once more in the end.
bool output_in_place(const Attrs& attrs, Register first, std::size_t output) {
  const ElementProgram& program = *attrs.get<ElementProgramPtr>("program");
  const auto is_operand = [&](const ElementOutput& o) { return o.from >= first && o.from < program.num_inputs; };
  return program.outputs[output].kind == ElementOutputKind::elements &&
         std::none_of(program.outputs.begin(), program.outputs.end(), is_operand);
}

FusedLoop::FusedLoop(const OpCall& call, std::size_t first, std::optional<MatrixShape> product)
    : first_(first), vm_(*call.attr<ElementProgramPtr>("program")) {
  const Shape shape(call.attr<Dims>("shape"));
  const ElementProgram& program = *call.attr<ElementProgramPtr>("program");
  for (std::size_t i = first; i < call.inputs.size(); ++i) kinds_.push_back(broadcast_kind(call.in(i).shape, shape));
  for (const ElementOutput& output : program.outputs) outputs_.push_back(output.kind);
  flat_ = first == 0 && std::all_of(kinds_.begin(), kinds_.end(), is_flat) && !has(ElementOutputKind::column_sums);
  shape_ = product ? *product : flat_ ? MatrixShape{1, shape.numel()} : matrix_of(shape);
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const bool is_f64 = call.in(first + i).dtype == DType::f64;  // one number, whatever it is for the shape
    const BroadcastKind kind = is_f64 ? BroadcastKind::scalar : kinds_[i];
    const bool by_rows = kind == BroadcastKind::elements || kind == BroadcastKind::column;
    operands_.push_back({by_rows ? kind == BroadcastKind::elements ? shape_.cols : 1 : 0,
                         kind == BroadcastKind::elements || kind == BroadcastKind::row, is_f64});
  }
  if (first > 0 && shape_.cols >= static_cast<std::int64_t>(kPanelColumns<float>)) update_ = find_update(program);
  if (update_ &&
      (kind_of(update_->param) != BroadcastKind::elements || kind_of(update_->buffer) != BroadcastKind::elements ||
       kind_of(update_->rate) != BroadcastKind::scalar))
    update_.reset();
  for (const Instruction& i : program.code) flops_ += facts(i.fn).flops * static_cast<double>(shape.numel());
}

bool FusedLoop::has(ElementOutputKind kind) const {
  return std::find(outputs_.begin(), outputs_.end(), kind) != outputs_.end();
}

std::size_t FusedLoop::scratch_bytes() const {
  const std::size_t inputs = kinds_.size() + 1;
  return aligned(inputs * sizeof(ElementOperand)) + aligned(outputs_.size() * sizeof(ElementResult)) +
         aligned(inputs * sizeof(float)) + vm_.scratch_bytes();
}

Region FusedLoop::region(const Block& block, std::size_t slot) const {
  const Region all{shape_.cols, block.row, block.rows, block.col, block.cols};
  if (slot >= first_ + kinds_.size()) {
    switch (outputs_[slot - first_ - kinds_.size()]) {
      case ElementOutputKind::elements:
        return all;
      case ElementOutputKind::column_sums:
        return {shape_.cols, 0, 1, block.col, block.cols};
      default:
        return {(shape_.cols + kSumBlock - 1) / kSumBlock, 0, 1, block.col / kSumBlock,
                (block.cols + kSumBlock - 1) / kSumBlock};
    }
  }
  switch (kinds_[slot - first_]) {
    case BroadcastKind::elements:
      return all;
    case BroadcastKind::row:
      return {shape_.cols, 0, 1, block.col, block.cols};
    case BroadcastKind::column:
      return {1, block.row, block.rows, 0, 1};
    default:
      return {};
  }
}

void FusedLoop::run(const KernelArgs& args, const Block& block, void* scratch, const float* product,
                    std::int64_t stride) const {
  const std::size_t inputs = kinds_.size() + 1;
  char* room = static_cast<char*>(scratch);
  auto* operands = reinterpret_cast<ElementOperand*>(room);
  room += aligned(inputs * sizeof(ElementOperand));
  auto* results = reinterpret_cast<ElementResult*>(room);
  room += aligned(outputs_.size() * sizeof(ElementResult));
  auto* rounded = reinterpret_cast<float*>(room);
  room += aligned(inputs * sizeof(float));

  ElementOperand* operand = operands;
  if (first_ > 0) *operand++ = {product, stride, false};
  for (std::size_t i = 0; i < operands_.size(); ++i, ++operand) {
    const Operand& from = operands_[i];
    const float* data = args.input<float>(first_ + i);
    if (from.is_f64) {
      rounded[i] = static_cast<float>(*args.input<double>(first_ + i));
      data = rounded + i;
    }
    *operand = {data + block.row * from.row_stride + block.col * from.col_stride, from.row_stride,
                from.col_stride == 0};
  }
  const std::int64_t at = block.row * shape_.cols + block.col;
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    float* data = args.output<float>(k);
    switch (outputs_[k]) {
      case ElementOutputKind::elements:
        results[k] = {data + at, shape_.cols};
        break;
      case ElementOutputKind::column_sums:
        results[k] = {data + block.col, 0};
        break;
      default:
        results[k] = {data + block.col / kSumBlock, 0};
    }
  }
  vm_.run(block.rows, block.cols, operands, results, room, block.row);
}

std::optional<MomentumUpdate<float>> FusedLoop::update(const KernelArgs& args) const {
  if (!update_) return {};
  const auto slot = [&](Register r) { return first_ + r - 1; };
  const float rate = operands_[update_->rate - 1U].is_f64 ? static_cast<float>(*args.input<double>(slot(update_->rate)))
                                                          : *args.input<float>(slot(update_->rate));
  return MomentumUpdate<float>{.param = args.input<float>(slot(update_->param)),
                               .buffer = args.input<float>(slot(update_->buffer)),
                               .param_out = args.output<float>(update_->param_result),
                               .buffer_out = args.output<float>(update_->buffer_result),
                               .momentum = update_->momentum,
                               .rate = rate};
}

std::size_t FusedLoop::list_matrices(const KernelArgs& args, const float** matrices) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    if (kinds_[i] == BroadcastKind::elements && !operands_[i].is_f64) matrices[count++] = args.input<float>(first_ + i);
  return count;
}

}  // namespace weft
