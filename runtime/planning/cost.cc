// What each step takes by the cost model, and how urgent that makes it.
#include "graph/cost.h"

#include <algorithm>

#include "runtime/planning/draft.h"
#include "runtime/planning/urgency.h"

namespace weft {
namespace {

// Bytes of operands and results.
std::size_t bytes_touched(const Graph& graph, NodeId n) {
  std::size_t bytes = 0;
  for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) bytes += graph.type(graph.operand(n, slot)).bytes();
  for (const TensorType& type : graph.node(n).outputs) bytes += type.bytes();
  return bytes;
}

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
  plan.seconds.resize(plan.steps.size());
  for (std::size_t s = plan.steps.size(); s-- > 0;) {
    const double own = step_seconds(plan, plan.steps[s]);
    plan.seconds[s] = static_cast<float>(own);
    plan.stats.estimated_seconds += own;
  }
}

void rank(Draft& draft) {
  Plan& plan = draft.plan;
  plan.remaining = longest_paths<float>(plan, plan.seconds);
  plan.stats.critical_seconds =
      plan.steps.empty() ? 0 : *std::max_element(plan.remaining.begin(), plan.remaining.end());
  for (StepId s = 0; s < plan.steps.size(); ++s) sort_by_urgency(plan, plan.successors[s]);
  sort_by_urgency(plan, plan.source_steps);
}

}  // namespace weft
