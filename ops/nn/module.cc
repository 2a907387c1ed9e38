// Module: the tree of names, parameters and parts.
#include "weft/module.h"

#include <algorithm>
#include <unordered_set>

#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "ops/nn/module_calls.h"
#include "ops/state_dict.h"
#include "weft/autograd.h"

namespace weft::nn {

Tensor Module::forward(const Operand& x) {
  throw Error(ErrorKind::state, "[nn] " + str() + ": forward is not overridden", x.at());
}

// ---- Hooks

// A trace depends on the hooks of now.
bool Module::has_hooks() const {
  if (!hooks_) return false;  // of a module that was moved from
  if (Trace* trace = Trace::current())
    trace->guard([hooks = hooks_, traced = hooks_->changed()] { return hooks->changed() == traced; });
  return !hooks_->before.empty() || !hooks_->after.empty();
}

void Module::check_no_hooks(SourceLocation at) const {
  if (has_hooks())
    throw Error(ErrorKind::state, "[nn] " + str() + ": hooks are called around calls with one tensor only", at);
}

Tensor Module::operator()(const Operand& x) {
  const auto call = [&] {
    if (!has_hooks()) return forward(x);
    Operand given = x;
    for (const PreHook& hook : hooks_->before.now())
      if (const Tensor other = hook(*this, given.tensor()); other.defined()) given = Operand(other, x.at());
    Tensor result = forward(given);
    for (const Hook& hook : hooks_->after.now())
      if (Tensor other = hook(*this, given.tensor(), result); other.defined()) result = std::move(other);
    return result;
  };
  ModuleCalls* const calls = ModuleCalls::current();
  if (!calls) return call();
  calls->begin(*this);
  Tensor result = call();
  calls->end(*this, result);
  return result;
}

Module::Hooks& Module::hooks() {
  if (!hooks_) hooks_ = std::make_shared<Hooks>();
  return *hooks_;
}

HookHandle Module::add_pre_hook(PreHook hook) {
  const std::uint64_t id = hooks().before.add(std::move(hook));
  return {std::shared_ptr<detail::HookRegistry>(hooks_, &hooks_->before), id};
}

HookHandle Module::add_hook(Hook hook) {
  const std::uint64_t id = hooks().after.add(std::move(hook));
  return {std::shared_ptr<detail::HookRegistry>(hooks_, &hooks_->after), id};
}

void Module::check_name(const std::string& name, SourceLocation at) const {
  if (name.empty()) throw Error("[nn] " + str() + ": a name is empty", at);
  if (name.find('.') != std::string::npos)
    throw Error("[nn] " + str() + ": the name \"" + name + "\" has a dot", at,
                "dots separate the names of nested parts");
  const auto has_name = [&](const auto& entry) { return entry.first == name; };
  if (std::any_of(parameters_.begin(), parameters_.end(), has_name) ||
      std::any_of(buffers_.begin(), buffers_.end(), has_name) ||
      std::any_of(children_.begin(), children_.end(), has_name))
    throw Error("[nn] " + str() + ": the name \"" + name + "\" is taken", at);
}

Tensor Module::register_parameter(const std::string& name, const Tensor& value, SourceLocation at) {
  check_name(name, at);
  if (!value.defined()) throw Error(ErrorKind::state, "[nn] parameter \"" + name + "\" is undefined", at);
  if (!value.is_leaf())
    throw Error(ErrorKind::state, "[nn] parameter \"" + name + "\" is the result of an operation", at, "use detach()");
  value.requires_grad_(true, at);
  parameters_.emplace_back(name, value);
  return value;
}

Tensor Module::register_buffer(const std::string& name, const Tensor& value, bool persistent, SourceLocation at) {
  check_name(name, at);
  if (!value.defined()) throw Error(ErrorKind::state, "[nn] buffer \"" + name + "\" is undefined", at);
  if (value.requires_grad())
    throw Error(ErrorKind::state, "[nn] buffer \"" + name + "\" requires gradients", at, "use detach()");
  buffers_.emplace_back(name, value);
  if (!persistent) not_persistent_.push_back(name);
  return value;
}

// A module that contained itself would have no end of parameters.
bool Module::contains(const Module* other) const {
  std::vector<const Module*> open{this};
  std::unordered_set<const Module*> seen;
  while (!open.empty()) {
    const Module* module = open.back();
    open.pop_back();
    if (module == other) return true;
    if (!seen.insert(module).second) continue;
    for (const auto& child : module->children_) open.push_back(child.second.get());
  }
  return false;
}

void Module::add_child(const std::string& name, std::shared_ptr<Module> part, SourceLocation at) {
  check_name(name, at);
  if (!part) throw Error(ErrorKind::state, "[nn] " + str() + ": the module \"" + name + "\" is null", at);
  if (part->contains(this))
    throw Error(ErrorKind::state, "[nn] " + str() + ": the module \"" + name + "\" contains this one", at);
  children_.emplace_back(name, std::move(part));
}

namespace {

// The tree of a module with the prefixes of its names, a module before its parts. A part that several names reach is
// there for each of them, or once under the first.
template <class M>
std::vector<std::pair<std::string, M*>> tree_of(M* root, bool each_once) {
  std::vector<std::pair<std::string, M*>> found, open{{"", root}};
  std::unordered_set<const Module*> seen;
  while (!open.empty()) {
    auto [prefix, module] = std::move(open.back());
    open.pop_back();
    if (each_once && !seen.insert(module).second) continue;
    const auto parts = module->children();
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      open.emplace_back(prefix + part->first + ".", part->second.get());
    found.emplace_back(std::move(prefix), module);
  }
  return found;
}

std::vector<Tensor> values_of(std::vector<std::pair<std::string, Tensor>> named) {
  std::vector<Tensor> values;
  for (auto& entry : named) values.push_back(std::move(entry.second));
  return values;
}

}  // namespace

// A tensor that is there several times counts once, under the first name.
Module::Tensors Module::collect(Tensors Module::*own) const {
  Tensors found;
  std::unordered_set<const TensorImpl*> seen;
  for (const auto& [prefix, module] : tree_of(this, /*each_once=*/true))
    for (const auto& [name, value] : module->*own)
      if (seen.insert(TensorAccess::impl(value).get()).second) found.emplace_back(prefix + name, value);
  return found;
}

std::vector<std::pair<std::string, Tensor>> Module::named_parameters() const { return collect(&Module::parameters_); }
std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const { return collect(&Module::buffers_); }
std::vector<Tensor> Module::parameters() const { return values_of(named_parameters()); }
std::vector<Tensor> Module::buffers() const { return values_of(named_buffers()); }

std::vector<std::pair<std::string, Module*>> Module::named_modules() {
  auto found = tree_of(this, /*each_once=*/true);
  for (auto& [name, module] : found)
    if (!name.empty()) name.pop_back();  // the dot
  return found;
}

Module& Module::apply(const std::function<void(Module&)>& f, SourceLocation at) {
  if (!f) throw Error(ErrorKind::state, "[nn] " + str() + ": the function is empty", at);
  std::unordered_set<const Module*> seen;
  for (const auto& child : children())  // a copy: f may register parts
    if (seen.insert(child.second.get()).second) child.second->apply(f, at);
  f(*this);
  return *this;
}

StateDict Module::state(SourceLocation at) const {
  StateDict found;
  for (const auto& [prefix, module] : tree_of(this, /*each_once=*/false)) {
    for (const auto& [name, value] : module->parameters_) found.insert(prefix + name, value, at);
    const auto& left_out = module->not_persistent_;
    for (const auto& [name, value] : module->buffers_)
      if (std::find(left_out.begin(), left_out.end(), name) == left_out.end()) found.insert(prefix + name, value, at);
  }
  return found;
}

StateDict Module::state_dict(SourceLocation at) const { return detached(state(at), at); }

LoadReport Module::load_state_dict(const StateDict& state, bool strict, SourceLocation at) {
  StateLoad load = plan_load(str(), this->state(at), state, strict, at);
  LoadReport report = std::move(load.report);
  run_load(std::move(load), at);
  return report;
}

Module& Module::to(DType dtype, SourceLocation at) {
  const auto refuse = [&](ErrorKind kind, const std::string& rule) {
    throw Error(kind, "[to] " + str() + ": " + rule, at);
  };
  if (!is_floating(dtype)) refuse(ErrorKind::dtype, std::string(name_of(dtype)) + " is not floating");
  if (Trace::current()) refuse(ErrorKind::state, "the dtype is changed while a function is traced");
  Tensors tensors = named_parameters();
  const Tensors buffers = named_buffers();
  tensors.insert(tensors.end(), buffers.begin(), buffers.end());
  const NoGradGuard no_grad;
  const auto converted = [&](const Tensor& tensor) {
    return TensorAccess::impl(tensor.detach(at).to(dtype, at).clone(at))->storage();
  };
  std::vector<std::pair<std::shared_ptr<TensorImpl>, std::shared_ptr<Variable>>> changes;
  for (const auto& [name, tensor] : tensors) {
    if (!is_floating(tensor.dtype()) || tensor.dtype() == dtype) continue;
    if (TensorAccess::impl(tensor)->view) refuse(ErrorKind::state, "\"" + name + "\" is a view");
    detail::placed(at, [&] { changes.emplace_back(TensorAccess::impl(tensor), converted(tensor)); });
  }
  std::vector<std::pair<std::shared_ptr<TensorImpl>, Tensor>> grads;
  for (const auto& change : changes)
    if (const auto grad = change.first->grad()) {
      detail::placed(
          at, [&] { grads.emplace_back(change.first, TensorAccess::wrap(grad).detach(at).to(dtype, at).clone(at)); });
      TensorAccess::impl(grads.back().second)->storage();
    }
  for (auto& [tensor, variable] : changes) tensor->change_dtype(std::move(variable));
  for (auto& [owner, grad] : grads) owner->set_grad(TensorAccess::impl(grad));
  return *this;
}

bool Module::is_training() const {
  if (!training_) return true;  // of a module that was moved from
  if (Trace* trace = Trace::current())
    trace->guard([flag = training_, traced = *training_] { return *flag == traced; });
  return *training_;
}

void Module::train(bool on) {
  if (training_) *training_ = on;
  for (const auto& child : children_) child.second->train(on);
}

void Module::zero_grad(SourceLocation at) {
  for (const Tensor& parameter : parameters()) parameter.set_grad({}, at);
}

}  // namespace weft::nn
