// The variables that a run holds.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "graph/storage.h"

namespace weft {

// Locks variables for its lifetime, in the order of their addresses, so that runs cannot wait for each other in a ring.
class VariableLocks {
 public:
  struct Use {
    std::shared_ptr<Variable> variable;
    bool written = false;
  };

  // `order` lists the uses by address; sort_uses() makes it.
  VariableLocks(std::span<const Use> uses, std::span<const std::size_t> order);
  ~VariableLocks();
  VariableLocks(const VariableLocks&) = delete;
  VariableLocks& operator=(const VariableLocks&) = delete;

  // Those that are only read are free again: their buffers are held by now.
  void release_shared();

 private:
  std::span<const Use> uses_;
  bool holds_shared_ = true;
};

// The uses by address. Throws Error where a variable is written and there twice.
std::vector<std::size_t> sort_uses(std::span<const VariableLocks::Use> uses);

}  // namespace weft
