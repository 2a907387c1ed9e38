// From a graph to a Plan: kernels, order, dependency counts and offsets, all decided before anything runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/rows.h"
#include "graph/storage.h"
#include "runtime/planning/step_graph.h"

namespace weft {

// An optimised graph, and what its inputs and outputs are bound to.
struct Program {
  Graph graph;                        // graph.inputs(): first the arguments, then the variables
  std::size_t num_variables = 0;      // the last so many inputs are variables
  std::vector<std::uint32_t> writes;  // the last writes.size() outputs: output k becomes variable writes[k] at the end
  std::size_t unfused_bytes = 0;      // of all intermediate values before calls were fused, if nothing shared bytes

  std::size_t num_arguments() const { return graph.inputs().size() - num_variables; }
  std::size_t num_results() const { return graph.outputs().size() - writes.size(); }
};

// Where the bytes of a value are while a Plan runs. variable: the value that it has before the run; next: the one that
// it gets, which a run may be told to write to other bytes or to the same.
enum class Space : std::uint8_t { arena, constant, argument, variable, next, result };

// An offset into the arena or the constants, or the number of an argument, variable or result.
struct Slot {
  Space space = Space::arena;
  std::uint64_t where = 0;
  bool operator==(const Slot&) const = default;
};

// One kernel call: a node, or a part of it.
struct Step {
  static constexpr NodeId kNoNode = static_cast<NodeId>(-1);  // a copy or a gate: the planner's own

  std::uint32_t kernel = 0;      // of Plan::kernels
  std::uint32_t part = 0;        // of the kernel; the parts of a node are consecutive steps that share their slots
  NodeId node = kNoNode;         // of Plan::program.graph
  std::uint32_t first_slot = 0;  // of Plan::slots: the operands, then the outputs
  std::uint32_t num_inputs = 0;
  std::uint32_t num_outputs = 0;
};

struct PlanStats {
  std::size_t arena_bytes = 0;          // what one run needs for intermediates
  std::size_t scratch_bytes = 0;        // and for scratch, times the workers that may be at it
  std::size_t without_reuse_bytes = 0;  // the same if no two buffers shared bytes
  std::size_t constant_bytes = 0;
  std::size_t argument_bytes = 0;
  std::size_t variable_bytes = 0;
  std::size_t result_bytes = 0;
  double kernel_seconds = 0;     // what making the kernels took
  double estimated_seconds = 0;  // of one run on one thread, by the cost model
  double critical_seconds = 0;   // of the longest path: no number of threads is faster
};

// Immutable: any number of Runs share one.
struct Plan {
  Program program;
  std::vector<Kernel> kernels;  // equal calls share one
  std::vector<Step> steps;      // in a legal serial order
  std::vector<Slot> slots;

  // The dependencies between steps, of every kind: who waits for each step, and for how many steps it waits.
  Rows<StepId> successors;  // the most urgent first
  std::vector<std::uint32_t> dependencies;
  std::vector<StepId> source_steps;  // those that wait for none, the most urgent first
  std::vector<float> seconds;        // of each step, by the cost model
  std::vector<float> remaining;      // the longest path from the start of each step to the end: its urgency

  std::shared_ptr<Buffer> constants;
  PlanStats stats;

  std::span<const StepId> successors_of(StepId s) const { return successors[s]; }
  std::span<const Slot> inputs_of(const Step& s) const { return {slots.data() + s.first_slot, s.num_inputs}; }
  std::span<const Slot> outputs_of(const Step& s) const {
    return {slots.data() + s.first_slot + s.num_inputs, s.num_outputs};
  }
};

// Plans a program. Nodes that no output needs get no step, and nodes that depend on no input are computed here. Throws
// Error where the program is malformed or memory runs out.
std::shared_ptr<const Plan> make_plan(Program program);

}  // namespace weft
