// The dependencies between steps: every hazard of the serial order on the same bytes is an edge, and so is the rule
// that variables are written only after all that may throw.
#include <algorithm>

#include "runtime/draft.h"

namespace weft {
namespace {

class Connector {
 public:
  explicit Connector(Draft& draft)
      : d_(draft),
        arena_writer_(draft.buffer_bytes.size(), Draft::kNoStep),
        result_writer_(draft.program.num_results(), Draft::kNoStep),
        variable_writer_(draft.program.num_variables, Draft::kNoStep),
        variable_readers_(draft.program.num_variables) {}

  void connect() {
    const Plan& plan = d_.plan;
    d_.depends.first.reserve(plan.steps.size() + 1);
    for (StepId s = 0; s < plan.steps.size(); ++s) {
      waits_for_.clear();
      if (s == d_.gate) waits_for_ = throwers_;
      for (const Slot& slot : plan.inputs_of(plan.steps[s])) read(s, slot);
      for (const Slot& slot : plan.outputs_of(plan.steps[s])) write(s, slot);
      const NodeId n = plan.steps[s].node;
      if (n != Step::kNoNode && d_.graph.node(n).op->may_throw) throwers_.push_back(s);
      std::sort(waits_for_.begin(), waits_for_.end());
      waits_for_.erase(std::unique(waits_for_.begin(), waits_for_.end()), waits_for_.end());
#if WEFT_SEEDED_BUG == 2
      if (waits_for_.size() > 1 && s % 4 == 0) waits_for_.pop_back();
#endif
      std::vector<StepId>& all = d_.depends.predecessors;
      all.insert(all.end(), waits_for_.begin(), waits_for_.end());
      d_.depends.first.push_back(static_cast<std::uint32_t>(all.size()));
    }
  }

 private:
  void wait_for(StepId s) {
    if (s != Draft::kNoStep) waits_for_.push_back(s);
  }

  void read(StepId s, const Slot& slot) {
    if (slot.space == Space::arena) wait_for(arena_writer_[slot.where]);
    if (slot.space == Space::result) wait_for(result_writer_[slot.where]);
    if (slot.space != Space::variable) return;
    wait_for(variable_writer_[slot.where]);
    if (variable_writer_[slot.where] == Draft::kNoStep) variable_readers_[slot.where].push_back(s);
  }

  void write(StepId s, const Slot& slot) {
    if (slot.space == Space::arena) arena_writer_[slot.where] = s;
    if (slot.space == Space::result) result_writer_[slot.where] = s;
    if (slot.space != Space::variable) return;
    variable_writer_[slot.where] = s;
    for (const StepId reader : variable_readers_[slot.where])
      if (reader != s) waits_for_.push_back(reader);
    if (d_.gate != Draft::kNoStep)
      waits_for_.push_back(d_.gate);
    else
      waits_for_.insert(waits_for_.end(), throwers_.begin(), throwers_.end());
  }

  Draft& d_;
  std::vector<StepId> arena_writer_;
  std::vector<StepId> result_writer_;
  std::vector<StepId> variable_writer_;
  std::vector<std::vector<StepId>> variable_readers_;  // of the old value
  std::vector<StepId> throwers_;
  std::vector<StepId> waits_for_;
};

void add_successors(Plan& plan, const StepGraph& depends) {
  const std::size_t n = depends.size();
  plan.first_successor.assign(n + 1, 0);
  for (const StepId p : depends.predecessors) ++plan.first_successor[p + 1];
  for (std::size_t s = 0; s < n; ++s) plan.first_successor[s + 1] += plan.first_successor[s];
  plan.successors.resize(depends.predecessors.size());
  std::vector<std::uint32_t> next(plan.first_successor.begin(), plan.first_successor.end() - 1);
  plan.dependencies.resize(n);
  for (StepId s = 0; s < n; ++s) {
    for (const StepId p : depends.of(s)) plan.successors[next[p]++] = s;
    plan.dependencies[s] = static_cast<std::uint32_t>(depends.of(s).size());
    if (plan.dependencies[s] == 0) plan.roots.push_back(s);
  }
}

}  // namespace

void connect_steps(Draft& draft) {
  Connector(draft).connect();
  add_successors(draft.plan, draft.depends);
}

}  // namespace weft
