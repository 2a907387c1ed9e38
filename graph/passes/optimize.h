// The passes in their order.
#pragma once

#include "graph/graph.h"

namespace weft {

// The same program with less work. For graphs that are differentiated already. Results keep their bits, but for what
// the passes say of themselves. Linear in the graph.
Graph optimize(const Graph& graph);

}  // namespace weft
