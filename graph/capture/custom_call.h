// Calls whose gradient rule is code of a user's own, or needs calls of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "graph/capture/capture.h"
#include "graph/capture/gradient_code.h"
#include "graph/capture/tensor_impl.h"

namespace weft {

// The first `results` operands, whose own history ends here, as results of one call, which is differentiated by `rule`.
// The rule sees all operands, and gives gradients by those after the first ones.
std::vector<Tensor> record_custom_call(std::vector<CapturedValue> operands, std::size_t results,
                                       std::shared_ptr<const CustomGradient> rule, SourceLocation at);

}  // namespace weft
