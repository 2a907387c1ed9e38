// In-place forms of functions: the tensor has the value that the function of it has.
#pragma once

#include <string>

#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft {

// f(target), of the target's shape and dtype. Nothing of it is held when the target is written, or it could not be
// written in place.
template <class F>
Tensor replace(const char* name, const Tensor& target, SourceLocation at, F f) {
  if (!target.defined()) throw Error(ErrorKind::state, "[" + std::string(name) + "] undefined tensor", at);
  const auto& impl = TensorAccess::impl(target);
  const char* grad_name = "";
  const auto value = [&] {
    const Tensor result = f(Operand(target, at));
    const TensorType& type = TensorAccess::impl(result)->type;
    const auto refuse = [&](ErrorKind kind, const std::string& rule) {
      throw Error(kind, "[" + std::string(name) + "] a: " + impl->type.str() + ", result: " + type.str() + ": " + rule,
                  at);
    };
    if (category(type.dtype) > category(impl->type.dtype))
      refuse(ErrorKind::dtype, "the result does not fit the tensor's dtype");
    if (type.shape != impl->type.shape) refuse(ErrorKind::shape, "the operand does not broadcast to the tensor");
    grad_name = result.grad_fn(at).name();
    return current_version(
        TensorAccess::impl(type.dtype == impl->type.dtype ? result : cast({result, at}, impl->type.dtype)), at);
  };
  detail::placed(at, [&] { write_version(impl, value(), name, at); });
  if (grad_enabled() && *grad_name && !impl->is_leaf() && !impl->view) impl->grad_name = grad_name;
  return target;
}

}  // namespace weft
