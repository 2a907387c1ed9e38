#include "runtime/running/variable_locks.h"

#include <algorithm>
#include <functional>

namespace weft {

void sort_by_address(std::vector<VariableUse>& uses) {
  std::sort(uses.begin(), uses.end(),
            [](const VariableUse& a, const VariableUse& b) { return std::less<>{}(a.variable, b.variable); });
}

VariableLocks::VariableLocks(std::span<const VariableUse> uses) : uses_(uses) {
  for (const VariableUse& use : uses_) use.written ? use.variable->lock() : use.variable->lock_shared();
}

VariableLocks::~VariableLocks() {
  for (const VariableUse& use : uses_) use.written ? use.variable->unlock() : use.variable->unlock_shared();
}

}  // namespace weft
