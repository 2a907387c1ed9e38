// Reading: which version of a tensor an operation reads.
#include "graph/capture/versions.h"

#include <mutex>
#include <utility>

#include "graph/capture/capture.h"
#include "graph/capture/trace.h"

namespace weft {

CapturedValue Versions::of_storage(const std::shared_ptr<TensorImpl>& tensor, const Variable& variable,
                                   std::shared_ptr<const Buffer> now, SourceLocation at) {
  const std::lock_guard guard(tensor->lock_);
  if (auto call = tensor->version_.lock(); call && call->known() && call->value(0) == now &&
                                           call->is_leaf == tensor->leaf_requires_grad && !variable.exposed())
    return {std::move(call), 0};
  if (variable.exposed()) now = copy_of(*now);  // somebody may write through a pointer at any time
  auto call = std::make_shared<CapturedCall>(kInput, std::vector<CapturedValue>{}, Attrs{}, Types{tensor->type}, at,
                                             tensor->leaf_requires_grad);
  call->is_leaf = tensor->leaf_requires_grad;
  if (call->is_leaf) call->leaf = call->keeps_leaf = tensor;
  call->publish({std::move(now)});
  tensor->version_ = call;
  return {std::move(call), 0};
}

void check_dtype_of_base(const TensorImpl& tensor, SourceLocation at) {
  const ViewPath& view = *tensor.view;
  if (view.steps.empty() || view.steps.front().from.dtype == view.base->type.dtype) return;
  throw Error(
      ErrorKind::state,
      "[view] " + tensor.type.str() + ": the tensor that this is a view of is " + view.base->type.str() + " by now", at,
      "make the view again after to(dtype)");
}

CapturedValue Versions::of_view(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
  const ViewPath& view = *tensor->view;
  check_dtype_of_base(*tensor, at);
  const CapturedValue base = current_version(view.base, at);
  {
    const std::lock_guard guard(tensor->lock_);
    if (tensor->seen_ && tensor->seen_output_ == base.output && tensor->seen_from_.lock() == base.call &&
        tensor->seen_.call->is_leaf == tensor->leaf_requires_grad)
      return tensor->seen_;
  }
  CaptureBuilder builder(at);
  // requires_grad that the base got after the view was made does not hold for the view.
  builder.grad_enabled = view.tracks_grad && (view.of_leaf || !view.base->leaf_requires_grad);
  Value value = builder.value(base);
  for (const ViewStep& step : view.steps) value = builder.record(*step.op, {value}, step.attrs);
  if (view.history) {
    builder.grad_enabled = true;
    value = overwritten(value, builder.value(view.history), /*keep_history=*/true);
  }
  CapturedValue result = builder.captured(value);
  if (tensor->leaf_requires_grad) result = as_leaf(result, tensor, at);
  if (tensor->retains_grad && result.call->requires_grad && !result.call->is_leaf) result.call->leaf = tensor;
  remember(*tensor, base, result);
  return result;
}

void Versions::forget(TensorImpl& tensor) {
  CapturedValue before;
  {
    const std::lock_guard guard(tensor.lock_);
    std::swap(tensor.seen_, before);
  }
  if (before) before.call->handles.fetch_sub(1, std::memory_order_relaxed);
}

void Versions::remember(TensorImpl& tensor, const CapturedValue& base, const CapturedValue& value) {
  value.call->handles.fetch_add(1, std::memory_order_relaxed);
  CapturedValue before = value;
  {
    const std::lock_guard guard(tensor.lock_);
    std::swap(tensor.seen_, before);
    tensor.seen_from_ = base.call;
    tensor.seen_output_ = base.output;
  }
  if (before) before.call->handles.fetch_sub(1, std::memory_order_relaxed);
}

CapturedValue as_leaf(const CapturedValue& value, const std::shared_ptr<TensorImpl>& leaf, SourceLocation at) {
  CaptureBuilder builder(at);
  CapturedValue result = builder.captured(record_detach(builder.value(value)));
  result.call->requires_grad = result.call->is_leaf = true;
  result.call->leaf = leaf;
  return result;
}

CapturedValue current_version(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
  if (tensor->view) return Versions::of_view(tensor, at);
  Trace* const trace = Trace::current();
  if (trace && trace->knows(tensor)) return trace->read(tensor);
  CapturedValue call = tensor->call_if_any();
  if (call) {
    const std::uint64_t here = trace ? trace->id() : 0;
    if (call.call->trace == here && (here == 0 || tensor->born_in == here)) return call;
    if (trace && trace->reads_calls_of(call.call->trace)) return call;
    if (call.call->trace != 0)
      throw Error(ErrorKind::state,
                  "[compile] " + tensor->type.str() + ": a tensor of a traced function is used outside of it", at,
                  "return it from the function");
    if (trace && call.call->requires_grad)
      throw Error(
          ErrorKind::state,
          "[compile] " + tensor->type.str() + ": a tensor captured outside of the traced function requires gradients",
          at, "compute it inside, hand it over as an argument, or use detach()");
  }
  if (trace) return trace->read(tensor);
  const std::shared_ptr<Variable> storage = tensor->storage();
  return Versions::of_storage(tensor, *storage, storage->read(), at);
}

CapturedValue version_of(const std::shared_ptr<TensorImpl>& tensor, const Variable& variable,
                         std::shared_ptr<const Buffer> now, SourceLocation at) {
  return Versions::of_storage(tensor, variable, std::move(now), at);
}

void make_leaf_of_trace(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
  Trace& trace = *Trace::current();
  const bool shadow = trace.without_shadow(tensor) != tensor;
  if (tensor->born_in != trace.id()) {
    if (tensor->view)
      throw Error(ErrorKind::state,
                  "[compile] [requires_grad_] " + tensor->type.str() +
                      ": the flag of a view from outside of a traced function cannot be changed in it",
                  at, "change it before the call");
    trace.become_leaf(tensor, as_leaf(current_version(tensor, at), trace.without_shadow(tensor), at));
    if (shadow) tensor->leaf_requires_grad = true;
    return;
  }
  if (tensor->view) {
    tensor->leaf_requires_grad = true;
    return;
  }
  CapturedValue value = as_leaf(current_version(tensor, at), tensor, at);
  tensor->leaf_requires_grad = true;
  if (tensor->storage_if_any())
    Trace::current()->write(tensor, std::move(value));
  else
    tensor->set_call(std::move(value));
}

}  // namespace weft
