// In-place methods: the operation of the same name, whose result the tensor then has.

#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "ops/values.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft {
namespace {

struct Updated {
  CapturedValue value;
  const char* grad_name;  // of the operation, which a cast to the target's dtype may follow
};

// operation(target, other), of the target's dtype. PyTorch's rule: a result of a higher category does not fit.
template <class F>
Updated updated(const char* name, const Tensor& target, const Operand& other, F operation) {
  const Operand self(target, other.at());
  const Operand* const operands[] = {&self, &other};
  CaptureScope scope(operands, name);
  Value value = operation(scope.values()[0], scope.values()[1]);
  const TensorType& type = scope.values()[0].type();
  const auto refuse = [&](ErrorKind kind, const std::string& rule) {
    throw Error(kind, "[" + std::string(name) + "] a: " + type.str() + ", result: " + value.type().str() + ": " + rule,
                other.at());
  };
  if (category(value.dtype()) > category(type.dtype))
    refuse(ErrorKind::dtype, "the result does not fit the tensor's dtype");
  if (value.shape() != type.shape) refuse(ErrorKind::shape, "the operand does not broadcast to the tensor");
  const char* grad_name = scope.captured(value).call->op->grad_name;
  if (value.dtype() != type.dtype) value = cast(value, type.dtype);
  return {scope.captured(value), grad_name};
}

// What a call captured must be let go of before the write, or nothing could be written in place.
template <class F>
Tensor update(const char* name, const Tensor& target, const Operand& other, F operation) {
  const auto& impl = TensorAccess::impl(target);
  detail::placed(other.at(), [&] {
    Updated result = updated(name, target, other, operation);
    const char* const grad_name = result.grad_name;
    write_version(impl, std::move(result.value), name, other.at());
    if (grad_enabled() && !impl->is_leaf() && !impl->view) impl->grad_name = grad_name;
  });
  return target;
}

// target becomes what `make` records, of its type: what was there has no part in it, but keeps requiring gradients.
template <class F>
Tensor overwrite(const char* name, const char* grad_name, const Tensor& target, SourceLocation at, F make) {
  if (!target.defined()) throw Error(ErrorKind::state, "[" + std::string(name) + "] undefined tensor", at);
  const auto& impl = TensorAccess::impl(target);
  const bool has_history = grad_enabled() && !impl->is_leaf();
  const auto capture_value = [&] {
    CaptureScope scope(at, name);
    const Value value = make(scope, impl->type);
    return scope.captured(has_history ? overwritten(value, scope.value_of(target), /*keep_history=*/false) : value);
  };
  detail::placed(at, [&] { write_version(impl, capture_value(), name, at); });
  if (has_history && !impl->view) impl->grad_name = grad_name;
  return target;
}

}  // namespace

Tensor Tensor::add_(const Operand& other) const {
  return update("add_", *this, other, [](const Value& a, const Value& b) { return weft::add(a, b); });
}
Tensor Tensor::sub_(const Operand& other) const {
  return update("sub_", *this, other, [](const Value& a, const Value& b) { return weft::sub(a, b); });
}
Tensor Tensor::mul_(const Operand& other) const {
  return update("mul_", *this, other, [](const Value& a, const Value& b) { return weft::mul(a, b); });
}
Tensor Tensor::div_(const Operand& other) const {
  return update("div_", *this, other, [](const Value& a, const Value& b) { return weft::div(a, b); });
}

Tensor operator+=(const Tensor& a, const Operand& b) { return a.add_(b); }
Tensor operator-=(const Tensor& a, const Operand& b) { return a.sub_(b); }
Tensor operator*=(const Tensor& a, const Operand& b) { return a.mul_(b); }
Tensor operator/=(const Tensor& a, const Operand& b) { return a.div_(b); }

Tensor Tensor::fill_(const Operand& value, SourceLocation at) const {
  if (!value.is_number()) throw Error("[fill_] the value is no number", at);
  return overwrite("fill_", "FillBackward2", *this, at,
                   [&](CaptureScope& scope, const TensorType& type) { return full(scope.builder(), type, value); });
}

Tensor Tensor::zero_(SourceLocation at) const {
  return overwrite("zero_", "ZeroBackward0", *this, at,
                   [](CaptureScope& scope, const TensorType& type) { return full(scope.builder(), type, 0.0); });
}

Tensor Tensor::copy_(const Tensor& src, SourceLocation at) const {
  if (defined() && !src.defined())
    throw Error(ErrorKind::state, "[copy_] " + TensorAccess::impl(*this)->type.str() + ": the source is undefined", at);
  return overwrite("copy_", "CopyBackwards", *this, at, [&](CaptureScope& scope, const TensorType& type) {
    Value value = scope.value_of(src);
    value = value.dtype() == type.dtype ? value : weft::cast(value, type.dtype);
    if (const auto shape = broadcast(value.shape(), type.shape); !shape || *shape != type.shape)
      throw Error(ErrorKind::shape,
                  "[copy_] a: " + type.str() + ", b: " + value.type().str() + ": the source does not broadcast to a",
                  at);
    value = value.shape() == type.shape ? value : weft::expand(value, type.shape);
    // A leaf that is copied stays a leaf of its own: what is read here passes gradients on to it.
    const bool passes_on = scope.captured(value).call->requires_grad && grad_enabled();
    return passes_on ? overwritten(value, full(scope.builder(), type, 0.0), /*keep_history=*/false) : value;
  });
}

}  // namespace weft
