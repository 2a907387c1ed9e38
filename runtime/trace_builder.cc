#include "runtime/trace_builder.h"

#include <algorithm>
#include <string>

#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/random.h"
#include "weft/autograd.h"

namespace weft {
TracedProgram::TracedProgram(const Body& body, const detail::Bundle& inputs, SourceLocation at,
                             const TraceOptions& options) {
  Builder(*this, at).trace(body, inputs, options);
}

void TracedProgram::Builder::trace(const Body& body, const detail::Bundle& inputs, const TraceOptions& options) {
  program_.numbers_ = inputs.numbers;
  program_.names_ = inputs.names;
  hand_over(inputs.tensors);
  program_.grad_mode_ = grad_enabled();
  std::vector<Tensor> results;
  {
    const GradModeGuard same_mode_after(grad_enabled());
    detail::Bundle given = body({handles_, inputs.numbers, inputs.names});
    results = std::move(given.tensors);
    given.tensors.clear();
    program_.result_shape_ = std::move(given);
    if (grad_enabled() != program_.grad_mode_)
      throw Error(ErrorKind::state, "[compile] the function leaves another grad mode than it found", at_,
                  "use a NoGradGuard");
  }
  finish_random(trace_);
  take_fields();
  take_results(results);
  take_history();
  bind_outside();
  check_written_arguments(inputs.tensors);
  take_hooks(inputs.tensors);
  take_audit();
  plan(options);
  program_.guards_ = trace_.guards();
}

// Gives the function handles of its own for its arguments.
void TracedProgram::Builder::hand_over(const std::vector<Tensor>& inputs) {
  std::vector<Impl> given;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Impl& impl = TensorAccess::impl(inputs[i]);
    Argument argument{.type = impl->type, .same_as = i, .strides = {}, .tensor = {}};
    if (const auto first = index_of(given, impl)) argument.same_as = *first;
    given.push_back(impl);
    if (argument.same_as != i) {
      argument = program_.arguments_[argument.same_as];
      handles_.push_back(handles_[argument.same_as]);
      impls_.push_back(impls_[argument.same_as]);
    } else {
      const TraceSuspended suspended;
      argument.requires_grad = impl->requires_grad();
      argument.is_leaf = impl->leaf_requires_grad;
      argument.by_value = impl->view || (!impl->storage_if_any() && argument.requires_grad);
      auto shadow = std::make_shared<TensorImpl>(impl->type);
      shadow->leaf_requires_grad = argument.requires_grad;
      if (impl->view) argument.strides = shadow->strides = impl->view->strides;
      if (argument.by_value)
        shadow->set_storage(std::make_shared<Variable>(
            impl->type, std::const_pointer_cast<Buffer>(value_of(current_version(impl, at_)))));
      else
        shadow->set_storage(impl->storage());
      if (argument.by_value) shadow->set_grad(impl->grad());
      impls_.push_back(argument.by_value ? shadow : impl);
      trace_.add_argument(i, shadow, impls_.back());
      handles_.push_back(TensorAccess::wrap(std::move(shadow)));
    }
    program_.any_by_value_ = program_.any_by_value_ || argument.by_value;
    program_.arguments_.push_back(std::move(argument));
  }
}

// ---- What becomes of .grad fields

void TracedProgram::Builder::take_fields() {
  for (const auto& field : trace_.grad_fields()) {
    const Trace::Path path = trace_.path_to(field->owner);
    if (field->written && path.origin.kind == Origin::Kind::argument && path.origin.grads == 0 &&
        program_.arguments_[path.origin.index].requires_grad && !program_.arguments_[path.origin.index].is_leaf)
      throw Error(ErrorKind::state,
                  "[compile] backward() in the function reaches argument " + std::to_string(path.origin.index) +
                      ", which is the result of an operation",
                  at_, "use weft::grad(), or hand over a leaf");
    Field effect{.owner = path.origin,
                 .root = path.root,
                 .read = field->read,
                 .written = field->written,
                 .present = field->before != nullptr,
                 .before = {},
                 .result = {}};
    if (field->is_known) effect.before = field->before;
    // One that the run finds empty, and leaves so, need not be set.
    const bool stays_empty = effect.read && !effect.present && !field->now;
    if (effect.written && !stays_empty) program_.set_fields_.push_back(program_.fields_.size());
    if (effect.written && field->now) {
      new_grads_.emplace_back(program_.fields_.size(), trace_.without_shadow(field->now));
      if (is_plain_gradient(new_grads_.back().second)) take_fresh(new_grads_.back().second);
    }
    program_.fields_.push_back(std::move(effect));
  }
}

// One of the trace that nothing but its value can be asked of, so that the bytes of the last one can be written again.
bool TracedProgram::Builder::is_plain_gradient(const Impl& gradient) const {
  return gradient->born_in == trace_.id() && !gradient->view && !gradient->leaf_requires_grad && !gradient->grad() &&
         !current_version(gradient, at_).call->requires_grad;
}

