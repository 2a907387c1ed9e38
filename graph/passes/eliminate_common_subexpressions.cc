#include "graph/passes/eliminate_common_subexpressions.h"

#include "graph/passes/rewriter.h"

namespace weft {

Graph eliminate_common_subexpressions(const Graph& graph) { return rewrite(graph, {.merge_equal_calls = true}); }

}  // namespace weft
