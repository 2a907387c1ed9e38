// The dependencies between the steps of a plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft {

// Steps are numbered in a legal serial order.
using StepId = std::uint32_t;

// The steps that each step waits for, as compressed rows, ascending and without repetition.
struct StepGraph {
  std::vector<std::uint32_t> first = {0};  // size() + 1 entries
  std::vector<StepId> predecessors;

  std::size_t size() const { return first.size() - 1; }
  std::span<const StepId> of(StepId s) const {
    return {predecessors.data() + first[s], predecessors.data() + first[s + 1]};
  }
};

}  // namespace weft
