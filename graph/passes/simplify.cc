#include "graph/passes/simplify.h"

namespace weft {

std::optional<ValueId> simplify_call(Rewriter& r, const Call& call) {
  if (call.op->alias)
    if (const std::optional<ValueId> x = operand_of_same_type(r, call, 0)) return x;
  return call.op->simplify ? call.op->simplify(r, call) : std::nullopt;
}

Graph simplify(const Graph& graph) {
  constexpr RewriteFn kRules[] = {simplify_call};
  return rewrite(graph, {.rules = kRules});
}

}  // namespace weft
