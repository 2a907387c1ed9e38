#include "graph/passes/eliminate_dead_nodes.h"

#include "graph/passes/rewriter.h"

namespace weft {

Graph eliminate_dead_nodes(const Graph& graph) { return rewrite(graph, {}); }

}  // namespace weft
