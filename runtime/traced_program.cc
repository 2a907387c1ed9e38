#include "runtime/traced_program.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/gradient_code.h"
#include "runtime/reports/schedule.h"
#include "weft/autograd.h"

namespace weft {

// Null where a .grad on the way is not there.
TracedProgram::Impl TracedProgram::resolve(const Bound& bound, const Execution& execution) const {
  if (bound.origin.kind == Origin::Kind::argument && bound.origin.grads == 0)
    return execution.session->arguments[bound.origin.index];
  return tensor_at(bound.origin, bound.root, execution.inputs);
}

// The tensor itself, also of an argument that was handed over by value.
TracedProgram::Impl TracedProgram::tensor_at(const Origin& origin, const ProgramHandle& root,
                                             const std::vector<Tensor>& inputs) const {
  Impl impl = origin.kind == Origin::Kind::argument ? TensorAccess::impl(inputs[origin.index]) : root.get();
  for (int i = 0; impl && i < origin.grads; ++i) impl = impl->grad();
  return impl;
}

// ---- Whether a call is one of this kind

std::uint64_t TracedProgram::hooks_of(const Impl& tensor) {
  if (tensor->leaf_requires_grad) return tensor->hooks ? tensor->hooks->changed() : 0;
  const CapturedValue version = differentiable_version(current_version(tensor, {}));
  const auto& code = version.call->code;
  return code && code->hooks_of(version.output) ? code->hooks_of(version.output)->changed() : 0;
}

bool TracedProgram::arguments_match(const std::vector<Tensor>& inputs) const {
  if (inputs.size() != arguments_.size()) return false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    TensorImpl& impl = *TensorAccess::impl(inputs[i]);
    const Argument& argument = arguments_[i];
    if (impl.type != argument.type || impl.requires_grad() != argument.requires_grad ||
        impl.leaf_requires_grad != argument.is_leaf)
      return false;
    const bool by_value = impl.view || (!impl.storage_now() && argument.requires_grad);
    if (by_value != argument.by_value || impl.view.has_value() != argument.strides.has_value()) return false;
    if (impl.view && impl.view->strides != *argument.strides) return false;
    if (argument.hooks && hooks_of(TensorAccess::impl(inputs[i])) != *argument.hooks) return false;
    for (std::size_t j = 0; j < i; ++j)
      if ((TensorAccess::impl(inputs[j]).get() == &impl) != (argument.same_as == arguments_[j].same_as)) return false;
    if (argument.captured && argument.tensor.get().get() != &impl) return false;
    if (argument.captured) continue;
    for (const Bound& bound : bound_)
      if (bound.root.get().get() == &impl && bound.origin.grads == 0) return false;
  }
  return !any_by_value_ || !find_overlap(inputs);
}

bool TracedProgram::fields_match(const std::vector<Tensor>& inputs) const {
  for (const Field& field : fields_) {
    if (!field.read && !field.before.get()) continue;
    Impl above;
    const TensorImpl* owner = field.root.get().get();
    if (field.owner.kind == Origin::Kind::argument) owner = TensorAccess::impl(inputs[field.owner.index]).get();
    if (field.owner.grads > 0) owner = (above = tensor_at(field.owner, field.root, inputs)).get();
    if (!owner) return false;
    const TensorImpl* const now = owner->grad_now();
    if (field.read && (now != nullptr) != field.present) return false;
    if (field.before.get() && now != field.before.get().get()) return false;
  }
  return std::all_of(bound_.begin() + static_cast<std::ptrdiff_t>(direct_), bound_.end(), [&](const Bound& bound) {
    const Impl impl = tensor_at(bound.origin, bound.root, inputs);
    return impl && !impl->view && impl->type.dtype == bound.type.dtype &&
           impl->leaf_requires_grad == bound.requires_grad && (impl->storage_now() || !impl->requires_grad());
  });
}

