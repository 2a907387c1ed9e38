// Graphs as pictures.
#pragma once

#include <iosfwd>

#include "graph/graph.h"

namespace weft {

// Graphviz: a box for each node with its name, op, types and bytes; arrows run from values to what reads them; results
// of the graph have a double border. Graphviz takes minutes for a thousand boxes: of a graph of more than 200 nodes
// there is a box for each operation and line, with the number of its calls and their bytes; where that are more than a
// hundred, for each line, or for each operation. Arrows tell how many values they stand for.
void write_dot(const Graph& graph, std::ostream& out);

}  // namespace weft
