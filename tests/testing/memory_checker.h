// Checks of the planner that share nothing with it: everything is worked out again from the graph and the edges.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "runtime/planning/memory.h"
#include "runtime/planning/plan.h"
#include "runtime/running/run.h"

namespace weft {

// The life of a value in the arena. Its writers are the parts of a node.
struct Life {
  std::size_t offset = 0;
  std::size_t bytes = 0;
  std::vector<StepId> writers;
  std::vector<StepId> readers;
};
std::vector<Life> lives(const Plan& plan);

// What is wrong with a plan, or "": values that share bytes while both are needed, parts that do not wait for the parts
// that write what they read, writes to a variable before all that may throw and all that read its old value, writes to
// arguments.
std::string check_plan(const Plan& plan);

// The same for a layout alone.
std::string check_layout(const StepGraph& graph, const ArenaBuffers& arena, const ArenaLayout& layout);

// Runs the steps on this thread in a random legal order, and fills arena bytes with NaNs as soon as nothing needs them.
class PoisonExecutor final : public Executor {
 public:
  explicit PoisonExecutor(std::uint64_t seed) : random_(seed) {}
  void run(Run& run) override;

 private:
  std::mt19937_64 random_;
};

}  // namespace weft
