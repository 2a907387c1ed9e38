// The dependencies between steps: every hazard of the serial order on the same elements is an edge, and so is the rule
// that variables are written only after all that may throw.
#include <algorithm>
#include <utility>

#include "runtime/planning/draft.h"

namespace weft {
namespace {

class Connector {
 public:
  explicit Connector(Draft& draft)
      : d_(draft), variable_writer_(draft.program.num_variables), variable_readers_(draft.program.num_variables) {}

  void connect() {
    const Plan& plan = d_.plan;
    StepGraph depends;
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
      depends.add_step(waits_for_);
    }
    set_dependencies(d_, std::move(depends));
  }

 private:
  StepId first_part(StepId s) const { return s - d_.plan.steps[s].part; }

  void wait_for_parts(StepId first) {
    for (StepId p = 0; p < d_.parts(first); ++p) waits_for_.push_back(first + p);
  }

  // Waits for the parts of the writer whose elements step s touches through a slot.
  void wait_for(const Touch& writer, StepId s, std::uint32_t slot) {
    if (writer.step == kNoStep || writer.step == first_part(s)) return;
    const StepId parts = d_.parts(writer.step);
    if (parts == 1) {
      waits_for_.push_back(writer.step);
      return;
    }
    const std::size_t before = waits_for_.size();
    const Region touched = d_.region(s, slot);
    for (StepId p = writer.step; p < writer.step + parts; ++p)
      if (touched.overlaps(d_.region(p, writer.slot))) waits_for_.push_back(p);
    const StepId join = writer.step + parts;
    if (waits_for_.size() - before < parts || !std::binary_search(d_.joins.begin(), d_.joins.end(), join)) return;
    waits_for_.resize(before);
    waits_for_.push_back(join);
  }

  void read(StepId s, std::uint32_t slot, const Slot& at) {
    if (at.space == Space::arena) wait_for(d_.writer[at.where], s, slot);
    if (at.space == Space::result) wait_for(d_.result_writer[at.where], s, slot);
    if (at.space == Space::next) wait_for(variable_writer_[at.where], s, slot);
    if (at.space == Space::variable) variable_readers_[at.where].push_back({s, slot});
  }

  void write(StepId s, std::uint32_t slot, const Slot& at) {
    if (at.space != Space::next) return;
    const StepId self = first_part(s);
    variable_writer_[at.where] = {self, slot};
    const Region written = d_.region(s, slot);
    // A step that writes what it reads does so element by element: its parts do not meet.
    for (const Touch& reader : variable_readers_[at.where])
      if (first_part(reader.step) != self && written.overlaps(d_.region(reader.step, reader.slot)))
        waits_for_.push_back(reader.step);
    if (d_.gate != kNoStep)
      waits_for_.push_back(d_.gate);
    else
      waits_for_.insert(waits_for_.end(), throwers_.begin(), throwers_.end());
  }

  Draft& d_;
  std::vector<Touch> variable_writer_;                // so far
  std::vector<std::vector<Touch>> variable_readers_;  // of the old value: each part for itself
  std::vector<StepId> throwers_;
  std::vector<StepId> waits_for_;
};

}  // namespace

void connect_steps(Draft& draft) { Connector(draft).connect(); }

void set_dependencies(Draft& draft, StepGraph depends) {
  Plan& plan = draft.plan;
  const std::size_t n = depends.size();
  plan.successors = Rows<StepId>(n, [&](auto add) {
    for (StepId s = 0; s < n; ++s)
      for (const StepId p : depends.of(s)) add(p, s);
  });
  plan.dependencies.resize(n);
  plan.source_steps.clear();
  for (StepId s = 0; s < n; ++s) {
    plan.dependencies[s] = static_cast<std::uint32_t>(depends.of(s).size());
    if (plan.dependencies[s] == 0) plan.source_steps.push_back(s);
  }
  draft.order.emplace(depends);
  draft.depends = std::move(depends);
}

}  // namespace weft
