// The .grad of a tensor, as a trace sees it where one is in force.
#pragma once

#include <memory>

#include "graph/capture/tensor_impl.h"

namespace weft {

std::shared_ptr<TensorImpl> grad_of(TensorImpl& owner);
void set_grad_of(TensorImpl& owner, std::shared_ptr<TensorImpl> grad);

}  // namespace weft
