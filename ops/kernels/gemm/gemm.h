// The product of two matrices on one thread, in Highway vectors, for f32 and f64.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/kernels/gemm/gemm_shape.h"

namespace weft {

// A step of gradient descent with momentum whose gradient is the product: buffer' = momentum * buffer + product and
// param' = param - rate * buffer', each operation rounded. Dense [m,n] matrices; a result may take the place of either
// operand.
template <class T>
struct MomentumUpdate {
  const T *param, *buffer;
  T *param_out, *buffer_out;
  T momentum, rate;
};

// Consumes the blocks of a product while they are in the cache, instead of storing them to C.
// The blocks of one call cover its part but for what `update` takes, each element once. They come column panel by
// column panel, and within a panel in ascending order of rows, without gaps.
template <class T>
struct GemmEpilogue {
  // values: block.rows x block.cols, rows `stride` elements apart; block.row and block.col count from the product's
  // first element.
  void (*run)(void* context, const Block& block, const T* values, std::int64_t stride);
  void* context;
  // Dense [m,n] matrices that run reads or writes at the block's place: fetched into the cache ahead, during the
  // multiplication.
  std::span<const T* const> prefetch;
  // The same as run does: for elements of the product while they are in registers. Run gets the blocks that are left.
  const MomentumUpdate<T>* update = nullptr;
};

// A longer depth, the inner dim k, is summed in segments of as many products, whose sums are added in the levels of
// ops/kernels/reduce/sum_levels.h.
inline constexpr std::int64_t kSegment = 16384;

// What of scratch a part uses, in elements from its start, and how it is cut for the caches.
struct GemmLayout {
  std::size_t depth = 0;  // of a panel of B; all of about the same
  bool packs_a = false, packs_b = false;
  std::size_t b = 0, a = 0, sums = 0, levels = 0, end = 0;
  std::size_t a_row = 0;  // from one row of the copy of A^T to the next
  // Rows that are finished at once: all of them where the depth takes several panels of B.
  std::size_t block_rows = 0;
  std::size_t level = 0;  // elements of a level of sums of segments; 0 where there is one segment
};

// A rectangle of a product, made ready. Immutable: any number of threads may compute it.
template <class T>
struct GemmPart {
  GemmPart(const GemmShape& shape, const Block& block, bool has_epilogue);

  // Elements.
  std::size_t scratch() const { return layout.end; }

  GemmShape shape;
  Block block;
  GemmLayout layout;
};

// C[block] = (op(A) op(B))[block] with dense row-major C [m,n]: one matrix, the batch is the caller's. m, n and k must
// not be 0. With an epilogue nothing is written to C, which may be null then. Each element is summed in an order that
// depends on the shape and the instruction set only, so the bits are the same for any parts and with any epilogue.
void gemm(const GemmPart<float>& part, const float* a, const float* b, float* c, float* scratch,
          const GemmEpilogue<float>* epilogue = nullptr);
void gemm(const GemmPart<double>& part, const double* a, const double* b, double* c, double* scratch,
          const GemmEpilogue<double>* epilogue = nullptr);

// How a product is cut into parts for parallel runs: by shape and cost, never by threads. A small product is one part.
// Parts have whole columns where something adds them up.
std::vector<Block> parts_of(const GemmShape& p, bool whole_columns = false);

// Whether the product is computed as dot products of rows of A and rows of transposed B, both dense in memory. With
// more than a few rows of A it is faster to transpose B first.
inline bool takes_dots(const GemmShape& p) { return p.transpose_b && !p.transpose_a && p.m <= 4; }

}  // namespace weft
