#include "runtime/running/variable_locks.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "weft/error.h"

namespace weft {

std::vector<std::size_t> sort_uses(std::span<const VariableLocks::Use> uses) {
  std::vector<std::size_t> order(uses.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::less<>{}(uses[a].variable.get(), uses[b].variable.get());
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto &a = uses[order[i - 1]], &b = uses[order[i]];
    if (a.variable == b.variable && (a.written || b.written)) throw Error("[assign] a leaf is written twice");
  }
  return order;
}

VariableLocks::VariableLocks(std::span<const Use> uses, std::span<const std::size_t> order) : uses_(uses) {
  for (const std::size_t i : order) uses[i].written ? uses[i].variable->lock() : uses[i].variable->lock_shared();
}

VariableLocks::~VariableLocks() {
  release_shared();
  for (const Use& use : uses_)
    if (use.written) use.variable->unlock();
}

void VariableLocks::release_shared() {
  if (!holds_shared_) return;
  holds_shared_ = false;
  for (const Use& use : uses_)
    if (!use.written) use.variable->unlock_shared();
}

}  // namespace weft
