// Optimizer: groups of parameters, their learning rates and state, and one run for all updates of a step.
#include "weft/optimizer.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "ops/state_dict.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft::optim {
namespace {

// State has storage from the start: updates are written into it.
Tensor zero_leaf(TensorType type, SourceLocation at) {
  auto buffer = make_buffer(type.bytes(), at);
  if (buffer->bytes() > 0) std::memset(buffer->data(), 0, buffer->bytes());
  return make_leaf(std::move(type), std::move(buffer));
}

void check_lr(const std::string& name, double lr, SourceLocation at) {
  if (!(lr >= 0)) throw Error("[" + name + "] lr " + std::to_string(lr) + ": negative", at);
}

std::string group_prefix(std::size_t group) { return "param_groups." + std::to_string(group) + "."; }

}  // namespace

// ---- Groups

void Optimizer::check_range(const Option& option, SourceLocation at) const {
  const double* const* value = std::get_if<double*>(&option.value);
  if (!value || option.range == Range::any) return;
  const double x = **value;
  const auto refuse = [&](const char* rule) {
    throw Error("[" + name_ + "] " + option.name + " " + std::to_string(x) + ": " + rule, at);
  };
  if (option.range == Range::not_negative && !(x >= 0)) refuse("negative");
  if (option.range == Range::below_one && !(x >= 0 && x < 1)) refuse("not in [0, 1)");
  if (option.range == Range::up_to_one && !(x >= 0 && x <= 1)) refuse("not in [0, 1]");
}

void Optimizer::check_parameters(const std::vector<Tensor>& parameters, SourceLocation at) const {
  const auto refuse = [&](ErrorKind kind, std::size_t i, const char* rule, const char* hint = "") {
    throw Error(kind, "[" + name_ + "] parameter " + std::to_string(i) + " " + rule, at, hint);
  };
  if (Trace::current())
    throw Error(ErrorKind::state, "[" + name_ + "] parameters are added while a function is traced", at,
                "add them before the call");
  if (parameters.empty()) throw Error(ErrorKind::state, "[" + name_ + "] there are no parameters", at);
  std::unordered_set<const TensorImpl*> seen;
  for (const Tensor& parameter : parameters_) seen.insert(TensorAccess::impl(parameter).get());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Tensor& parameter = parameters[i];
    if (!parameter.defined()) refuse(ErrorKind::state, i, "is undefined");
    if (!parameter.is_leaf())
      refuse(ErrorKind::state, i, "is the result of an operation", "optimize the leaves that it was made from");
    if (!is_floating(parameter.dtype())) refuse(ErrorKind::dtype, i, "is not floating");
    if (!seen.insert(TensorAccess::impl(parameter).get()).second) refuse(ErrorKind::state, i, "is there twice");
  }
}

void Optimizer::add_group(std::vector<Tensor> parameters, double lr, std::vector<State> states, SourceLocation at) {
  check_parameters(parameters, at);
  check_lr(name_, lr, at);
  Group group{scalar(lr, at), parameters_.size(), parameters.size()};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters_.push_back(std::move(parameters[i]));
    group_of_.push_back(groups_.size());
    states_.push_back(std::move(states[i]));
  }
  groups_.push_back(std::move(group));
  ++*revision_;
}

void Optimizer::check_group(std::size_t group, SourceLocation at) const {
  if (group >= groups_.size())
    throw Error(
        "[" + name_ + "] group " + std::to_string(group) + " of " + std::to_string(groups_.size()) + " does not exist",
        at);
}

double Optimizer::lr(std::size_t group, SourceLocation at) const {
  check_group(group, at);
  return groups_[group].lr.item(at);
}

// An operation, not a plain write: inside of a traced function it happens in every run.
void Optimizer::set_lr(double lr, std::size_t group, SourceLocation at) {
  check_group(group, at);
  check_lr(name_, lr, at);
  groups_[group].lr.fill_(lr, at);
}

