// Attention. Names, defaults and numbers are PyTorch's.
//
//   Tensor y = scaled_dot_product_attention(q, k, v, {}, {.is_causal = true});
//
// Errors: shapes, dtypes and numbers that do not fit throw Error in the caller's line. Threads: as weft/ops.h.
#pragma once

#include <optional>

#include "weft/tensor.h"

namespace weft {

struct AttentionOptions {
  double dropout_p = 0;                        // of the probabilities, whatever the mode of a module is
  bool is_causal = false;                      // query i sees the keys up to i
  std::optional<double> scale = std::nullopt;  // 1 / sqrt(width of query)
  bool enable_gqa = false;                     // fewer heads of key and value, each for several of query
};
// softmax(scale q k^T + mask) v for query [.., L, width], key [.., S, width], value [.., S, value width]; the dims
// before broadcast. attn_mask broadcasts to [.., L, S]: bool, where false hides a key, or numbers of the dtype of query
// to add
// (-inf hides). It cannot be given besides is_causal. A query that sees no key gives zeros and has no gradient. With
// enable_gqa, head h of query [.., heads, L, width] has head h / (heads / key heads) of key.
//
// Scores exist by tiles only (Dao et al. 2022): the memory of value and gradients grows with L + S. That of the
// gradient of a mask, of second derivatives, and of dropout grows with L S: these are computed by ordinary operations.
Tensor scaled_dot_product_attention(const Operand& query, const Operand& key, const Operand& value,
                                    const Tensor& attn_mask = {}, const AttentionOptions& options = {});

// The positions 0 .. length - 1 as [length, width]: sin(p / 10000^(2i / width)) in column 2i, cos of the same in column
// 2i + 1 (Vaswani et al. 2017).
Tensor sinusoidal_positions(std::int64_t length, std::int64_t width, DType dtype = kFloat32,
                            SourceLocation at = SourceLocation::current());

struct RotaryOptions {
  double base = 10000;
  std::int64_t first = 0;    // the position of row 0
  bool interleaved = false;  // pairs are columns 2i and 2i + 1, not i and i + width / 2
};
// x [.., length, width] with each pair of columns turned by the angle position * base^(-2i / width) (Su et al. 2021).
Tensor rotary_positions(const Operand& x, const RotaryOptions& options = {});

}  // namespace weft
