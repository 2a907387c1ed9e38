// The passes of sum, vectorised for the instruction set found at run time. The order of
// additions follows from the shape and the width of a vector alone. i64 wraps around.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/kernels/reduce/reduce_pass.h"
#include "ops/kernels/reduce/sum_levels.h"

namespace weft {

// Part of the sums of some columns: rows first_row .. first_row + rows - 1. block and levels go from one part to the
// next.
struct RowsOfSum {
  const float* x;
  std::size_t stride;  // elements from row to row
  bool same_in_row;    // one number for each row
  std::size_t rows, cols;
  std::size_t first_row;
  // total is wanted after these rows. Others may follow only where a block of rows ends here.
  bool ends;
  float* block;   // [cols]
  float* levels;  // [kSumLevels, cols]
  float* total;
};
void add_rows_f32(const RowsOfSum& rows);

// The sum of up to kSumBlock elements; of as many equal ones; of all elements from the sums of their blocks.
float sum_block_f32(const float* x, std::size_t n);
float sum_same_f32(float x, std::size_t n);
float sum_blocks_f32(const float* sums, std::int64_t n);

void sum_pass_f32(const void* x, void* out, const ReducePass& pass);
void sum_pass_f64(const void* x, void* out, const ReducePass& pass);
void sum_pass_i64(const void* x, void* out, const ReducePass& pass);

}  // namespace weft
