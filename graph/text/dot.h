// Graphs as pictures.
#pragma once

#include <iosfwd>

#include "graph/graph.h"

namespace weft {

// Graphviz: a box for each node with its name, op, types and bytes; arrows run from values to what reads them; results
// of the graph have a double border.
void write_dot(const Graph& graph, std::ostream& out);

}  // namespace weft
