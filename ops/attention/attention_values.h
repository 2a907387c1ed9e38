// Attention in composed operations.
#pragma once

#include "ops/values.h"

namespace weft {

// What an attention op takes beside its attributes "causal" and "scale": q [batch, heads, queries, depth], k
// [batch, key_heads, keys, depth], v [batch, key_heads, keys, width]; a head of k and v serves heads / key_heads heads
// of q. mask, which may be undefined: [batch or 1, heads or 1, queries or 1, keys], bool, or numbers to add.
struct Attention {
  Value q, k, v, mask;
  double scale = 1;
  bool causal = false;

  std::vector<Value> operands() const;
  Attrs attrs() const;
};

// softmax(scale q k^T + mask) v, zeros for a query that sees no key; and as output 1 the logarithms of the sums of
// e^score, [batch, heads, queries], inf for such a query.
Value attention(const Attention& x);

// The matrix of scores by ordinary operations, [batch, heads, queries, keys]; what is not seen is -inf.
Value attention_scores(const Attention& x);

}  // namespace weft
