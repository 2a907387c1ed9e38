// What the fused ops share: the loop that runs a program over a rectangle of the elements of a call.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/element_program.h"
#include "graph/op.h"
#include "ops/fused/fused_update.h"
#include "ops/kernels/elementwise/element_vm.h"
#include "ops/kernels/gemm/gemm.h"

namespace weft {

// The shape rule: checks the attributes "program" and "shape" and the operands from `first` on, which are the inputs
// of the program; where first > 0 register 0 is a product of this shape. Results as the program's outputs.
Types infer_fused(const OpCall& call, std::size_t first);

// OpDef::in_place of an operand of a program whose registers from `first` to num_inputs - 1 are operands of the call.
bool output_in_place(const Attrs& attrs, Register first, std::size_t output);

class FusedLoop {
 public:
  // shape: of the product in the form in which it is computed, or nothing.
  FusedLoop(const OpCall& call, std::size_t first, std::optional<MatrixShape> shape = {});

  // Whether elements can be taken in their order in memory, whatever the rows: then this is a matrix of one row.
  bool flat() const { return flat_; }
  bool has(ElementOutputKind kind) const;
  MatrixShape shape() const { return shape_; }
  double flops() const { return flops_; }
  std::size_t scratch_bytes() const;

  // What a rectangle touches of the call's operands and results.
  Region region(const Block& block, std::size_t slot) const;
  // Runs a rectangle. product: its values, rows `stride` elements apart, where there is one.
  void run(const KernelArgs& args, const Block& block, void* scratch, const float* product = nullptr,
           std::int64_t stride = 0) const;
  // The program as an update of the product, if it is one.
  std::optional<MomentumUpdate<float>> update(const KernelArgs& args) const;
  // The operands that are matrices, for fetching them ahead; room for one for each operand.
  std::size_t list_matrices(const KernelArgs& args, const float** matrices) const;

 private:
  // Of an operand; register 0 is the product where there is one.
  BroadcastKind kind_of(Register r) const { return kinds_[first_ > 0 ? r - 1U : r]; }

  // From one row to the next, and from one column.
  struct Operand {
    std::int64_t row_stride = 0, col_stride = 0;
    bool is_f64 = false;
  };

  std::size_t first_ = 0;
  std::vector<BroadcastKind> kinds_;  // of the operands from first_ on
  std::vector<Operand> operands_;
  std::vector<ElementOutputKind> outputs_;
  MatrixShape shape_;
  bool flat_ = false;
  double flops_ = 0;
  std::optional<FusedUpdate> update_;
  ElementVm vm_;
};

}  // namespace weft