void Optimizer::set_lr(double lr, SourceLocation at) {
  for (std::size_t group = 0; group < groups_.size(); ++group) set_lr(lr, group, at);
}

double Optimizer::initial_lr(std::size_t group, SourceLocation at) {
  std::optional<double>& initial = groups_[group].initial_lr;
  if (!initial) initial = lr(group, at);
  return *initial;
}

double* Optimizer::momentum_of(std::size_t group) const {
  for (const Option& option : options_of(group))
    if (option.name == "momentum" || option.name == "beta1") return std::get<double*>(option.value);
  return nullptr;
}

void Optimizer::set_momentum(double momentum, std::size_t group, SourceLocation at) {
  check_group(group, at);
  if (Trace::current())
    throw Error(ErrorKind::state, "[" + name_ + "] momentum is set while a function is traced", at,
                "set it before the call");
  double* const option = has_variable_momentum() ? momentum_of(group) : nullptr;
  if (!option) throw Error(ErrorKind::state, "[" + name_ + "] the momentum of this optimizer cannot be changed", at);
  if (!(momentum >= 0 && momentum < 1))
    throw Error("[" + name_ + "] momentum " + std::to_string(momentum) + ": not in [0, 1)", at);
  const double before = *option;
  *option = momentum;
  Group& of = groups_[group];
  try {
    for (std::size_t i = of.first; i < of.first + of.size; ++i) add_missing_state(i, at);
  } catch (...) {
    *option = before;
    throw;
  }
  if (!of.momentum.defined()) {
    of.momentum = scalar(momentum, at);
    ++*revision_;
  }
  of.momentum.fill_(Operand(momentum, at), at);
}

// Where other options need more than is remembered so far.
void Optimizer::add_missing_state(std::size_t i, SourceLocation at) {
  State wanted = first_state_of(group_of_[i], parameters_[i], at);
  for (auto& [name, tensor] : wanted)
    for (const auto& [known, now] : states_[i])
      if (known == name) tensor = now;
  states_[i] = std::move(wanted);
}

// ---- State

Tensor Optimizer::zeros_like(const Tensor& parameter, SourceLocation at, double value) {
  Tensor state = zero_leaf({parameter.dtype(), parameter.shape()}, at);
  if (value != 0) state.fill_(Operand(value, at), at);
  return state;
}

Tensor Optimizer::counter(SourceLocation at) { return zero_leaf({kInt64, {}}, at); }

Tensor Optimizer::scalar(double value, SourceLocation at) {
  Tensor state = zero_leaf({kFloat64, {}}, at);
  *state.mutable_data_ptr<double>(at) = value;
  return state;
}

const Tensor& Optimizer::state(std::size_t i, const char* name) const {
  for (const auto& [of, tensor] : states_[i])
    if (of == name) return tensor;
  throw Error(ErrorKind::state, "[" + name_ + "] nothing is remembered as " + name);
}

// The tensors of the optimizer, and copies of what is none.
StateDict Optimizer::tensors(SourceLocation at) const {
  StateDict found;
  for (std::size_t i = 0; i < states_.size(); ++i)
    for (const auto& [name, tensor] : states_[i]) found.insert("state." + std::to_string(i) + "." + name, tensor, at);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    found.insert(group_prefix(g) + "lr", groups_[g].lr, at);
    for (const Option& option : options_of(g)) {
      const auto value = [&](auto* number) {
        return full({}, Operand(*number, at), dtype_of<std::decay_t<decltype(*number)>>, at);
      };
      found.insert(group_prefix(g) + option.name, std::visit(value, option.value), at);
    }
    std::vector<std::int64_t> numbers(groups_[g].size);
    for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<std::int64_t>(groups_[g].first + k);
    found.insert(group_prefix(g) + "params", from_data(numbers, static_cast<std::int64_t>(numbers.size()), at), at);
  }
  return found;
}

