// The dependencies between the steps of a plan.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/rows.h"

namespace weft {

// Steps are numbered in a legal serial order.
using StepId = std::uint32_t;
inline constexpr StepId kNoStep = static_cast<StepId>(-1);

// The steps that each step waits for, ascending and without repetition.
class StepGraph {
 public:
  std::size_t size() const { return predecessors_.size(); }
  std::span<const StepId> of(StepId s) const { return predecessors_[s]; }
  // Adds the next step, which waits for these: sorts them, and names each once.
  void add_step(std::vector<StepId>& waits_for) {
    std::sort(waits_for.begin(), waits_for.end());
    waits_for.erase(std::unique(waits_for.begin(), waits_for.end()), waits_for.end());
    predecessors_.add_row(waits_for);
  }

 private:
  Rows<StepId> predecessors_;
};

}  // namespace weft
