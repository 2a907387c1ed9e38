// checkpoint(): gradients that compute values again instead of keeping them.
#pragma once

#include <functional>
#include <vector>

#include "weft/tensor.h"

namespace weft {

// f(x), whose intermediate values are not kept for gradients: when gradients arrive, they are computed again from x,
// and let go of when the gradients of this part are there. The results and gradients are those of f(x), to the bit
// (second derivatives may be rounded otherwise). It costs the time of f once more, and saves memory in a compiled step,
// where every value that a gradient reads would be held from forward to backward.
//
// f is called once; what is computed again are the operations that it captured, so random numbers are drawn once, too.
// f may read tensors besides x, as parameters: they have their gradients as ever. May be nested, and differentiated
// again. Without grad mode it is f(x).
//
// As torch.utils.checkpoint.checkpoint with use_reentrant=False.
Tensor checkpoint(const std::function<Tensor(const Tensor&)>& f, const Operand& x);
// The same for several tensors.
std::vector<Tensor> checkpoint(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                               const std::vector<Tensor>& inputs, SourceLocation at = SourceLocation::current());

}  // namespace weft
