// Values for tensors by name: what load_state_dict() of modules and of optimizers have in common.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weft/state_dict.h"

namespace weft {

// What is to be loaded: for each target the value of its name, in the target's dtype. A target that is there under
// several names takes the last value.
struct StateLoad {
  std::vector<std::pair<Tensor, Tensor>> updates;
  LoadReport report;
};

// Compares names and shapes, and changes nothing. Throws one Error that lists all that is wrong: values of another
// shape and, where `strict`, names that are missing or unexpected. `who`: what it is loaded into.
StateLoad plan_load(const std::string& who, const StateDict& targets, const StateDict& values, bool strict,
                    SourceLocation at);

// Writes the values, all in one run and all or none.
void run_load(StateLoad load, SourceLocation at);

// The same elements outside of the graph, under the same names.
StateDict detached(const StateDict& state, SourceLocation at);

}  // namespace weft