bool TracedProgram::matches(const detail::Bundle& inputs) const {
  if (grad_enabled() != grad_mode_ || inputs.numbers != numbers_ || inputs.names != names_ ||
      !arguments_match(inputs.tensors))
    return false;
  for (std::size_t b = 0; b < direct_; ++b) {
    const Bound& bound = bound_[b];
    if (bound.origin.kind != Origin::Kind::captured) continue;
    if (bound.root->leaf_requires_grad != bound.requires_grad) return false;
    if (bound.root->type.dtype != bound.type.dtype) return false;
    if (!bound.root->storage_now() && bound.root->requires_grad()) return false;  // it has a history by now
    if (bound.root.is_last()) return false;  // the function names another tensor by now
  }
  return fields_match(inputs.tensors) &&
         std::all_of(guards_.begin(), guards_.end(), [](const auto& holds) { return holds(); });
}

bool TracedProgram::is_stale() const {
  return std::any_of(bound_.begin(), bound_.begin() + static_cast<std::ptrdiff_t>(direct_), [](const Bound& bound) {
    return bound.origin.kind == Origin::Kind::captured && bound.root.is_last();
  });
}

std::optional<std::size_t> TracedProgram::find_overlap(const std::vector<Tensor>& inputs) const {
  const auto reached = [&](const TensorImpl* tensor, bool only_written) {
    return std::any_of(bound_.begin(), bound_.end(), [&](const Bound& bound) {
      return (bound.written || !only_written) && tensor_at(bound.origin, bound.root, inputs).get() == tensor;
    });
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Impl& impl = TensorAccess::impl(inputs[i]);
    if (!impl->view || arguments_[i].same_as != i) continue;
    const TensorImpl* const base = impl->view->base.get();
    const bool own = reached(impl.get(), true);
    if (reached(base, true) || (own && reached(base, false))) return i;
    for (std::size_t j = 0; j < inputs.size(); ++j) {
      const Impl& other = TensorAccess::impl(inputs[j]);
      if (arguments_[j].same_as == i || !other->view || other->view->base.get() != base) continue;
      if (own || reached(other.get(), true)) return i;
    }
  }
  return std::nullopt;
}

// ---- A run

void TracedProgram::take_arguments(Execution& execution) const {
  Session& session = *execution.session;
  for (std::size_t i = 0; i < execution.inputs.size(); ++i) {
    const Impl& impl = TensorAccess::impl(execution.inputs[i]);
    if (!arguments_[i].by_value) {
      session.arguments.push_back(impl);
      continue;
    }
    session.versions.resize(execution.inputs.size());
    session.versions[i] = current_version(impl, execution.at);
    auto copy = std::make_shared<TensorImpl>(impl->type);
    copy->set_storage(
        std::make_shared<Variable>(impl->type, std::const_pointer_cast<Buffer>(value_of(session.versions[i]))));
    session.arguments.push_back(std::move(copy));
  }
}

// The storage of what is read and written; false where a .grad on the way is not there.
bool TracedProgram::find_uses(Execution& execution, std::size_t begin, std::size_t end) const {
  for (std::size_t b = begin; b < end; ++b) {
    const Bound& bound = bound_[b];
    VariableAccess::Use& use = execution.session->uses[b];
    if (bound.storage && bound.root->storage_now() == bound.storage.get()) {
      if (use.variable != bound.storage) use.variable = bound.storage;
    } else {
      const Impl impl = resolve(bound, execution);
      if (!impl) return false;
      use.variable = impl->storage();
    }
    use.kind = bound.written     ? VariableAccess::Kind::write
               : bound.sets_grad ? VariableAccess::Kind::read_in_turn
                                 : VariableAccess::Kind::read;
  }
  return true;
}

// Tensors that are reached through a .grad are looked up once nobody else can set it. False if one is not as expected.
bool TracedProgram::take(Execution& execution, VariableAccess& access) const {
  for (;;) {
    if (!find_uses(execution, 0, direct_)) return false;
    if (!access.take(direct_)) continue;
    if (!fields_match(execution.inputs) || !find_uses(execution, direct_, bound_.size())) return false;
    if (direct_ == bound_.size() || access.take(bound_.size())) return true;
  }
}

