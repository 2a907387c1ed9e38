// What a failed kernel looks like to the user.
#pragma once

#include <exception>

#include "graph/graph.h"

namespace weft {

// Throws an Error that names node n, its operands' types and the user's line, with what the exception says.
[[noreturn]] void throw_failure(const Graph& graph, NodeId n, const std::exception_ptr& cause);

}  // namespace weft
