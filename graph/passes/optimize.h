// The passes in their order.
#pragma once

#include <functional>
#include <string_view>

#include "graph/graph.h"

namespace weft {

// Called with the graph after each pass, for printing.
using PassObserver = std::function<void(std::string_view pass, const Graph& graph)>;

// The same program with less work. For graphs that are differentiated already. Results keep their bits, but for what
// the passes say of themselves. Linear in the graph.
Graph optimize(const Graph& graph, const PassObserver& observe);
Graph optimize(const Graph& graph);

// From a graph as it was captured, with its gradients, to the graph that is planned.
struct PreparedGraph {
  Graph unfused;  // optimised
  Graph fused;    // the same with fused calls: the one to plan
};
PreparedGraph run_passes(const Graph& graph, const PassObserver& observe = {});

}  // namespace weft
