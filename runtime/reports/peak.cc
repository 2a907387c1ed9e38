#include "runtime/reports/peak.h"

#include <algorithm>

#include "runtime/planning/plan_text.h"
#include "runtime/reports/arena_values.h"

namespace weft {

std::vector<MemoryReport::Holder> holders_at_peak(const Plan& plan) {
  const std::vector<ArenaValue> values = arena_values(plan);
  const StepId peak = peak_step(plan, values);
  std::vector<MemoryReport::Holder> holders;
  for (const ArenaValue& value : values)
    if (value.begin <= peak && peak <= value.end)
      holders.push_back({describe_result(plan, plan.steps[value.begin], value.output), value.bytes});
  std::stable_sort(holders.begin(), holders.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return holders;
}

}  // namespace weft
