// Module: the tree of names, parameters and parts.
#include "weft/module.h"

#include <algorithm>
#include <unordered_set>

#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"

namespace weft::nn {

Tensor Module::forward(const Operand& x) {
  throw Error(ErrorKind::state, "[nn] " + str() + ": forward is not overridden", x.at());
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

Tensor Module::register_buffer(const std::string& name, const Tensor& value, SourceLocation at) {
  check_name(name, at);
  if (!value.defined()) throw Error(ErrorKind::state, "[nn] buffer \"" + name + "\" is undefined", at);
  if (value.requires_grad())
    throw Error(ErrorKind::state, "[nn] buffer \"" + name + "\" requires gradients", at, "use detach()");
  buffers_.emplace_back(name, value);
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

// A shared part is found once for each place; its tensors count once, under the first name.
void keep_first(std::vector<std::pair<std::string, Tensor>>& found) {
  std::unordered_set<const TensorImpl*> seen;
  std::erase_if(found, [&](const auto& entry) { return !seen.insert(TensorAccess::impl(entry.second).get()).second; });
}

}  // namespace

void Module::collect(Tensors Module::*own, const std::string& prefix, Tensors& found) const {
  for (const auto& [name, value] : this->*own) found.emplace_back(prefix + name, value);
  for (const auto& [name, child] : children_) child->collect(own, prefix + name + ".", found);
}

std::vector<std::pair<std::string, Tensor>> Module::named_parameters() const {
  Tensors found;
  collect(&Module::parameters_, "", found);
  keep_first(found);
  return found;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  Tensors found;
  collect(&Module::buffers_, "", found);
  keep_first(found);
  return found;
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> values;
  for (auto& entry : named_parameters()) values.push_back(std::move(entry.second));
  return values;
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
