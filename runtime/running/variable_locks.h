// The locks of the variables that a run touches.
#pragma once

#include <span>
#include <vector>

#include "graph/capture/storage.h"

namespace weft {

struct VariableUse {
  Variable* variable;
  bool written;
};

// All runs lock in this order, that of addresses: so they cannot wait for each other in a ring.
void sort_by_address(std::vector<VariableUse>& uses);

// Locks variables, exclusively where they are written, as long as it lives. They must be sorted by address, each there
// once, and outlive it.
class VariableLocks {
 public:
  explicit VariableLocks(std::span<const VariableUse> uses);
  ~VariableLocks();
  VariableLocks(const VariableLocks&) = delete;
  VariableLocks& operator=(const VariableLocks&) = delete;

 private:
  std::span<const VariableUse> uses_;
};

}  // namespace weft
