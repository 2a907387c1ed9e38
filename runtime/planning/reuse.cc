// Dependencies that let a large value take the bytes of one that is dead by then in serial order, but not yet for
// certain when steps run side by side: the writer of the one then waits for the last readers of the other.
//
// Each such edge constrains the schedule. Edges are added as long as no path becomes much longer than the longest one
// was, or than the time in which many workers could do all the work.
#include <algorithm>

#include "runtime/planning/draft.h"

namespace weft {
namespace {

constexpr std::size_t kLarge = std::size_t{64} << 10;  // bytes that are worth an edge
constexpr double kSlack = 1.25, kManyWorkers = 8;
constexpr std::size_t kMaxEdges = 256;  // for one value

class Reuse {
 public:
  explicit Reuse(Draft& draft)
      : d_(draft),
        order_(*draft.order),
        taken_(draft.buffer_bytes.size(), false),
        added_(draft.plan.steps.size()),
        end_(draft.plan.steps.size()) {
    const PlanStats& stats = d_.plan.stats;
    longest_ = std::max(kSlack * stats.critical_seconds, stats.estimated_seconds / kManyWorkers);
  }

  void add_edges() {
    for (StepId s = 0; s < d_.plan.steps.size(); ++s) {
      const Step& step = d_.plan.steps[s];
      if (step.part == 0)
        for (const Slot& output : d_.plan.outputs_of(step))
          if (output.space == Space::arena && d_.buffer_bytes[output.where] >= kLarge) {
            find_room(s, output.where);
            large_.push_back(output.where);
          }
      double begin = 0;
      for (const StepId p : d_.depends.of(s)) begin = std::max(begin, end_[p]);
      for (const StepId p : added_[s]) begin = std::max(begin, end_[p]);
      end_[s] = begin + static_cast<double>(d_.plan.seconds[s]);
    }
    if (!any_) return;
    set_dependencies(d_, all_edges());
    rank(d_);
  }

 private:
  // A dead value of about the size, the one that died last, for what the parts from s on write.
  void find_room(StepId s, std::uint64_t buffer) {
    const std::size_t bytes = d_.buffer_bytes[buffer];
    std::uint64_t best = buffer;
    for (const std::uint64_t other : large_) {
      const std::size_t room = d_.buffer_bytes[other];
      if (taken_[other] || d_.last_touch(other) >= s || room < bytes || room > 2 * bytes) continue;
      if (best == buffer || d_.last_touch(other) > d_.last_touch(best)) best = other;
    }
    if (best == buffer || !wait_for(s, last_touches(best))) return;
    taken_[best] = true;
  }

  // Of the parts that write a buffer and the steps that read it, those that no other of them comes after.
  std::vector<StepId> last_touches(std::uint64_t buffer) const {
    std::vector<StepId> all, last;
    const StepId first = d_.writer[buffer].step;
    for (StepId p = first; p < first + d_.parts(first); ++p) all.push_back(p);
    all.insert(all.end(), d_.readers[buffer].begin(), d_.readers[buffer].end());
    for (const StepId t : all) {
      const auto later = [&](StepId u) { return order_.before(t, u); };
      if (std::none_of(all.begin(), all.end(), later)) last.push_back(t);
    }
    return last;
  }

  // Makes the parts from s on wait, unless that would make the run too long.
  bool wait_for(StepId s, const std::vector<StepId>& steps) {
    const StepId parts = d_.parts(s);
    if (steps.size() * parts > kMaxEdges) return false;
    for (StepId p = s; p < s + parts; ++p)
      for (const StepId t : steps)
        if (!order_.before(t, p) && end_[t] + static_cast<double>(d_.plan.remaining[p]) > longest_) return false;
    for (StepId p = s; p < s + parts; ++p)
      for (const StepId t : steps)
        if (!order_.before(t, p)) {
          added_[p].push_back(t);
          any_ = true;
        }
    return true;
  }

  StepGraph all_edges() const {
    StepGraph all;
    std::vector<StepId> waits_for;
    for (StepId s = 0; s < d_.plan.steps.size(); ++s) {
      waits_for.assign(d_.depends.of(s).begin(), d_.depends.of(s).end());
      waits_for.insert(waits_for.end(), added_[s].begin(), added_[s].end());
      all.add_step(waits_for);
    }
    return all;
  }

  Draft& d_;
  const Reachability& order_;
  std::vector<std::uint64_t> large_;  // the buffers of what was written so far
  std::vector<bool> taken_;
  std::vector<std::vector<StepId>> added_;  // what each step waits for in addition
  std::vector<double> end_;                 // of each step, with any number of workers
  double longest_ = 0;
  bool any_ = false;
};

}  // namespace

void order_for_reuse(Draft& draft) {
  const bool any = std::any_of(draft.buffer_bytes.begin(), draft.buffer_bytes.end(),
                               [](std::size_t bytes) { return bytes >= kLarge; });
  if (!any || draft.plan.steps.size() > Reachability::kExactSteps) return;
  Reuse(draft).add_edges();
}

}  // namespace weft
