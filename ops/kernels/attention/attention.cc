#include "ops/kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weft {
namespace {

// A tile of scores and what belongs to it stay in the second cache.
constexpr std::int64_t kTileQueries = 64, kTileKeys = 128;

std::int64_t tiles(std::int64_t extent, std::int64_t tile) { return (extent + tile - 1) / tile; }
std::int64_t head_of_keys(const AttentionShape& s, std::int64_t head) { return head / s.groups(); }

// The first key that the queries below `end` do not see.
std::int64_t seen_keys(const AttentionShape& s, std::int64_t end) { return s.causal ? std::min(s.keys, end) : s.keys; }

template <class T>
ScoreTile<T> score_tile(const AttentionShape& s, const AttentionTile& t, const AttentionOperands<T>& x, T* values) {
  const std::int64_t batch = t.head / s.heads, head = t.head % s.heads;
  const std::int64_t plane = (s.mask_batch > 1 ? batch * s.mask_heads : 0) + (s.mask_heads > 1 ? head : 0);
  const std::int64_t row = plane * s.mask_queries + (s.mask_queries > 1 ? t.query : 0), at = row * s.keys + t.key;
  return {.values = values,
          .rows = t.queries,
          .cols = t.keys,
          .factor = static_cast<T>(s.factor),
          .added = x.added ? x.added + at : nullptr,
          .kept = x.kept ? x.kept + at : nullptr,
          .mask_row = s.mask_queries > 1 ? s.keys : 0,
          .visible = s.causal ? t.query - t.key + 1 : t.keys};
}

// Elements of the parts of scratch memory, so that each begins at a cache line.
std::size_t rounded(std::int64_t elements) { return (static_cast<std::size_t>(elements) + 15) / 16 * 16; }

}  // namespace

double AttentionShape::flops() const {
  const double scores = static_cast<double>(batch * heads) * static_cast<double>(queries) * static_cast<double>(keys);
  return 2 * scores * static_cast<double>(depth + width + 10) * (causal ? 0.5 : 1);
}

template <class T>
TileProduct<T>::TileProduct(const AttentionShape& shape, std::int64_t m, std::int64_t n, std::int64_t k,
                            bool transpose_a, bool transpose_b) {
  for (const bool last_queries : {false, true}) {
    for (const bool last_keys : {false, true}) {
      const auto extent = [&](std::int64_t e) {
        if (e == kQueries) return last_queries ? shape.queries % kTileQueries : kTileQueries;
        if (e == kKeys) return last_keys ? shape.keys % kTileKeys : kTileKeys;
        return e;
      };
      const GemmShape product{
          .m = extent(m), .n = extent(n), .k = extent(k), .transpose_a = transpose_a, .transpose_b = transpose_b};
      results_.push_back(product.m * product.n);
      parts_.emplace_back();
      if (product.m == 0 || product.n == 0 || product.k == 0) continue;
      parts_.back().emplace(product, Block{0, 0, product.m, product.n}, /*has_epilogue=*/false);
      scratch_ = std::max(scratch_, parts_.back()->scratch());
    }
  }
}

template <class T>
void TileProduct<T>::operator()(const AttentionTile& tile, const T* a, const T* b, T* c, T* scratch) const {
  const std::size_t place = (tile.queries < kTileQueries ? 2 : 0) + (tile.keys < kTileKeys ? 1 : 0);
  if (parts_[place])
    gemm(*parts_[place], a, b, c, scratch);
  else
    std::fill_n(c, results_[place], T{0});
}

// ---- Forward

template <class T>
AttentionForward<T>::AttentionForward(const AttentionShape& s)
    : shape_(s),
      blocks_of_head_(tiles(s.queries, kTileQueries)),
      scores_(s, TileProduct<T>::kQueries, TileProduct<T>::kKeys, s.depth, false, true),
      values_(s, TileProduct<T>::kQueries, s.width, TileProduct<T>::kKeys, false, false) {}

template <class T>
std::size_t AttentionForward<T>::scratch_bytes() const {
  return (rounded(kTileQueries * kTileKeys) + 2 * rounded(kTileQueries * shape_.width) + 2 * rounded(kTileQueries) +
          std::max(scores_.scratch(), values_.scratch())) *
         sizeof(T);
}

template <class T>
std::int64_t AttentionForward<T>::first_row(std::int64_t block) const {
  if (blocks_of_head_ == 0) return 0;
  return block / blocks_of_head_ * shape_.queries + block % blocks_of_head_ * kTileQueries;
}

template <class T>
void AttentionForward<T>::run(std::int64_t block, std::int64_t end, const AttentionOperands<T>& x, T* out, T* log_sum,
                              T* scratch) const {
  for (; block < end; ++block) run_block(block, x, out, log_sum, scratch);
}

