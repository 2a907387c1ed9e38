#include "runtime/traced_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "runtime/reports/schedule.h"
#include "weft/autograd.h"

namespace weft {

// One call on its way.
struct TracedProgram::Call {
  const std::vector<Tensor>& inputs;
  SourceLocation at;
  std::vector<Impl> arguments;  // what the program reads for each input
  std::unique_ptr<Session> session;
  std::vector<std::shared_ptr<Variable>> fresh;
  std::vector<Impl> fresh_impls;  // where the tensor that was the .grad before is used again
  std::vector<std::shared_ptr<CapturedCall>> history;
};

TracedProgram::Impl TracedProgram::resolve(const Origin& origin, const Impl& root,
                                           std::span<const Impl> arguments) const {
  Impl impl = origin.kind == Origin::Kind::argument ? arguments[origin.index] : root;
  for (int i = 0; i < origin.grads; ++i) impl = impl->grad;
  return impl;
}

// The tensor itself, also of an argument that was handed over by value.
TracedProgram::Impl TracedProgram::reach(const Origin& origin, const Impl& root, const Call& call) const {
  if (origin.kind == Origin::Kind::argument && origin.grads == 0) return TensorAccess::impl(call.inputs[origin.index]);
  return resolve(origin, root, call.arguments);
}

bool TracedProgram::matches(const detail::Bundle& bundle) const {
  const std::vector<Tensor>& inputs = bundle.tensors;
  if (inputs.size() != arguments_.size() || grad_enabled() != grad_mode_ || bundle.numbers != numbers_ ||
      bundle.names != names_)
    return false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    TensorImpl& impl = *TensorAccess::impl(inputs[i]);
    const Argument& argument = arguments_[i];
    if (impl.type != argument.type || impl.requires_grad() != argument.requires_grad) return false;
    const bool by_value = impl.view || (!impl.storage_now() && argument.requires_grad);
    if (by_value != argument.by_value) return false;
    for (std::size_t j = 0; j < i; ++j)
      if ((TensorAccess::impl(inputs[j]).get() == &impl) != (argument.same_as == arguments_[j].same_as)) return false;
    if (argument.captured && argument.tensor.get() != &impl) return false;
    if (argument.captured) continue;
    for (const Bound& bound : bound_)
      if (bound.root.get() == &impl && bound.origin.grads == 0) return false;
  }
  for (const Bound& bound : bound_) {
    if (bound.origin.kind != Origin::Kind::captured) continue;
    if (bound.origin.grads > 0) continue;
    if (bound.root->leaf_requires_grad != bound.requires_grad) return false;
    if (!bound.root->storage_now() && bound.root->requires_grad()) return false;  // it has a history by now
    // A handle that only this program has left: the function names another tensor by now.
    if (bound.root.use_count() == 1) return false;
  }
  for (const Field& field : fields_) {
    if (!field.read) continue;
    const TensorImpl* owner = field.owner.kind == Origin::Kind::argument
                                  ? TensorAccess::impl(inputs[field.owner.index]).get()
                                  : field.root.get();
    for (int i = 0; owner && i < field.owner.grads; ++i) owner = owner->grad.get();
    if (!owner || (owner->grad != nullptr) != field.present) return false;
  }
  return std::all_of(guards_.begin(), guards_.end(), [](const auto& holds) { return holds(); });
}

bool TracedProgram::is_stale() const {
  return std::any_of(bound_.begin(), bound_.end(), [](const Bound& bound) {
    return bound.origin.kind == Origin::Kind::captured && bound.origin.grads == 0 && bound.root.use_count() == 1;
  });
}

std::unique_ptr<PlannedTrace::Session> PlannedTrace::take_session() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Session> session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
    ++sessions_;
  }
  return std::make_unique<Session>(plan);
}

void PlannedTrace::give_back(std::unique_ptr<Session> session) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(session));
}

std::size_t PlannedTrace::arena_bytes_in_use() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const auto& session : idle_) bytes += session->run.arena_bytes();
  return bytes + (sessions_ - idle_.size()) * plan->stats.arena_bytes;
}

namespace {

// The variables of a run and the order of their locks, from the last run where they are the same.
void find_uses(std::vector<VariableLocks::Use>& uses, std::vector<std::size_t>& order, bool changed) {
  if (!changed && order.size() == uses.size()) return;
  order.clear();
  order = sort_uses(uses);
}

}  // namespace

