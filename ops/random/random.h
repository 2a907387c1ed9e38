// Random values in composed operations.
#pragma once

#include "graph/capture/random.h"

namespace weft {

// Uniform in [0, 1).
Value rand(const RandomState& random, const TensorType& type);

}  // namespace weft
