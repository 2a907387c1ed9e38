// A module with given parameters and operands, and what PyTorch has for it.
#pragma once

#include <functional>
#include <vector>

#include "weft/weft.h"

namespace weft {

// sin(0.7 i + phase) / 2 for element i, f64.
Tensor wave(DimsRef shape, double phase);

// The module's parameter k becomes wave(.., k + 0.3); then the elements of the results of f, and the sum of the
// gradient of each operand and parameter times wave(.., 1): of the loss that weighs the results with wave(.., 2). The
// numbers are those of PyTorch, and the same bits where f is compiled.
void expect_pytorch(nn::Module& module, const std::vector<Tensor>& operands,
                    const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                    const std::vector<double>& wanted);

}  // namespace weft
