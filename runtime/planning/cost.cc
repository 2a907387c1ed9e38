// What each step takes by the cost model, and how urgent that makes it.
#include "graph/cost.h"

#include <algorithm>

#include "runtime/planning/draft.h"
#include "runtime/planning/kernel_cache.h"

namespace weft {
namespace {

double step_seconds(const Plan& plan, const Step& step) {
  if (step.node == Step::kNoNode) return kCallSeconds;
  const Kernel& kernel = plan.kernels[step.kernel];
  const double bytes =
      kernel.bytes > 0 ? kernel.bytes : static_cast<double>(bytes_touched(plan.program.graph, step.node));
  return kCallSeconds + seconds(kernel.flops, bytes) / kernel.parts;
}

// The most urgent first; equally urgent ones in serial order.
void sort_by_urgency(const Plan& plan, std::span<StepId> steps) {
  std::stable_sort(steps.begin(), steps.end(),
                   [&](StepId a, StepId b) { return plan.remaining[a] > plan.remaining[b]; });
}

}  // namespace

void estimate(Draft& draft) {
  Plan& plan = draft.plan;
  const std::size_t n = plan.steps.size();
  plan.seconds.resize(n);
  plan.remaining.resize(n);
  plan.stats.estimated_seconds = plan.stats.critical_seconds = 0;
  for (std::size_t i = n; i-- > 0;) {
    const auto s = static_cast<StepId>(i);
    const double own = step_seconds(plan, plan.steps[s]);
    float rest = 0;
    for (const StepId next : plan.successors_of(s)) rest = std::max(rest, plan.remaining[next]);
    plan.seconds[s] = static_cast<float>(own);
    plan.remaining[s] = rest + static_cast<float>(own);
    plan.stats.estimated_seconds += own;
    plan.stats.critical_seconds = std::max<double>(plan.stats.critical_seconds, plan.remaining[s]);
  }
  for (StepId s = 0; s < n; ++s)
    sort_by_urgency(
        plan, {plan.successors.data() + plan.first_successor[s], plan.successors.data() + plan.first_successor[s + 1]});
  sort_by_urgency(plan, plan.roots);
}

}  // namespace weft