// Binds what the program reads and writes. The locks of what is written must be held.
void TracedProgram::bind(Call& call) {
  Session& session = *call.session;
  std::size_t argument = 0, variable = 0;
  for (std::size_t b = 0; b < bound_.size(); ++b) {
    Variable& storage = *session.uses[b].variable;
    if (bound_[b].written) {
      session.run.bind_variable(variable++, storage.own_bytes(true));
    } else {
      session.held.push_back(storage.buffer());
      session.run.bind_argument(argument++, session.held.back()->data());
    }
  }
  call.fresh.resize(fresh_.size());
  call.fresh_impls.resize(fresh_.size());
  for (const Field& field : fields_) {
    if (!field.fresh || call.fresh[*field.fresh]) continue;
    Impl owner = resolve(field.owner, field.root, call.arguments);
    // What was there is written again once nobody else holds it.
    const Impl& before = owner->grad;
    if (before.use_count() == 1 && !before->view && !before->leaf_requires_grad && before->type == fresh_[*field.fresh])
      if (auto storage = before->storage_if_any()) {
        call.fresh[*field.fresh] = std::move(storage);
        call.fresh_impls[*field.fresh] = before;
      }
  }
  for (std::size_t k = 0; k < fresh_.size(); ++k) {
    if (!call.fresh[k])
      call.fresh[k] = std::make_shared<Variable>(fresh_[k], std::make_shared<Buffer>(fresh_[k].bytes()));
    session.run.bind_variable(variable++, call.fresh[k]->own_bytes(false));
  }
  for (std::size_t k = 0; k < output_types_.size(); ++k) {
    std::shared_ptr<Buffer>& buffer = session.results[k];
    // The last run's result is written again once nobody else holds it.
    if (!is_sole_owner(buffer)) buffer = std::make_shared<Buffer>(output_types_[k].bytes());
    session.run.bind_result(k, buffer->data());
  }
}

// The calls that results stand on, with the versions that the tensors have before the run.
void TracedProgram::capture_history(Call& call) const {
  call.history.reserve(history_.size());
  for (const Live& live : history_) {
    if (live.bound) {
      const Bound& bound = bound_[*live.bound];
      const bool given = bound.origin.kind == Origin::Kind::argument && bound.origin.grads == 0;
      const Impl impl = given ? TensorAccess::impl(call.inputs[bound.origin.index])
                              : resolve(bound.origin, bound.root, call.arguments);
      call.history.push_back(current_version(impl, call.at).call);
      continue;
    }
    std::vector<CapturedValue> operands;
    for (const ValueId& v : live.operands) operands.push_back({call.history[v.node], v.output});
    auto copy = std::make_shared<CapturedCall>(*live.call->op, std::move(operands), live.call->attrs,
                                               live.call->outputs, live.call->where, live.call->requires_grad);
    copy->is_leaf = live.call->is_leaf;
    if (copy->is_leaf) copy->leaf = live.call->leaf;
    if (live.call->used_up()) copy->use_up();
    call.history.push_back(std::move(copy));
  }
}

void TracedProgram::publish_history(Call& call) const {
  for (std::size_t i = 0; i < history_.size(); ++i) {
    if (!history_[i].saved) continue;
    const auto first = call.session->results.begin() + static_cast<std::ptrdiff_t>(*history_[i].saved);
    call.history[i]->publish({first, first + static_cast<std::ptrdiff_t>(history_[i].call->outputs.size())});
  }
}

void TracedProgram::apply_effects(Call& call) {
  for (std::size_t k = 0; k < fresh_.size(); ++k) {
    if (call.fresh_impls[k]) continue;
    call.fresh_impls[k] = std::make_shared<TensorImpl>(fresh_[k]);
    call.fresh_impls[k]->set_storage(call.fresh[k]);
  }
  // What fields become is looked up before any of them changes.
  std::vector<std::pair<Impl, Impl>> changes;
  for (const Field& field : fields_) {
    if (!field.written) continue;
    Impl after = field.fresh ? call.fresh_impls[*field.fresh] : nullptr;
    if (field.after) after = reach(*field.after, field.after_root, call);
    changes.emplace_back(resolve(field.owner, field.root, call.arguments), std::move(after));
  }
  for (auto& [owner, after] : changes) owner->grad.swap(after);
  for (const Bound& bound : bound_) {
    if (bound.becomes_leaf) {
      const bool given = bound.origin.kind == Origin::Kind::argument && bound.origin.grads == 0;
      (given ? TensorAccess::impl(call.inputs[bound.origin.index]) : resolve(bound.origin, bound.root, call.arguments))
          ->leaf_requires_grad = true;
    }
    if (!bound.written || bound.origin.kind != Origin::Kind::argument || bound.origin.grads > 0 ||
        !arguments_[bound.origin.index].by_value)
      continue;
    // A view was handed over by value: what the program made of it goes where it came from.
    const auto written = call.arguments[bound.origin.index]->storage()->read();
    write_version(TensorAccess::impl(call.inputs[bound.origin.index]), {known_call(bound.type, written, call.at), 0},
                  "compile", call.at);
  }
}

