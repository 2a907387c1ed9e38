// vmap(): a function of one sample, called for a batch of them at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "weft/tensor.h"

namespace weft {

struct VmapOptions {
  // The dim of each input that the samples lie along, negative from the end; nothing: all samples get the whole input.
  // None given: 0 for each.
  std::vector<std::optional<std::int64_t>> in_dims = {};
  // The dim of each result where they shall lie. None given: 0 for each.
  std::vector<std::int64_t> out_dims = {};
};

// f(sample) for each sample of the inputs, as one tensor for each result: what a loop over the samples and stack()
// give, up to the rounding of sums and products. f is called once, with tensors that stand for one sample, and each
// operation of it is then done for all samples. As torch.vmap.
//
// f may use other tensors besides its inputs, such as parameters, which are the same for all samples. It may call
// grad() and the functions of weft/functional.h: grad() by a parameter in f gives its gradient for each sample. vmap()
// may be nested, differentiated, and be part of a traced function.
//
// Elementwise operations (of your own, too), reductions, softmax, sorting, elements by number, changes of shape,
// products and cross_entropy() have rules for a batch; others throw Error by name, in the line of their call:
// convolutions and pooling, attention, recurrent layers. So do random numbers, looking at values, using .grad
// (backward() too), and writing to tensors from outside. Throws Error where no input has samples, or they have
// different numbers of them.
std::vector<Tensor> vmap(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                         const std::vector<Tensor>& inputs, const VmapOptions& options = {},
                         SourceLocation at = SourceLocation::current());
// The same with one input and one result, along their first dims.
Tensor vmap(const std::function<Tensor(const Tensor&)>& f, const Operand& x);

}  // namespace weft
