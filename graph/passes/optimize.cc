#include "graph/passes/optimize.h"

#include "graph/passes/fold_constants.h"
#include "graph/passes/fold_transposes.h"
#include "graph/passes/simplify.h"
#include "graph/verify.h"

namespace weft {

// One walk does it all: operands are rewritten before what reads them, so every pass sees the outcome of all others on
// the operands of a call, and nothing is left to find for a second walk.
Graph optimize(const Graph& graph) {
  const std::span<const RewriteRule> in_order[] = {
      fold_constants_rules(),   // First: constants are what simplify looks for in operands.
      simplify_rules(),         // Before the transposes: two that cancel, or move nothing, must not become flags.
      fold_transposes_rules(),  // Leaves permutes that nothing reads any more.
  };
  // Equal calls are found among calls in their last form. Dead nodes are left out last, in the copy.
  Graph result = rewrite(graph, {.rules = in_order, .merge_equal_calls = true});
#ifndef NDEBUG
  verify(result);
#endif
  return result;
}

}  // namespace weft