template <class T>
void AttentionForward<T>::run_block(std::int64_t block, const AttentionOperands<T>& x, T* out, T* log_sum,
                                    T* scratch) const {
  const AttentionShape& s = shape_;
  T* const scores = scratch;
  T* const total = scores + rounded(kTileQueries * kTileKeys);
  T* const added = total + rounded(kTileQueries * s.width);
  T* const max = added + rounded(kTileQueries * s.width);
  T* const sum = max + rounded(kTileQueries);
  T* const rest = sum + rounded(kTileQueries);

  AttentionTile t{.head = block / blocks_of_head_, .query = block % blocks_of_head_ * kTileQueries};
  t.queries = std::min(kTileQueries, s.queries - t.query);
  const std::int64_t row = first_row(block), key_row = head_of_keys(s, t.head) * s.keys;
  std::fill_n(total, t.queries * s.width, T{0});
  std::fill_n(max, t.queries, -std::numeric_limits<T>::infinity());
  std::fill_n(sum, t.queries, T{0});
  for (const std::int64_t end = seen_keys(s, t.query + t.queries); t.key < end; t.key += kTileKeys) {
    t.keys = std::min(kTileKeys, s.keys - t.key);
    scores_(t, x.q + row * s.depth, x.k + (key_row + t.key) * s.depth, scores, rest);
    add_tile(score_tile(s, t, x, scores), max, sum, total, s.width);
    values_(t, scores, x.v + (key_row + t.key) * s.width, added, rest);
    add_elements(added, t.queries * s.width, total);
  }
  for (std::int64_t r = 0; r < t.queries; ++r) {
    const bool sees = sum[r] != T{0};  // nan does, too
    log_sum[row + r] = sees ? max[r] + std::log(sum[r]) : std::numeric_limits<T>::infinity();
    const T factor = sees ? T{1} / sum[r] : T{0};
    for (std::int64_t i = 0; i < s.width; ++i)
      out[(row + r) * s.width + i] = sees ? total[r * s.width + i] * factor : T{0};
  }
}

// ---- Backward

template <class T>
AttentionBackward<T>::AttentionBackward(const AttentionShape& s)
    : shape_(s),
      scores_(s, TileProduct<T>::kQueries, TileProduct<T>::kKeys, s.depth, false, true),
      slopes_(s, TileProduct<T>::kQueries, TileProduct<T>::kKeys, s.width, false, true),
      by_values_(s, TileProduct<T>::kKeys, s.width, TileProduct<T>::kQueries, true, false),
      by_keys_(s, TileProduct<T>::kKeys, s.depth, TileProduct<T>::kQueries, true, false),
      by_queries_(s, TileProduct<T>::kQueries, s.depth, TileProduct<T>::kKeys, false, false) {}

template <class T>
std::size_t AttentionBackward<T>::scratch_bytes() const {
  const std::size_t products =
      std::max({scores_.scratch(), slopes_.scratch(), by_values_.scratch(), by_keys_.scratch(), by_queries_.scratch()});
  return (2 * rounded(kTileQueries * kTileKeys) + rounded(kTileKeys * std::max(shape_.depth, shape_.width)) +
          products) *
         sizeof(T);
}

template <class T>
void AttentionBackward<T>::run(std::int64_t head, const AttentionOperands<T>& x, const Slopes& slopes,
                               T* scratch) const {
  const AttentionShape& s = shape_;
  const std::int64_t first = head * s.groups();
  std::fill_n(slopes.q + first * s.queries * s.depth, s.groups() * s.queries * s.depth, T{0});
  std::fill_n(slopes.k + head * s.keys * s.depth, s.keys * s.depth, T{0});
  std::fill_n(slopes.v + head * s.keys * s.width, s.keys * s.width, T{0});
  AttentionTile t{};
  for (t.key = 0; t.key < s.keys; t.key += kTileKeys) {
    t.keys = std::min(kTileKeys, s.keys - t.key);
    for (t.head = first; t.head < first + s.groups(); ++t.head) {
      for (t.query = 0; t.query < s.queries; t.query += kTileQueries) {
        t.queries = std::min(kTileQueries, s.queries - t.query);
        if (t.key < seen_keys(s, t.query + t.queries)) run_tile(t, x, slopes, scratch);
      }
    }
  }
}

template <class T>
void AttentionBackward<T>::run_tile(const AttentionTile& t, const AttentionOperands<T>& x, const Slopes& slopes,
                                    T* scratch) const {
  const AttentionShape& s = shape_;
  T* const terms = scratch;
  T* const by_score = terms + rounded(kTileQueries * kTileKeys);
  T* const added = by_score + rounded(kTileQueries * kTileKeys);
  T* const rest = added + rounded(kTileKeys * std::max(s.depth, s.width));
  const std::int64_t row = t.head * s.queries + t.query, key = head_of_keys(s, t.head) * s.keys + t.key;
  const T *const q = x.q + row * s.depth, *const k = x.k + key * s.depth, *const v = x.v + key * s.width,
                 *const by_out = slopes.out + row * s.width;

  scores_(t, q, k, terms, rest);
  const ScoreTile<T> tile = score_tile(s, t, x, terms);
  probabilities(tile, slopes.log_sum + row);
  by_values_(t, terms, by_out, added, rest);
  add_elements(added, t.keys * s.width, slopes.v + key * s.width);
  slopes_(t, by_out, v, by_score, rest);
  score_slopes(tile, slopes.shift + row, by_score);
  by_keys_(t, by_score, q, added, rest);
  add_elements(added, t.keys * s.depth, slopes.k + key * s.depth);
  by_queries_(t, by_score, k, added, rest);
  add_elements(added, t.queries * s.depth, slopes.q + row * s.depth);
}

template class TileProduct<float>;
template class TileProduct<double>;
template class AttentionForward<float>;
template class AttentionForward<double>;
template class AttentionBackward<float>;
template class AttentionBackward<double>;

}  // namespace weft
