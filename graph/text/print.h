// The printed form of tensors: the text that PyTorch's torch/_tensor_str.py gives for the same values.
#pragma once

#include <string>
#include <string_view>

#include "graph/type.h"
#include "weft/tensor.h"

namespace weft {

// data: dense row-major elements; null is fine where there are none. grad_suffix: "", ", requires_grad=True", or
// ", grad_fn=<AddBackward0>". Element types carry PyTorch's names ("dtype=torch.float64"), so that texts compare equal.
// options must be valid for set_print_options(). Reads only the elements that it prints.
std::string format_tensor(const TensorType& type, const void* data, std::string_view grad_suffix = "",
                          const PrintOptions& options = print_options());

}  // namespace weft
