#include "graph/capture/tensor_impl.h"

#include <cstring>
#include <mutex>

#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/trace.h"

namespace weft {

TensorImpl::~TensorImpl() {
  if (call_) call_.call->handles.fetch_sub(1, std::memory_order_relaxed);
  if (seen_) seen_.call->handles.fetch_sub(1, std::memory_order_relaxed);
  std::vector<std::shared_ptr<void>> handles;
  if (grad_) handles.push_back(std::move(grad_));
  if (call_) handles.push_back(std::move(call_.call));
  if (seen_) handles.push_back(std::move(seen_.call));
  if (view) handles.push_back(std::move(view->base));
  if (!handles.empty()) dispose(std::move(handles));
}

void TensorImpl::set_call(CapturedValue value, const char* name) {
  value.call->handles.fetch_add(1, std::memory_order_relaxed);
  if (retains_grad && value.call->requires_grad) {  // the gradient that is kept is that of the version now
    if (const CapturedValue before = call_if_any()) differentiable_version(before).call->leaf.reset();
    differentiable_version(value).call->leaf = weak_from_this();
  }
  std::shared_ptr<Variable> variable;
  {
    const std::lock_guard guard(lock_);
    std::swap(call_, value);
    variable.swap(variable_);
    storage_now_.store(nullptr, std::memory_order_release);
  }
  if (value) value.call->handles.fetch_sub(1, std::memory_order_relaxed);
  grad_name = name;
}

void TensorImpl::set_storage(std::shared_ptr<Variable> variable) {
  CapturedValue before;
  {
    const std::lock_guard guard(lock_);
    variable_ = std::move(variable);
    storage_now_.store(variable_.get(), std::memory_order_release);
    std::swap(call_, before);
    version_.reset();
  }
  if (before) before.call->handles.fetch_sub(1, std::memory_order_relaxed);
}

void TensorImpl::change_dtype(std::shared_ptr<Variable> variable) {
  type.dtype = variable->type().dtype;
  set_storage(std::move(variable));
}

std::shared_ptr<TensorImpl> TensorImpl::grad() const {
  const std::lock_guard guard(lock_);
  return grad_;
}

void TensorImpl::set_grad(std::shared_ptr<TensorImpl> grad) {
  const std::lock_guard guard(lock_);
  grad_.swap(grad);  // the one before goes when the lock is open again
  grad_now_.store(grad_.get(), std::memory_order_release);
}

std::shared_ptr<Variable> TensorImpl::storage_if_any() const {
  const std::lock_guard guard(lock_);
  return variable_;
}

CapturedValue TensorImpl::call_if_any() const {
  const std::lock_guard guard(lock_);
  return call_;
}

bool TensorImpl::forget_value_for_reuse() {
  if (grad_now() || retains_grad || leaf_requires_grad || view || !call_ || call_.call.use_count() != 1) return false;
  if (!call_.call->used_up() || call_.call->num_operands() > 0) return false;  // it was written since
  call_.call->forget_value();
  return true;
}

std::shared_ptr<const Buffer> TensorImpl::keep_handed_out(const std::shared_ptr<const Buffer>& now) {
  const std::lock_guard guard(lock_);
  if (!handed_out_ || (now->bytes() > 0 && std::memcmp(handed_out_->data(), now->data(), now->bytes()) != 0))
    handed_out_ = now;
  return handed_out_;
}

bool TensorImpl::requires_grad() {
  if (leaf_requires_grad) return true;
  if (!is_floating(type.dtype)) return false;
  if (view) return (view->tracks_grad || view->history) && current_version(shared_from_this(), {}).call->requires_grad;
  if (Trace* trace = Trace::current(); trace && trace->knows(shared_from_this()))
    return trace->now(shared_from_this()).call->requires_grad;
  const CapturedValue call = call_if_any();
  return call && call.call->requires_grad;
}

bool TensorImpl::is_leaf() { return leaf_requires_grad || !requires_grad(); }

std::shared_ptr<Variable> TensorImpl::storage() {
  if (auto variable = storage_if_any()) return variable;
  const CapturedValue value = call_if_any();
  if (!value) return storage_if_any();  // another thread was first
  if (value.call->requires_grad)
    throw Error(ErrorKind::state,
                "[tensor] " + type.str() + ": a value that requires gradients has no storage of its own");
  const auto buffer = value_of(value);
  const std::lock_guard guard(lock_);
  if (variable_) return variable_;  // another thread was first
  variable_ = std::make_shared<Variable>(type, std::const_pointer_cast<Buffer>(buffer));
  storage_now_.store(variable_.get(), std::memory_order_release);
  version_ = call_.call;
  call_.call->handles.fetch_sub(1, std::memory_order_relaxed);
  call_ = {};
  return variable_;
}

Tensor make_captured(CapturedValue value, const char* grad_name) {
  auto impl = std::make_shared<TensorImpl>(value.call->outputs[value.output]);
  impl->born_in = value.call->trace;
  impl->set_call(std::move(value), grad_name);
  return TensorAccess::wrap(std::move(impl));
}

Tensor make_leaf(TensorType type, std::shared_ptr<Buffer> buffer) {
  auto impl = std::make_shared<TensorImpl>(type);
  if (Trace* trace = Trace::current()) impl->born_in = trace->id();
  impl->set_storage(std::make_shared<Variable>(std::move(type), std::move(buffer)));
  return TensorAccess::wrap(std::move(impl));
}

}  // namespace weft
