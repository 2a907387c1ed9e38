// Runs element programs: instruction by instruction over tiles that stay in the first cache.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/element_program.h"
#include "ops/kernels/elementwise/element_rows.h"

namespace weft {

// An operand of a program: a matrix whose rows are row_stride elements apart (0: one row for all), or one number for
// each row (row_stride 1) or for all (row_stride 0).
struct ElementOperand {
  const float* data = nullptr;
  std::int64_t row_stride = 0;
  bool same_in_row = false;
};

// elements: a matrix. column_sums and block_sums: the sums, next to each other.
struct ElementResult {
  float* data = nullptr;
  std::int64_t row_stride = 0;
};

// A program made ready. Immutable: any number of threads may run it.
class ElementVm {
 public:
  explicit ElementVm(const ElementProgram& program);

  // What a run needs, 64-byte aligned.
  std::size_t scratch_bytes() const;

  // rows x cols elements; operands and results point at the first ones. An elements result may be an operand at the
  // same place. first_row: how many rows of the same columns went before, a multiple of kSumRows; column_sums continue
  // theirs, for which there are at most kSumBlock columns, and scratch is left as the run of those rows left it.
  // block_sums want one row, from the start of a block on.
  void run(std::int64_t rows, std::int64_t cols, const ElementOperand* operands, const ElementResult* results,
           void* scratch, std::int64_t first_row = 0) const;

 private:
  // Where a register of the present tile is.
  struct Place {
    float* data;
    std::size_t row_stride;
    bool same_in_row, in_tile;
  };
  struct Output {
    ElementOutputKind kind;
    Register from;
    // Operands that are read when the output is there: where one has the output's memory, that is written last.
    std::vector<Register> read_later;
  };
  struct Step {
    ElementFn fn;
    std::size_t operands;
    std::array<Register, 3> in;
    Register out;
    float x, y;
    std::array<ElementRowsFn, 8> run;  // by the operands that are the same in their row
  };
  struct Tile {
    std::size_t row, col, rows, cols;
    bool is_last;  // of its columns
  };

  void join_pairs();
  void allocate(const ElementProgram& program);
  void list_outputs(const ElementProgram& program);
  void place(const ElementOperand* operands, const ElementResult* results, Place* places, float* room,
             std::size_t tile_stride) const;
  void move(std::ptrdiff_t rows, std::ptrdiff_t cols, Place* places) const;
  void run_tile(const Tile& tile, const Place* places) const;
  void finish_tile(const Tile& tile, const Place* places, const ElementResult* results, float* columns,
                   std::int64_t first_row) const;

  std::size_t num_inputs_;
  std::size_t num_registers_;
  std::vector<Output> outputs_;
  std::size_t column_sums_ = 0;            // outputs of that kind
  std::vector<Register> written_outputs_;  // the outputs' registers that instructions write, each once
  std::vector<float> constants_;
  std::vector<Register> constant_registers_;
  std::vector<Step> steps_;
  std::vector<std::uint32_t> slot_;      // of each register: the tile that holds it
  std::vector<std::uint32_t> written_;   // of each register: the step that writes it
  std::vector<std::uint32_t> last_use_;  // of each register: the last step that reads it
  std::size_t num_slots_ = 0;
};

}  // namespace weft
