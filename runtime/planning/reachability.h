// Which step certainly ends before which other begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/planning/step_graph.h"

namespace weft {

// Exact for graphs of up to kExactSteps steps. Beyond that a sound approximation whose size is linear: the steps are
// split into chains, and each step keeps the last of its ancestors on a few chains.
class Reachability {
 public:
  static constexpr std::size_t kExactSteps = 8192;
  static constexpr std::size_t kChains = 8;

  // The last ancestor that is known on a chain.
  struct Mark {
    std::uint32_t chain;
    StepId step;
  };

  explicit Reachability(const StepGraph& graph, std::size_t exact_steps = kExactSteps);

  std::size_t size() const { return chain_.size(); }
  bool exact() const { return words_ > 0; }
  // True only if step a ends before step b begins, for every legal order. False may mean "not known" unless exact().
  bool before(StepId a, StepId b) const {
    if (a >= b) return false;
    if (words_ > 0) return (ancestors_[b * words_ + a / 64] >> (a % 64)) & 1;
    return before_by_chains(a, b);
  }
  // Whether a step ends before any of `count` consecutive steps begins.
  bool before_all(StepId a, StepId first, std::uint32_t count) const {
    for (StepId b = first; b < first + count; ++b)
      if (!before(a, b)) return false;
    return true;
  }
  // One bit for each step that ends before any of `count` consecutive steps begins. Only if exact().
  std::vector<std::uint64_t> common_ancestors(StepId first, std::uint32_t count) const;
  // The chain that a step is on: consecutive steps of a chain depend on each other.
  std::uint32_t chain(StepId s) const { return chain_[s]; }
  std::uint32_t num_chains() const { return num_chains_; }
  // What is known of the chains that s depends on.
  std::span<const Mark> marks(StepId s) const { return {marks_.data() + s * kChains, num_marks_[s]}; }

 private:
  bool before_by_chains(StepId a, StepId b) const;
  void find_ancestors(const StepGraph& graph);
  void find_chains(const StepGraph& graph);

  std::size_t words_ = 0;  // of a row of ancestors_
  std::vector<std::uint64_t> ancestors_;
  std::uint32_t num_chains_ = 0;
  std::vector<std::uint32_t> chain_;
  std::vector<Mark> marks_;
  std::vector<std::uint8_t> num_marks_;
};

}  // namespace weft
