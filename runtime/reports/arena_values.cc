#include "runtime/reports/arena_values.h"

#include <unordered_map>

namespace weft {
namespace {

std::size_t bytes_of(const Plan& plan, const Step& step, std::uint32_t output) {
  if (step.node != Step::kNoNode) return plan.program.graph.node(step.node).outputs[output].bytes();
  // The planner copies only old values of variables into the arena.
  const Program& program = plan.program;
  const std::size_t variable = plan.inputs_of(step)[0].where;
  return program.graph.node(program.graph.inputs()[program.num_arguments() + variable]).outputs[0].bytes();
}

}  // namespace

std::vector<ArenaValue> arena_values(const Plan& plan) {
  std::vector<ArenaValue> all;
  std::unordered_map<std::uint64_t, std::size_t> now;  // the value at each offset
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    for (const Slot& slot : plan.inputs_of(step))
      if (const auto at = now.find(slot.where); slot.space == Space::arena && at != now.end()) all[at->second].end = s;
    for (std::uint32_t k = 0; k < step.num_outputs; ++k) {
      const Slot& slot = plan.outputs_of(step)[k];
      if (slot.space != Space::arena || bytes_of(plan, step, k) == 0) continue;
      if (step.part > 0) {
        all[now.at(slot.where)].end = s;
        continue;
      }
      now[slot.where] = all.size();
      all.push_back({s, s, k, slot.where, bytes_of(plan, step, k)});
    }
  }
  return all;
}

StepId peak_step(const Plan& plan, std::span<const ArenaValue> values) {
  std::vector<std::ptrdiff_t> change(plan.steps.size() + 1, 0);
  for (const ArenaValue& value : values) {
    change[value.begin] += static_cast<std::ptrdiff_t>(value.bytes);
    change[value.end + 1] -= static_cast<std::ptrdiff_t>(value.bytes);
  }
  StepId peak = 0;
  std::ptrdiff_t bytes = 0, most = -1;
  for (StepId s = 0; s < plan.steps.size(); ++s)
    if (bytes += change[s]; bytes > most) {
      most = bytes;
      peak = s;
    }
  return peak;
}

}  // namespace weft
