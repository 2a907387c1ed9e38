// What a compiled call gives back: tensors, and the history through which gradients flow on from them.
#include "graph/capture/capture.h"
#include "graph/capture/gradient_code.h"
#include "graph/capture/versions.h"
#include "runtime/traced_program.h"

namespace weft {

// The calls that results stand on, with the versions that the tensors have before the run. Their variables are held.
void TracedProgram::capture_history(Execution& execution) const {
  Session& session = *execution.session;
  session.history.reserve(history_.size());
  for (const Live& live : history_) {
    if (live.bound) {
      const Bound& bound = bound_[*live.bound];
      const bool given = bound.origin.kind == Origin::Kind::argument && bound.origin.grads == 0;
      if (given && arguments_[bound.origin.index].by_value) {
        session.history.push_back(session.versions[bound.origin.index].call);
        continue;
      }
      const VariableAccess::Use& use = session.uses[*live.bound];
      const auto now = use.value ? use.value : use.variable->buffer();
      const Impl impl = resolve(bound, execution);
      session.history.push_back(version_of(impl, *use.variable, now, execution.at).call);
      continue;
    }
    std::vector<CapturedValue> operands;
    operands.reserve(live.operands.size());
    for (const ValueId& v : live.operands) operands.push_back({session.history[v.node], v.output});
    auto copy = std::make_shared<CapturedCall>(*live.call->op, std::move(operands), live.call->attrs,
                                               live.call->outputs, live.call->where, live.call->requires_grad);
    copy->is_leaf = live.call->is_leaf;
    if (live.call->code) copy->code = std::make_shared<GradientCode>(*live.call->code);
    if (copy->is_leaf) copy->leaf = live.call->leaf;
    if (live.outside_leaf) {
      const Bound& leaf = bound_[*live.outside_leaf];
      copy->leaf = tensor_at(leaf.origin, leaf.root, execution.inputs);
    }
    if (live.call->used_up()) copy->use_up();
    session.history.push_back(std::move(copy));
  }
}

void TracedProgram::publish_history(Execution& execution) const {
  for (std::size_t i = 0; i < history_.size(); ++i) {
    if (!history_[i].saved) continue;
    const auto first = execution.session->results.begin() + static_cast<std::ptrdiff_t>(*history_[i].saved);
    execution.session->history[i]->publish(
        {first, first + static_cast<std::ptrdiff_t>(history_[i].call->outputs.size())});
  }
}

// A tensor that the caller has let go of lets go of the result, whose bytes can then be written again.
void TracedProgram::reuse_used_up(Execution& execution, const Result& result) const {
  if (!result.requires_grad || result.live) return;
  Session& session = *execution.session;
  session.wrapped.resize(session.results.size());
  Impl& wrapped = session.wrapped[result.index];
  if (wrapped && !(wrapped.use_count() == 1 && wrapped->forget_value_for_reuse())) wrapped.reset();
}

// The result of a function in which a backward() used its history up.
Tensor TracedProgram::wrap_used_up(Execution& execution, const Result& result) const {
  Impl& wrapped = execution.session->wrapped[result.index];
  const std::shared_ptr<Buffer>& buffer = execution.session->results[result.index];
  if (wrapped) {
    wrapped->call_if_any().call->publish({buffer});
  } else {
    auto used_up = std::make_shared<CapturedCall>(*result.op, std::vector<CapturedValue>{}, Attrs{}, Types{result.type},
                                                  execution.at, /*needs_grad=*/true);
    used_up->use_up();
    used_up->publish({buffer});
    wrapped = TensorAccess::impl(make_captured({std::move(used_up), 0}, result.grad_name));
  }
  return TensorAccess::wrap(wrapped);
}

CapturedValue TracedProgram::version(Execution& execution, const ValueId& live) const {
  return {execution.session->history[live.node], live.output};
}

Tensor TracedProgram::wrap_output(Execution& execution, const Result& result) const {
  const std::shared_ptr<Buffer>& buffer = execution.session->results[result.index];
  Tensor tensor;
  if (!result.requires_grad || result.is_leaf) {
    tensor = make_leaf(result.type, buffer);
  } else if (result.live) {
    tensor = make_captured(version(execution, *result.live), result.grad_name);
  } else {
    tensor = wrap_used_up(execution, result);
  }
  if (result.strides) TensorAccess::impl(tensor)->strides = result.strides;
  return tensor;
}

Tensor TracedProgram::wrap_one(Execution& execution, const Result& result, const std::vector<Tensor>& earlier) const {
  Tensor tensor;
  switch (result.kind) {
    case Result::Kind::output:
      tensor = wrap_output(execution, result);
      break;
    case Result::Kind::argument:
      tensor = execution.inputs[result.index];
      break;
    case Result::Kind::captured:
      tensor = TensorAccess::wrap(tensor_at(result.origin, result.tensor, execution.inputs));
      break;
    case Result::Kind::fresh:
      tensor = TensorAccess::wrap(execution.session->fresh[result.index]);
      break;
    case Result::Kind::same:
      tensor = earlier[result.index];
      break;
  }
  if (result.is_view) {
    tensor =
        make_view(TensorAccess::impl(tensor), result.steps, *result.strides, result.tracks_grad, {}, result.grad_name);
    ViewPath& view = *TensorAccess::impl(tensor)->view;
    view.in_no_grad = result.in_no_grad;
    view.of_leaf = result.of_leaf;
    if (result.live)
      Versions::remember(*TensorAccess::impl(tensor), version(execution, *result.live_base),
                         version(execution, *result.live));
  }
  TensorImpl& impl = *TensorAccess::impl(tensor);
  if (result.is_leaf) impl.leaf_requires_grad = true;
  if (result.hooks) impl.hooks = std::make_shared<LeafHooks>(*result.hooks);
  if (result.retains_grad) {
    impl.retains_grad = true;
    if (result.live) differentiable_version(version(execution, *result.live)).call->leaf = impl.weak_from_this();
  }
  return tensor;
}

// The tensors of results_, before any .grad of a tensor from outside changes.
std::vector<Tensor> TracedProgram::wrap(Execution& execution) const {
  std::vector<Tensor> tensors;
  tensors.reserve(results_.size());
  for (const Result& result : results_) tensors.push_back(wrap_one(execution, result, tensors));
  for (std::size_t i = 0; i < results_.size(); ++i)
    if (results_[i].grad) TensorAccess::impl(tensors[i])->set_grad(TensorAccess::impl(tensors[*results_[i].grad]));
  for (std::size_t i = 0; i < history_.size(); ++i) {
    if (!history_[i].leaf) continue;
    CapturedCall& call = *execution.session->history[i];
    const Impl& leaf = TensorAccess::impl(tensors[*history_[i].leaf]);
    call.leaf = leaf;
    if (!leaf->view) call.keeps_leaf = leaf;  // a view keeps the call
  }
  return tensors;
}

}  // namespace weft