std::vector<Tensor> TracedProgram::wrap(Call& call) {
  std::vector<Tensor> tensors;
  tensors.reserve(results_.size());
  for (const Result& result : results_) {
    Impl known;
    if (result.kind == Result::Kind::argument) known = TensorAccess::impl(call.inputs[result.index]);
    if (result.kind == Result::Kind::captured) known = reach(result.origin, result.tensor, call);
    if (result.is_view) {
      tensors.push_back(make_view(known, result.steps, result.strides, result.tracks_grad, {}, result.grad_name));
    } else if (known) {
      tensors.push_back(TensorAccess::wrap(std::move(known)));
    } else if (result.kind == Result::Kind::same) {
      tensors.push_back(tensors[result.index]);
    } else if (result.kind == Result::Kind::fresh) {
      tensors.push_back(TensorAccess::wrap(call.fresh_impls[result.index]));
    } else if (!result.requires_grad) {
      tensors.push_back(make_leaf(result.type, call.session->results[result.index]));
    } else if (result.live) {
      tensors.push_back(make_captured({call.history[*result.live], result.output}, result.grad_name));
    } else {  // a backward() in the function used its history up
      auto call_of_result = std::make_shared<CapturedCall>(*result.op, std::vector<CapturedValue>{}, Attrs{},
                                                           Types{result.type}, call.at, /*needs_grad=*/true);
      call_of_result->use_up();
      call_of_result->publish({call.session->results[result.index]});
      tensors.push_back(make_captured({std::move(call_of_result), 0}, result.grad_name));
    }
  }
  return tensors;
}

std::vector<Tensor> TracedProgram::run(const std::vector<Tensor>& inputs, Executor& executor, SourceLocation at) {
  Call call{inputs, at, {}, {}, {}, {}, {}};
  call.arguments.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Impl& impl = TensorAccess::impl(inputs[i]);
    if (!arguments_[i].by_value) {
      call.arguments.push_back(impl);
      continue;
    }
    auto copy = std::make_shared<TensorImpl>(impl->type);
    copy->set_storage(
        std::make_shared<Variable>(impl->type, std::const_pointer_cast<Buffer>(value_of(current_version(impl, at)))));
    call.arguments.push_back(std::move(copy));
  }
  if (!history_.empty()) capture_history(call);
  call.session = planned_->take_session();
  call.session->results.resize(output_types_.size());
  call.session->uses.resize(bound_.size());
  struct GiveBack {
    TracedProgram& to;
    Call& call;
    ~GiveBack() { to.planned_->give_back(std::move(call.session)); }
  } give_back_at_end{*this, call};

  Session& session = *call.session;
  bool changed = false;
  for (std::size_t b = 0; b < bound_.size(); ++b) {
    const Bound& bound = bound_[b];
    session.uses[b].written = bound.written;
    auto& use = session.uses[b].variable;
    if (bound.storage && use == bound.storage && bound.root->storage_now() == use.get()) continue;
    auto now = bound.storage && bound.root->storage_now() == bound.storage.get()
                   ? bound.storage
                   : resolve(bound.origin, bound.root, call.arguments)->storage();
    changed = changed || now != use;
    use = std::move(now);
  }
  find_uses(session.uses, session.lock_order, changed);
  session.held.clear();
  {
    VariableLocks locks(session.uses, session.lock_order);
    bind(call);
    locks.release_shared();
    session.run.execute(executor);
    session.held.clear();
  }
  for (std::size_t b = 0; b < bound_.size(); ++b)
    if (!bound_[b].storage) session.uses[b].variable.reset();
  if (!history_.empty()) publish_history(call);
  apply_effects(call);
  return wrap(call);
}

std::vector<double> TracedProgram::step_seconds(Executor& executor) const {
  Run run(planned_->plan);
  std::vector<std::unique_ptr<Buffer>> copies;
  const auto copy = [&](std::size_t bytes, const void* from) {
    Buffer& buffer = *copies.emplace_back(std::make_unique<Buffer>(bytes));
    if (bytes > 0 && from) std::memcpy(buffer.data(), from, bytes);
    if (bytes > 0 && !from) std::memset(buffer.data(), 0, bytes);
    return buffer.data();
  };
  std::size_t argument = 0, variable = 0;
  for (const Bound& bound : bound_) {
    const std::shared_ptr<const Buffer> now = bound.storage ? bound.storage->read() : nullptr;
    void* bytes = copy(bound.type.bytes(), now ? now->data() : nullptr);
    bound.written ? run.bind_variable(variable++, bytes) : run.bind_argument(argument++, bytes);
  }
  for (const TensorType& type : fresh_) run.bind_variable(variable++, copy(type.bytes(), nullptr));
  for (std::size_t k = 0; k < output_types_.size(); ++k) run.bind_result(k, copy(output_types_[k].bytes(), nullptr));
  return measure_steps(run, executor);
}

}  // namespace weft
