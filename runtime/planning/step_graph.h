// The dependencies between the steps of a plan.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft {

// Steps are numbered in a legal serial order.
using StepId = std::uint32_t;
inline constexpr StepId kNoStep = static_cast<StepId>(-1);

// The steps that each step waits for, as compressed rows, ascending and without repetition.
struct StepGraph {
  std::vector<std::uint32_t> first = {0};  // size() + 1 entries
  std::vector<StepId> predecessors;

  std::size_t size() const { return first.size() - 1; }
  std::span<const StepId> of(StepId s) const {
    return {predecessors.data() + first[s], predecessors.data() + first[s + 1]};
  }
  // Adds the next step, which waits for these: sorts them, and names each once.
  void add_step(std::vector<StepId>& waits_for) {
    std::sort(waits_for.begin(), waits_for.end());
    waits_for.erase(std::unique(waits_for.begin(), waits_for.end()), waits_for.end());
    predecessors.insert(predecessors.end(), waits_for.begin(), waits_for.end());
    first.push_back(static_cast<std::uint32_t>(predecessors.size()));
  }
};

}  // namespace weft
