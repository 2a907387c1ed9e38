// Functions of tensors as calls: recorded once on tensors that stand for their arguments, to be done again on other
// values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/capture/capture.h"
#include "graph/capture/extract.h"
#include "graph/capture/tensor_impl.h"

namespace weft {

// What a function did. Its calls read what stands for its arguments, inputs that stand for tensors with storage which
// it reached otherwise, and calls that were captured before, which are of another trace.
struct Recording {
  std::uint64_t trace = 0;  // that of its calls
  std::vector<CapturedValue> arguments;
  std::vector<std::pair<std::shared_ptr<TensorImpl>, CapturedValue>> outside;  // a tensor, and what stands for it
  std::vector<CapturedValue> results;                                          // null for undefined tensors

  // What the results need, in the order of the function.
  Extraction calls(SourceLocation at) const;
};

// Calls f, with grad mode on, with tensors that stand for arguments of these types; floating ones require gradients.
// Throws Error "NAME ..." where f does what cannot be done again: looks at values, writes to tensors from outside or
// sets their .grad, draws random numbers.
Recording record_function(const std::string& name, const std::vector<TensorType>& arguments,
                          const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f, SourceLocation at);

}  // namespace weft