StateDict Optimizer::state_dict(SourceLocation at) const { return detached(tensors(at), at); }

namespace {

// Sets options for a scope that may fail: unless kept, they get their values back.
class OptionsChange {
 public:
  explicit OptionsChange(std::vector<std::variant<double*, bool*>> options) : options_(std::move(options)) {
    for (const auto& option : options_) before_.push_back(read(option));
  }
  ~OptionsChange() {
    if (kept_) return;
    for (std::size_t i = 0; i < options_.size(); ++i) write(i, before_[i]);
  }
  OptionsChange(const OptionsChange&) = delete;
  OptionsChange& operator=(const OptionsChange&) = delete;

  void write(std::size_t i, double value) {
    const auto set = [&](auto* option) { *option = static_cast<std::decay_t<decltype(*option)>>(value); };
    std::visit(set, options_[i]);
  }
  // Whether an option is another one than before.
  bool keep() {
    kept_ = true;
    for (std::size_t i = 0; i < options_.size(); ++i)
      if (read(options_[i]) != before_[i]) return true;
    return false;
  }

 private:
  static double read(const std::variant<double*, bool*>& option) {
    return std::visit([](const auto* value) { return static_cast<double>(*value); }, option);
  }

  std::vector<std::variant<double*, bool*>> options_;
  std::vector<double> before_;
  bool kept_ = false;
};

}  // namespace

// Options say what is remembered: those of another optimizer do not fit, even where a file says so.
void Optimizer::check_state_of(std::size_t group, SourceLocation at) const {
  check_options_of(group, at);
  const State &now = states_[groups_[group].first], wanted = first_state_of(group, zeros({0}, kFloat32, at), at);
  const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (!std::equal(now.begin(), now.end(), wanted.begin(), wanted.end(), same_name))
    throw Error("[load_state_dict] " + name_ + ": the options of group " + std::to_string(group) +
                    " need another state than this optimizer has",
                at);
}

void Optimizer::load_state_dict(const StateDict& state, SourceLocation at) {
  const StateDict targets = tensors(at);
  StateLoad load = plan_load(name_, targets, state, /*strict=*/true, at);
  std::vector<std::variant<double*, bool*>> options;
  std::vector<double> values;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    check_lr(name_, state.at(group_prefix(g) + "lr", at).item(at), at);
    const Tensor& params = state.at(group_prefix(g) + "params", at);
    if (params.to(kInt64, at).to_vector<std::int64_t>(at) !=
        targets.at(group_prefix(g) + "params", at).to_vector<std::int64_t>(at))
      throw Error(
          "[load_state_dict] " + name_ + ": \"" + group_prefix(g) + "params\": the parameters have other numbers", at);
    for (const Option& option : options_of(g)) {
      options.push_back(option.value);
      values.push_back(state.at(group_prefix(g) + option.name, at).item(at));
    }
  }
  OptionsChange change(options);
  for (std::size_t i = 0; i < values.size(); ++i) change.write(i, values[i]);
  for (std::size_t g = 0; g < groups_.size(); ++g) check_state_of(g, at);
  run_load(std::move(load), at);
  if (change.keep()) ++*revision_;
  for (std::size_t g = 0; g < groups_.size(); ++g)
    if (groups_[g].momentum.defined()) groups_[g].momentum.fill_(Operand(*momentum_of(g), at), at);
}

// ---- Steps

void Optimizer::zero_grad(SourceLocation at) {
  for (const Tensor& parameter : parameters_) parameter.set_grad({}, at);
}

void Optimizer::step(SourceLocation at) {
  if (Trace* trace = Trace::current())
    trace->guard([revision = revision_, traced = *revision_] { return *revision == traced; });
  NoGradGuard no_grad;
  Updates updates;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (const Tensor gradient = parameters_[i].grad(); gradient.defined()) update(i, gradient, updates, at);
  if (!updates.empty()) assign(std::move(updates), at);
}

}  // namespace weft::optim
