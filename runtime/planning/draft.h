// A plan under construction: what its stages hand to each other.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/planning/plan.h"

namespace weft {

// What becomes of a node.
enum class Role : std::uint8_t {
  unused,    // no output needs it
  input,     // bound by the caller
  alias,     // its operand's bytes
  constant,  // depends on no input: computed while planning
  step       // a kernel call of each run
};

// A result of a node, numbered through the graph. Aliases share the number of the value that has the bytes (its root).
using ValueNumber = std::uint32_t;

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
  std::vector<ValueNumber> first_value;    // of each node
  std::vector<ValueNumber> root;           // of each value
  std::vector<NodeId> owner;               // the node of each value
  std::vector<std::uint32_t> input_index;  // of graph.inputs(), by node; only for Role::input

  // ---- place.cc: homes of roots. An arena slot's number is that of its buffer until the layout is known.
  static constexpr Slot kNowhere = {Space::arena, static_cast<std::uint64_t>(-1)};
  std::vector<Slot> home;                 // of each root
  std::vector<std::size_t> buffer_bytes;  // of each arena buffer
  std::vector<NodeId> order;              // the nodes with Role::step
  std::size_t late = 0;                   // where in `order` the nodes begin that run after first_copies
  std::vector<Copy> first_copies;
  std::vector<Copy> last_copies;  // after everything else

  // ---- emit.cc
  static constexpr StepId kNoStep = static_cast<StepId>(-1);
  StepId gate = kNoStep;      // the step that waits for all that may throw
  std::vector<StepId> joins;  // gates that wait for all parts of a node, which are the steps just before; ascending
  StepGraph depends;

  ValueNumber number(ValueId v) const { return first_value[v.node] + v.output; }
  ValueNumber root_of(ValueId v) const { return root[number(v)]; }
  Role role_of_root(ValueNumber r) const { return role[owner[r]]; }
  const TensorType& type_of(ValueNumber v) const { return graph.node(owner[v]).outputs[v - first_value[owner[v]]]; }
  bool placed(ValueNumber r) const { return !(home[r] == kNowhere); }
  // The parts of a step that is the first of them.
  StepId parts(StepId s) const { return plan.kernels[plan.steps[s].kernel].parts; }
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
void classify(Draft& draft);                                 // roles and roots
void compute_constants(Draft& draft, KernelCache& kernels);  // the constant block, homes of constants
void place_values(Draft& draft);                             // order, homes, copies
void emit_steps(Draft& draft, KernelCache& kernels);         // steps, slots, kernels
void connect_steps(Draft& draft);                            // dependencies
void add_successors(Draft& draft);                           // the same, from the other side
void estimate(Draft& draft);                                 // times, by the cost model; urgency
void order_for_reuse(Draft& draft);                          // further dependencies that save memory
void assign_arena(Draft& draft);                             // in-place sharing and offsets

}  // namespace weft
