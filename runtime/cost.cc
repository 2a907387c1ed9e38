// The cost model: rough figures for one thread, to tell plans that gain from threads from those that do not.
#include <algorithm>

#include "runtime/draft.h"
#include "runtime/kernel_cache.h"

namespace weft {
namespace {

constexpr double kCallSeconds = 50e-9;
constexpr double kFlopsPerSecond = 50e9;
constexpr double kBytesPerSecond = 10e9;

double step_seconds(const Plan& plan, const Step& step) {
  if (step.node == Step::kNoNode) return kCallSeconds;
  const double bytes = static_cast<double>(bytes_touched(plan.program.graph, step.node));
  return kCallSeconds + std::max(plan.kernels[step.kernel].flops / kFlopsPerSecond, bytes / kBytesPerSecond);
}

}  // namespace

void estimate(Plan& plan, const StepGraph& depends) {
  std::vector<double> end(plan.steps.size());
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    double begin = 0;
    for (const StepId p : depends.of(s)) begin = std::max(begin, end[p]);
    const double seconds = step_seconds(plan, plan.steps[s]);
    end[s] = begin + seconds;
    plan.stats.estimated_seconds += seconds;
    plan.stats.critical_seconds = std::max(plan.stats.critical_seconds, end[s]);
  }
}

}  // namespace weft
