#include "graph/passes/optimize.h"

#include "graph/passes/fold_constants.h"
#include "graph/passes/fold_transposes.h"
#include "graph/passes/fuse.h"
#include "graph/passes/move_permutes.h"
#include "graph/passes/simplify.h"
#include "graph/verify.h"

namespace weft {

// One walk does it all: operands are rewritten before what reads them, so every pass sees the outcome of all others on
// the operands of a call, and nothing is left to find for a second walk. An observer has the walk made again for each
// pass, with the passes up to that one.
Graph optimize(const Graph& graph, const PassObserver& observe) {
  constexpr RewriteFn kInOrder[] = {
      fold_constant,   // First: constants are what simplify looks for in operands.
      simplify_call,   // Before the transposes: two that cancel, or move nothing, must not become flags.
      move_permute,    // Calls that it makes are simplified, too.
      fold_transpose,  // Leaves permutes that nothing reads any more.
  };
  constexpr std::string_view kNames[] = {"fold_constants", "simplify", "move_permutes", "fold_transposes"};
  for (std::size_t i = 0; observe && i < std::size(kInOrder); ++i)
    observe(kNames[i], rewrite(graph, {.rules = std::span(kInOrder).first(i + 1)}));
  // Equal calls are found among calls in their last form. Dead nodes are left out last, in the copy.
  Graph result = rewrite(graph, {.rules = kInOrder, .merge_equal_calls = true});
  if (observe) observe("merge_equal_calls", result);
#ifndef NDEBUG
  verify(result);
#endif
  return result;
}

Graph optimize(const Graph& graph) { return optimize(graph, {}); }

PreparedGraph run_passes(const Graph& graph, const PassObserver& observe) {
  PreparedGraph result;
  result.unfused = optimize(graph, observe);
  result.fused = fuse(result.unfused);
  if (observe) observe("fuse", result.fused);
  return result;
}

}  // namespace weft