void TracedProgram::Builder::take_fresh(const Impl& gradient) {
  if (index_of(fresh_, gradient)) return;
  fresh_.push_back(gradient);
  fresh_values_.push_back(current_version(gradient, at_));
  program_.fresh_.push_back(gradient->type);
}

// ---- What is read and written

void TracedProgram::Builder::bind_outside() {
  std::vector<CapturedValue> values = outputs_;
  values.insert(values.end(), fresh_values_.begin(), fresh_values_.end());
  for (const Trace::Outside& outside : trace_.outside())
    if (is_effect(outside)) values.push_back(outside.now);
  calls_.emplace(values, std::span<const CapturedValue>{}, at_);
  // Those that are reached by way of a .grad come last.
  for (const bool by_grad : {false, true}) {
    for (const Trace::Outside& outside : trace_.outside()) {
      const Trace::Path path = trace_.path_to(outside.tensor);
      if ((path.origin.grads > 0) != by_grad) continue;
      const bool written = is_effect(outside);
      const bool live = std::any_of(program_.history_.begin(), program_.history_.end(),
                                    [&](const Live& l) { return l.call == outside.input.call; });
      if (!written && !live && !outside.becomes_leaf && !outside.sets_grad &&
          !calls_->contains(outside.input.call.get()))
        continue;
      bound_input_.push_back(outside.input.call);
      bound_tensors_.push_back(outside.tensor);
      bound_now_.push_back(written ? outside.now : CapturedValue{});
      const bool keeps_storage = path.origin.kind != Origin::Kind::argument && !by_grad;
      program_.bound_.push_back({.root = path.root,
                                 .storage = keeps_storage ? outside.tensor->storage() : nullptr,
                                 .origin = path.origin,
                                 .requires_grad = outside.tensor->leaf_requires_grad,
                                 .written = written,
                                 .becomes_leaf = outside.becomes_leaf,
                                 .sets_grad = outside.sets_grad,
                                 .type = outside.tensor->type});
      program_.writes_back_ = program_.writes_back_ || outside.becomes_leaf ||
                              (written && path.origin.kind == Origin::Kind::argument && path.origin.grads == 0 &&
                               program_.arguments_[path.origin.index].by_value);
    }
    if (!by_grad) program_.direct_ = program_.bound_.size();
  }
  for (Live& live : program_.history_) {
    if (live.call->op == &kInput)
      live.bound = index_of(bound_input_, live.call);
    else if (live.call->is_leaf)
      live.outside_leaf = index_of(bound_tensors_, live.call->leaf.lock());
  }
  for (const std::size_t i : trace_.captured_arguments()) {
    program_.arguments_[i].captured = true;
    program_.arguments_[i].tensor = impls_[i];
  }
}

bool TracedProgram::Builder::is_effect(const Trace::Outside& outside) const {
  if (!outside.written || outside.tensor->born_in == trace_.id()) return false;
  if (outside.now.call->requires_grad && !outside.tensor->leaf_requires_grad && !outside.becomes_leaf)
    throw Error(ErrorKind::state,
                "[compile] " + outside.tensor->type.str() +
                    ": a tensor from outside of the function gets a value that requires gradients",
                at_, "return it, or write under a NoGradGuard");
  return true;
}

void TracedProgram::Builder::check_written_arguments(const std::vector<Tensor>& inputs) const {
  for (const Bound& bound : program_.bound_) {
    if (!bound.written || bound.origin.kind != Origin::Kind::argument || bound.origin.grads > 0) continue;
    const Argument& argument = program_.arguments_[bound.origin.index];
    if (argument.strides)
      for (int d = 0; d < argument.type.shape.rank(); ++d)
        if ((*argument.strides)[static_cast<std::size_t>(d)] == 0 && argument.type.shape[d] > 1)
          throw Error(ErrorKind::state,
                      "[compile] argument " + std::to_string(bound.origin.index) +
                          " is written, and several of its elements are one place in memory",
                      at_, "hand over a clone()");
    if (argument.by_value && argument.requires_grad)
      throw Error(ErrorKind::state,
                  "[compile] argument " + std::to_string(bound.origin.index) +
                      " is the result of an operation and is written in place",
                  at_, "write to a clone() of it");
  }
  if (const auto i = program_.find_overlap(inputs))
    throw Error(ErrorKind::state,
                "[compile] argument " + std::to_string(*i) +
                    " is a view of a tensor that the function also reaches, and writes",
                at_, "hand over a clone()");
}

void TracedProgram::Builder::take_hooks(const std::vector<Tensor>& inputs) {
  const TraceSuspended suspended;
  for (const std::size_t i : trace_.differentiated_arguments()) {
    Argument& argument = program_.arguments_[i];
    argument.hooks = hooks_of(TensorAccess::impl(inputs[i]));
    if (argument.by_value && *argument.hooks)
      throw Error(ErrorKind::state,
                  "[compile] argument " + std::to_string(i) +
                      " has hooks and is a view or the result of an operation, and gradients arrive at it in the "
                      "function",
                  at_, "register the hooks in the function");
  }
}

}  // namespace weft
