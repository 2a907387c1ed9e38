// What a traced program can say of a run, and of its gradients, without running it.
#include <algorithm>

#include "graph/capture/evaluate.h"
#include "runtime/reports/nonfinite.h"
#include "runtime/traced_program.h"

namespace weft {

// The values that the program takes, while nobody writes to them. Those that are written next to others are only held;
// where somebody may write to the bytes themselves, they are copied.
void TracedProgram::keep_values(Execution& execution, std::vector<std::shared_ptr<const Buffer>>& values) const {
  values.clear();
  for (const VariableAccess::Use& use : execution.session->uses) {
    const std::shared_ptr<const Buffer> now = use.value ? use.value : use.variable->buffer();
    values.push_back(use.variable->exposed() ? copy_of(*now) : now);
  }
}

std::vector<std::shared_ptr<const Buffer>> TracedProgram::values_now(const std::vector<Tensor>& inputs,
                                                                     SourceLocation at) const {
  std::vector<std::shared_ptr<const Buffer>> values;
  for (const Bound& bound : bound_) {
    const Impl impl = tensor_at(bound.origin, bound.root, inputs);
    const bool given = bound.origin.kind == Origin::Kind::argument && bound.origin.grads == 0;
    if (given && arguments_[bound.origin.index].by_value)
      values.push_back(value_of(current_version(impl, at)));
    else
      values.push_back(impl->storage()->read());
  }
  return values;
}

NonfiniteReport TracedProgram::explain(const std::vector<std::shared_ptr<const Buffer>>& before,
                                       bool flush_denormals) const {
  std::vector<ReplayInput> inputs;
  for (const bool written : {false, true})
    for (std::size_t b = 0; b < bound_.size(); ++b) {
      const Bound& bound = bound_[b];
      if (bound.written != written) continue;
      std::string name = bound.origin.kind == Origin::Kind::argument
                             ? "argument " + std::to_string(bound.origin.index)
                             : std::string(bound.requires_grad ? "parameter" : "tensor from outside");
      for (int i = 0; i < bound.origin.grads; ++i) name = ".grad of " + name;
      inputs.push_back({std::move(name), before[b]});
    }
  inputs.resize(inputs.size() + fresh_.size());
  return find_nonfinite(*planned_->unfused, inputs, flush_denormals);
}

GradientAudit TracedProgram::audit(const std::vector<std::pair<std::string, Tensor>>& parameters) const {
  GradientAudit audit;
  audit.differentiates = differentiates_;
  std::vector<char> named(audit_.size(), 0);
  for (const auto& [name, tensor] : parameters) {
    GradientAudit::Parameter parameter{name, tensor, false, "the function does not use it", {}};
    if (!TensorAccess::impl(tensor)->leaf_requires_grad) parameter.reason = "it does not require gradients";
    for (std::size_t i = 0; i < audit_.size(); ++i) {
      if (audit_[i].tensor.lock() != TensorAccess::impl(tensor)) continue;
      named[i] = 1;
      parameter.has_gradient = audit_[i].has_gradient;
      parameter.reason = audit_[i].reason;
      parameter.where = audit_[i].where;
    }
    audit.parameters.push_back(std::move(parameter));
  }
  std::size_t unnamed = 0;
  for (std::size_t i = 0; i < audit_.size(); ++i) {
    const AuditRow& row = audit_[i];
    if (named[i]) continue;
    const std::string name =
        row.argument ? "argument " + std::to_string(*row.argument) : "parameter " + std::to_string(unnamed++);
    const auto tensor = row.tensor.lock();
    audit.parameters.push_back({name + " " + row.type.str(), tensor ? TensorAccess::wrap(tensor) : Tensor(),
                                row.has_gradient, row.reason, row.where});
  }
  return audit;
}

}  // namespace weft
