// The dependencies between steps: every hazard of the serial order on the same elements is an edge, and so is the rule
// that variables are written only after all that may throw.
#include <algorithm>

#include "runtime/planning/draft.h"

namespace weft {
namespace {

class Connector {
 public:
  explicit Connector(Draft& draft)
      : d_(draft),
        arena_writer_(draft.buffer_bytes.size()),
        result_writer_(draft.program.num_results()),
        variable_writer_(draft.program.num_variables),
        variable_readers_(draft.program.num_variables) {}

  void connect() {
    const Plan& plan = d_.plan;
    d_.depends.first.reserve(plan.steps.size() + 1);
    auto join = d_.joins.begin();
    for (StepId s = 0; s < plan.steps.size(); ++s) {
      waits_for_.clear();
      if (s == d_.gate) waits_for_ = throwers_;
      if (join != d_.joins.end() && *join == s) {
        wait_for_parts(first_part(s - 1));
        ++join;
      }
      const Step& step = plan.steps[s];
      for (std::uint32_t i = 0; i < step.num_inputs; ++i) read(s, i, plan.inputs_of(step)[i]);
      for (std::uint32_t k = 0; k < step.num_outputs; ++k) write(s, step.num_inputs + k, plan.outputs_of(step)[k]);
      if (step.node != Step::kNoNode && d_.graph.node(step.node).op->may_throw) throwers_.push_back(s);
      add_dependencies(s);
    }
  }

 private:
  // What touches elements: the parts of a node through one slot, or one part of it.
  struct Touch {
    StepId step = Draft::kNoStep;
    std::size_t slot = 0;
  };

  StepId first_part(StepId s) const { return s - d_.plan.steps[s].part; }

  void add_dependencies([[maybe_unused]] StepId s) {
    std::sort(waits_for_.begin(), waits_for_.end());
    waits_for_.erase(std::unique(waits_for_.begin(), waits_for_.end()), waits_for_.end());
#if WEFT_SEEDED_BUG == 2
    if (waits_for_.size() > 1 && s % 4 == 0) waits_for_.pop_back();
#endif
    std::vector<StepId>& all = d_.depends.predecessors;
    all.insert(all.end(), waits_for_.begin(), waits_for_.end());
    d_.depends.first.push_back(static_cast<std::uint32_t>(all.size()));
  }

  void wait_for_parts(StepId first) {
    for (StepId p = 0; p < d_.parts(first); ++p) waits_for_.push_back(first + p);
  }

  // Waits for the parts of the writer whose elements step s touches through a slot.
  void wait_for(const Touch& writer, StepId s, std::size_t slot) {
    if (writer.step == Draft::kNoStep || writer.step == first_part(s)) return;
    const StepId parts = d_.parts(writer.step);
    if (parts == 1) {
      waits_for_.push_back(writer.step);
      return;
    }
    const std::size_t before = waits_for_.size();
    const Region touched = d_.region(s, slot);
    for (StepId p = writer.step; p < writer.step + parts; ++p)
      if (touched.meets(d_.region(p, writer.slot))) waits_for_.push_back(p);
    const StepId join = writer.step + parts;
    if (waits_for_.size() - before < parts || !std::binary_search(d_.joins.begin(), d_.joins.end(), join)) return;
    waits_for_.resize(before);
    waits_for_.push_back(join);
  }

  void read(StepId s, std::size_t slot, const Slot& at) {
    if (at.space == Space::arena) wait_for(arena_writer_[at.where], s, slot);
    if (at.space == Space::result) wait_for(result_writer_[at.where], s, slot);
    if (at.space != Space::variable) return;
    const Touch& writer = variable_writer_[at.where];
    wait_for(writer, s, slot);
    if (writer.step == Draft::kNoStep) variable_readers_[at.where].push_back({s, slot});
  }

  void write(StepId s, std::size_t slot, const Slot& at) {
    const Touch self{first_part(s), slot};
    if (at.space == Space::arena) arena_writer_[at.where] = self;
    if (at.space == Space::result) result_writer_[at.where] = self;
    if (at.space != Space::variable) return;
    variable_writer_[at.where] = self;
    const Region written = d_.region(s, slot);
    // A step that writes what it reads does so element by element: its parts do not meet.
    for (const Touch& reader : variable_readers_[at.where])
      if (first_part(reader.step) != self.step && written.meets(d_.region(reader.step, reader.slot)))
        waits_for_.push_back(reader.step);
    if (d_.gate != Draft::kNoStep)
      waits_for_.push_back(d_.gate);
    else
      waits_for_.insert(waits_for_.end(), throwers_.begin(), throwers_.end());
  }

  Draft& d_;
  std::vector<Touch> arena_writer_;
  std::vector<Touch> result_writer_;
  std::vector<Touch> variable_writer_;
  std::vector<std::vector<Touch>> variable_readers_;  // of the old value
  std::vector<StepId> throwers_;
  std::vector<StepId> waits_for_;
};

}  // namespace

void connect_steps(Draft& draft) { Connector(draft).connect(); }

void add_successors(Draft& draft) {
  Plan& plan = draft.plan;
  const StepGraph& depends = draft.depends;
  plan.roots.clear();
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

}  // namespace weft
