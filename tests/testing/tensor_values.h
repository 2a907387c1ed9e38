// A matcher for tensors of f32.
#pragma once

#include <gmock/gmock.h>

#include <vector>

#include "weft/tensor.h"

namespace weft {

using Floats = std::vector<float>;

// The elements, in order.
MATCHER_P(equals, expected, "has the elements " + ::testing::PrintToString(expected)) {
  const Floats values = arg.template to_vector<float>();
  *result_listener << "has " << ::testing::PrintToString(values);
  return values == expected;
}

}  // namespace weft
