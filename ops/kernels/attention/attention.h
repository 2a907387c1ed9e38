// Attention by tiles (Dao et al. 2022): the matrix of scores never exists as a whole. On one thread, for f32 and f64.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ops/kernels/attention/attention_rows.h"
#include "ops/kernels/gemm/gemm.h"

namespace weft {

// q [batch, heads, queries, depth], k [batch, key_heads, keys, depth], v [batch, key_heads, keys, width], out
// [batch, heads, queries, width]; a head of keys serves heads / key_heads heads of queries. A mask broadcasts from
// [mask_batch, mask_heads, mask_queries, keys], whose extents are 1 or those of the scores; causal: key j is seen by
// query i where j <= i.
struct AttentionShape {
  std::int64_t batch, heads, key_heads, queries, keys, depth, width;
  double factor;
  bool causal;
  std::int64_t mask_batch = 1, mask_heads = 1, mask_queries = 1;

  std::int64_t groups() const { return heads / key_heads; }  // heads of queries for each of keys
  double flops() const;                                      // of the products of the forward pass
};

template <class T>
struct AttentionOperands {
  const T *q, *k, *v;
  const T* added = nullptr;    // to the scores
  const bool* kept = nullptr;  // scores that are not count as -inf
};

// A tile: some queries of one head, some keys of the head that serves it.
struct AttentionTile {
  std::int64_t head = 0;  // in [0, batch * heads)
  std::int64_t query = 0, queries = 0, key = 0, keys = 0;
};

// A product of matrices of the same shape, or of the shapes that the last tiles of a sequence have.
template <class T>
class TileProduct {
 public:
  // As the extents m, n and k of gemm(): positive numbers, or those of a tile.
  static constexpr std::int64_t kQueries = -1, kKeys = -2;
  TileProduct(const AttentionShape& shape, std::int64_t m, std::int64_t n, std::int64_t k, bool transpose_a,
              bool transpose_b);
  std::size_t scratch() const { return scratch_; }  // elements
  void operator()(const AttentionTile& tile, const T* a, const T* b, T* c, T* scratch) const;

 private:
  std::vector<std::optional<GemmPart<T>>> parts_;  // of whole and last queries, and of whole and last keys
  std::vector<std::int64_t> results_;              // elements of c
  std::size_t scratch_ = 0;
};

template <class T>
class AttentionForward {
 public:
  explicit AttentionForward(const AttentionShape& shape);
  std::size_t scratch_bytes() const;
  // Tiles of queries of all heads, one after the other.
  std::int64_t blocks() const { return shape_.batch * shape_.heads * blocks_of_head_; }
  std::int64_t first_row(std::int64_t block) const;  // of [batch * heads * queries] rows
  // These blocks of out, and of log_sum [batch, heads, queries]: the logarithm of the sum of e^score, inf for a query
  // that sees no key, whose row of out is 0.
  void run(std::int64_t block, std::int64_t end, const AttentionOperands<T>& x, T* out, T* log_sum, T* scratch) const;

 private:
  void run_block(std::int64_t block, const AttentionOperands<T>& x, T* out, T* log_sum, T* scratch) const;

  AttentionShape shape_;
  std::int64_t blocks_of_head_;
  TileProduct<T> scores_, values_;
};

template <class T>
class AttentionBackward {
 public:
  explicit AttentionBackward(const AttentionShape& shape);
  std::size_t scratch_bytes() const;
  struct Slopes {
    const T *log_sum, *shift, *out;  // shift: for each query the sum of out * slope by out
    T *q, *k, *v;
  };
  // Of the head of keys `head` in [0, batch * key_heads), and the queries that it serves.
  void run(std::int64_t head, const AttentionOperands<T>& x, const Slopes& slopes, T* scratch) const;

 private:
  void run_tile(const AttentionTile& tile, const AttentionOperands<T>& x, const Slopes& slopes, T* scratch) const;

  AttentionShape shape_;
  TileProduct<T> scores_, slopes_, by_values_, by_keys_, by_queries_;
};

}  // namespace weft
