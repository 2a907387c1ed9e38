#pragma once

#include "graph/graph.h"

namespace weft {

// Without the nodes that no output needs. Inputs stay.
Graph eliminate_dead_nodes(const Graph& graph);

}  // namespace weft