void TracedProgram::bind(Execution& execution, VariableAccess& access) const {
  access.begin();
  Session& session = *execution.session;
  std::size_t argument = 0, variable = 0;
  for (std::size_t b = 0; b < bound_.size(); ++b) {
    const VariableAccess::Use& use = session.uses[b];
    if (!bound_[b].written)
      session.run.bind_argument(argument++, use.value->data());
    else if (use.moved)
      session.run.bind_variable(variable++, use.bytes.now, use.bytes.next);
    else
      ++variable;
  }
  if (!fresh_.empty()) bind_fresh(execution, variable);
  for (const Result& result : results_)
    if (result.kind == Result::Kind::output) reuse_used_up(execution, result);
  for (std::size_t k = 0; k < output_types_.size(); ++k) {
    std::shared_ptr<Buffer>& buffer = session.results[k];
    // The last run's result is written again once nobody else holds it.
    if (is_sole_owner(buffer)) continue;
    buffer = std::make_shared<Buffer>(output_types_[k].bytes());
    session.run.bind_result(k, buffer->data());
  }
}

void TracedProgram::bind_fresh(Execution& execution, std::size_t variable) const {
  Session& session = *execution.session;
  session.fresh.resize(fresh_.size());
  for (const Field& field : fields_) {
    if (gives_old_grads_) break;
    if (!field.result || results_[*field.result].kind != Result::Kind::fresh) continue;
    const std::size_t fresh = results_[*field.result].index;
    if (session.fresh[fresh]) continue;
    // What was there is written again where nobody else holds it: the owner and this function have a handle each.
    Impl before = tensor_at(field.owner, field.root, execution.inputs)->grad();
    if (before.use_count() != 2 || before->view || before->leaf_requires_grad || before->grad_now() ||
        before->type != fresh_[fresh])
      continue;
    const auto storage = before->storage_if_any();
    if (!storage || !is_sole_owner(storage->buffer())) continue;
    // Nor may the run itself read it, or write another value to it: nothing would order the two. What the function was
    // given for it while it was traced has the same storage, too.
    const bool is_used = std::any_of(session.uses.begin(), session.uses.end(),
                                     [&](const VariableAccess::Use& use) { return use.variable == storage; });
    if (!is_used && storage.use_count() == 2) session.fresh[fresh] = std::move(before);
  }
  for (std::size_t k = 0; k < fresh_.size(); ++k) {
    Impl& fresh = session.fresh[k];
    if (!fresh) {
      fresh = std::make_shared<TensorImpl>(fresh_[k]);
      fresh->set_storage(std::make_shared<Variable>(fresh_[k], std::make_shared<Buffer>(fresh_[k].bytes())));
    }
    void* const bytes = fresh->storage_if_any()->buffer()->data();
    session.run.bind_variable(variable++, bytes, bytes);
  }
}

// Tensors from outside that the function makes leaves, some of them by way of a .grad.
void TracedProgram::make_leaves(Execution& execution) const {
  for (const Bound& bound : bound_)
    if (bound.becomes_leaf) tensor_at(bound.origin, bound.root, execution.inputs)->leaf_requires_grad = true;
}

// Owners are looked up before any field changes.
void TracedProgram::set_grads(Execution& execution, const std::vector<Tensor>& results) const {
  auto& new_grads = execution.session->new_grads;
  for (const std::size_t f : set_fields_) {
    const Field& field = fields_[f];
    new_grads.emplace_back(tensor_at(field.owner, field.root, execution.inputs),
                           field.result ? TensorAccess::impl(results[*field.result]) : nullptr);
  }
  for (auto& [owner, after] : new_grads) owner->set_grad(std::move(after));
}

