// A plan under construction: what its stages hand on to each other.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/rows.h"
#include "runtime/planning/plan.h"
#include "runtime/planning/reachability.h"

namespace weft {

// What becomes of a node.
enum class Role : std::uint8_t {
  unused,    // no output needs it
  input,     // bound by the caller
  alias,     // its operand's bytes
  constant,  // depends on no input: computed while planning
  step       // a kernel call of each run
};

// A result of a node, numbered through the graph.
using ValueNumber = std::uint32_t;

// Where a step, or all parts of a node, touch a value: the first of them, and which of its slots.
struct Touch {
  StepId step = kNoStep;
  std::uint32_t slot = 0;
};

// Bytes that the planner itself moves.
struct Copy {
  Slot from;
  Slot to;
  std::size_t bytes = 0;
};

struct Draft {
  explicit Draft(Plan& p) : plan(p), program(p.program), graph(p.program.graph) {}

  Plan& plan;
  const Program& program;
  const Graph& graph;

  // ---- classify.cc
  std::vector<Role> role;                  // of each node
  std::vector<ValueNumber> first_value;    // of each node, and the end of the last
  std::vector<ValueNumber> storage;        // of each value: the one whose bytes it has; itself unless it is an alias
  std::vector<NodeId> owner;               // the node of each value
  std::vector<std::uint32_t> input_index;  // of graph.inputs(), by node; only for Role::input

  // ---- place.cc. An arena slot's number is that of its buffer until the layout is known.
  static constexpr Slot kUnplaced = {Space::arena, static_cast<std::uint64_t>(-1)};
  std::vector<Slot> placement;            // of each value that is its own storage
  std::vector<std::size_t> buffer_bytes;  // of each arena buffer
  std::vector<NodeId> node_order;         // the nodes with Role::step
  std::size_t late = 0;                   // where in node_order the nodes begin that run after first_copies
  std::vector<Copy> first_copies;
  std::vector<Copy> last_copies;  // after everything else

  // ---- emit.cc
  StepId gate = kNoStep;      // the step that waits for all that may throw
  std::vector<StepId> joins;  // gates that wait for all parts of a node, which are the steps just before; ascending

  // ---- touches.cc
  std::vector<Touch> writer;         // of each arena buffer
  std::vector<Touch> result_writer;  // of each result
  Rows<StepId> readers;              // of each arena buffer: ascending, once for each slot that reads it

  // ---- connect.cc
  StepGraph depends;
  std::optional<Reachability> order;  // what follows from `depends`

  ValueNumber number(ValueId v) const { return first_value[v.node] + v.output; }
  ValueNumber storage_of(ValueId v) const { return storage[number(v)]; }
  Role role_of(ValueNumber v) const { return role[owner[v]]; }
  const TensorType& type_of(ValueNumber v) const { return graph.node(owner[v]).outputs[v - first_value[owner[v]]]; }
  bool placed(ValueNumber v) const { return !(placement[v] == kUnplaced); }
  // The parts of a step that is the first of them.
  StepId parts(StepId s) const { return plan.kernels[plan.steps[s].kernel].parts; }
  StepId last_touch(std::uint64_t buffer) const {
    const StepId first = writer[buffer].step;
    return readers[buffer].empty() ? first + parts(first) - 1 : readers[buffer].back();
  }
  // What a step touches of a slot: its operands, then its outputs.
  Region region(StepId s, std::size_t slot) const {
    const Kernel& kernel = plan.kernels[plan.steps[s].kernel];
    return kernel.region ? kernel.region(plan.steps[s].part, slot) : Region{};
  }
  Slot new_buffer(std::size_t bytes) {
    buffer_bytes.push_back(bytes);
    return {Space::arena, buffer_bytes.size() - 1};
  }
};

// The stages, in this order.
class KernelCache;
void check_program(const Program& program);
void classify(Draft& draft);                                 // roles; which values share storage
void compute_constants(Draft& draft, KernelCache& kernels);  // the constant block, placements of constants
void place_values(Draft& draft);                             // the order of nodes, placements, copies
void emit_steps(Draft& draft, KernelCache& kernels);         // steps, slots, kernels
void find_touches(Draft& draft);                             // who writes and who reads what
void connect_steps(Draft& draft);                            // dependencies
void estimate(Draft& draft);                                 // times, by the cost model
void rank(Draft& draft);                                     // urgency
void order_for_reuse(Draft& draft);                          // further dependencies that save memory
void assign_arena(Draft& draft);                             // in-place sharing and offsets

// Makes these the dependencies of the plan, from both sides, and works out what follows from them.
void set_dependencies(Draft& draft, StepGraph depends);

}  // namespace weft
