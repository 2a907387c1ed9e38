// Finds where numbers that are not finite come from, by running a graph call by call.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/storage.h"
#include "weft/diagnosis.h"

namespace weft {

// A value that a graph is given.
struct ReplayInput {
  std::string name;
  std::shared_ptr<const Buffer> value;  // null: it is only written
};

// Runs the graph on one thread, with the kernels that a plan of it would run, and looks at every result. `results`, if
// any, takes the values of the graph's outputs. Throws Error, naming the node, where a kernel throws.
NonfiniteReport find_nonfinite(const Graph& graph, const std::vector<ReplayInput>& inputs, bool flush_denormals,
                               std::vector<std::shared_ptr<const Buffer>>* results = nullptr);

}  // namespace weft
