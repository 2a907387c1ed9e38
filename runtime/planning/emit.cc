// Kernel calls, in serial order.
#include <algorithm>

#include "runtime/planning/draft.h"
#include "runtime/planning/kernel_cache.h"

namespace weft {
namespace {

class Emitter {
 public:
  Emitter(Draft& draft, KernelCache& kernels) : d_(draft), kernels_(kernels) {}

  void emit() {
    std::size_t slots = 0;
    for (const NodeId n : d_.node_order) slots += d_.graph.num_operands(n) + d_.graph.node(n).outputs.size();
    d_.plan.slots.reserve(slots + 2 * (d_.first_copies.size() + d_.last_copies.size()));
    d_.plan.steps.reserve(d_.node_order.size() + d_.first_copies.size() + d_.last_copies.size() + 1);
    for (const NodeId n : d_.node_order) throwers_left_ += d_.graph.node(n).op->may_throw ? 1 : 0;
    needs_gate_ = throwers_left_ > 1 && d_.program.writes.size() > 1;
    for (std::size_t i = 0; i < d_.late; ++i) add_node(d_.node_order[i]);
    for (const Copy& copy : d_.first_copies) add_copy(copy);
    for (std::size_t i = d_.late; i < d_.node_order.size(); ++i) add_node(d_.node_order[i]);
    for (const Copy& copy : d_.last_copies) add_copy(copy);
  }

 private:
  static constexpr std::uint32_t kManyParts = 4;

  void add_node(NodeId n) {
    Step step{.kernel = kernels_.of_node(n), .node = n, .first_slot = next_slot()};
    step.num_inputs = static_cast<std::uint32_t>(d_.graph.num_operands(n));
    for (std::size_t slot = 0; slot < step.num_inputs; ++slot)
      d_.plan.slots.push_back(d_.placement[d_.storage_of(d_.graph.operand(n, slot))]);
    step.num_outputs = static_cast<std::uint32_t>(d_.graph.node(n).outputs.size());
    for (ValueNumber k = 0; k < step.num_outputs; ++k) d_.plan.slots.push_back(d_.placement[d_.first_value[n] + k]);
    add(step);
    if (d_.plan.kernels[step.kernel].parts > kManyParts) add_join();
    if (d_.graph.node(n).op->may_throw && --throwers_left_ == 0 && needs_gate_) add_gate();
  }

  // One step between many parts that write a value and many that read all of it, in place of an edge for each pair.
  void add_join() {
    d_.joins.push_back(static_cast<StepId>(d_.plan.steps.size()));
    add({.kernel = kernels_.gate(), .first_slot = next_slot()});
  }

  // One step between many that may throw and many that write variables, in place of an edge for each pair.
  void add_gate() {
    d_.gate = static_cast<StepId>(d_.plan.steps.size());
    add({.kernel = kernels_.gate(), .first_slot = next_slot()});
  }

  void add_copy(const Copy& copy) {
    const Step step{.kernel = kernels_.copy(copy.bytes), .first_slot = next_slot(), .num_inputs = 1, .num_outputs = 1};
    d_.plan.slots.push_back(copy.from);
    d_.plan.slots.push_back(copy.to);
    add(step);
  }

  void add(Step step) {
    const Kernel& kernel = d_.plan.kernels[step.kernel];
    d_.plan.stats.scratch_bytes = std::max(d_.plan.stats.scratch_bytes, kernel.scratch_bytes);
    for (; step.part < kernel.parts; ++step.part) d_.plan.steps.push_back(step);
  }

  std::uint32_t next_slot() const { return static_cast<std::uint32_t>(d_.plan.slots.size()); }

  Draft& d_;
  KernelCache& kernels_;
  std::size_t throwers_left_ = 0;
  bool needs_gate_ = false;
};

}  // namespace

void emit_steps(Draft& draft, KernelCache& kernels) { Emitter(draft, kernels).emit(); }

}  // namespace weft
