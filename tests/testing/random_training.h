// Random training programs of the library's own operations, as they are captured: neither optimised nor fused.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/planning/plan.h"
#include "tests/testing/interpreter.h"

namespace weft {

// A step of training, and the values that its inputs have before the first step.
struct Training {
  Program program;
  std::vector<HostTensor> inputs;
};

// Layers with weights and biases of all shapes that broadcast, residual sums, shared weights, running statistics; a
// loss, its gradients, and an optimizer that takes a step of each parameter. large: of sizes at which kernels run in
// parts.
Training random_training(std::uint64_t seed, bool large);

}  // namespace weft