// What else the function did to tensors from outside. It was checked when it was traced, and has no history.
void TracedProgram::write_back(Execution& execution) const {
  const NoGradGuard no_grad;
  for (const Bound& bound : bound_) {
    if (!bound.written || bound.origin.kind != Origin::Kind::argument || bound.origin.grads > 0 ||
        !arguments_[bound.origin.index].by_value)
      continue;
    // A view was handed over by value: what the program made of it goes where it came from.
    const auto written = execution.session->arguments[bound.origin.index]->storage()->read();
    write_version(TensorAccess::impl(execution.inputs[bound.origin.index]),
                  {known_call(bound.type, written, execution.at), 0}, "compile", execution.at);
  }
}

std::optional<std::vector<Tensor>> TracedProgram::run(const std::vector<Tensor>& inputs, const RunOptions& options,
                                                      SourceLocation at) {
  Execution execution(*planned_, inputs, at);
  Session& session = *execution.session;
  session.results.resize(output_types_.size());
  session.uses.resize(bound_.size());
  if (options.flush_denormals) session.run.flush_denormals();
  take_arguments(execution);
  std::vector<Tensor> results;
  {
    VariableAccess access(session.uses);
    if (!take(execution, access)) return std::nullopt;
    if (options.before) keep_values(execution, *options.before);
    if (!history_.empty()) capture_history(execution);
    bind(execution, access);
    session.run.execute(options.executor);
    access.commit();
    if (!history_.empty()) publish_history(execution);
    if (writes_back_) make_leaves(execution);
    results = wrap(execution);
    set_grads(execution, results);
  }
  // Storage of tensors that come and go is not kept.
  for (std::size_t b = 0; b < bound_.size(); ++b)
    if (!bound_[b].storage) session.uses[b].variable.reset();
  if (writes_back_) write_back(execution);
  const auto given_back = results.begin() + static_cast<std::ptrdiff_t>(first_given_back_);
  results.erase(given_back + static_cast<std::ptrdiff_t>(num_given_back_), results.end());
  results.erase(results.begin(), given_back);
  return results;
}

// A run whose variables are copies, and whose arguments are zeros.
struct TracedProgram::RunOnCopies {
  RunOnCopies(const TracedProgram& program, const RunOptions& options) : run(program.planned_->plan) {
    if (options.flush_denormals) run.flush_denormals();
    std::size_t argument = 0, variable = 0;
    for (const Bound& bound : program.bound_) {
      const std::shared_ptr<const Buffer> now = bound.storage ? bound.storage->read() : nullptr;
      void* bytes = copy(bound.type.bytes(), now ? now->data() : nullptr);
      bound.written ? run.bind_variable(variable++, bytes, bytes) : run.bind_argument(argument++, bytes);
    }
    for (const TensorType& type : program.fresh_) {
      void* bytes = copy(type.bytes(), nullptr);
      run.bind_variable(variable++, bytes, bytes);
    }
    for (std::size_t k = 0; k < program.output_types_.size(); ++k)
      run.bind_result(k, copy(program.output_types_[k].bytes(), nullptr));
  }

  void* copy(std::size_t bytes, const void* from) {
    Buffer& buffer = *copies.emplace_back(std::make_unique<Buffer>(bytes));
    if (bytes > 0 && from) std::memcpy(buffer.data(), from, bytes);
    if (bytes > 0 && !from) std::memset(buffer.data(), 0, bytes);
    return buffer.data();
  }

  std::vector<std::unique_ptr<Buffer>> copies;
  Run run;
};

std::vector<double> TracedProgram::step_seconds(const RunOptions& options) const {
  RunOnCopies copies(*this, options);
  return measure_steps(copies.run, options.executor);
}

std::vector<StepRecord> TracedProgram::step_records(const RunOptions& options, int rounds) const {
  RunOnCopies copies(*this, options);
  return record_steps(copies.run, options.executor, rounds);
}

}  // namespace weft
