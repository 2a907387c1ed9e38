// How urgent steps are: the longer the path that begins with a step, the sooner it should run.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "runtime/planning/plan.h"

namespace weft {

// The longest path from the start of each step to the end of the run, where each step takes so long.
template <class T>
std::vector<T> longest_paths(const Plan& plan, std::span<const T> seconds) {
  std::vector<T> rest(plan.steps.size());
  for (std::size_t i = plan.steps.size(); i-- > 0;) {
    const auto s = static_cast<StepId>(i);
    for (const StepId next : plan.successors_of(s)) rest[s] = std::max(rest[s], rest[next]);
    rest[s] += seconds[s];
  }
  return rest;
}

// The order of a heap whose top is the most urgent step; equally urgent ones come in serial order.
template <class T>
struct LessUrgent {
  std::span<const T> rest;  // the longest paths
  bool operator()(StepId a, StepId b) const { return rest[a] != rest[b] ? rest[a] < rest[b] : a > b; }
};

}  // namespace weft
