// Modules that hold others, or parameters.
#include "weft/containers.h"

#include <algorithm>

namespace weft::nn {
namespace {

[[noreturn]] void refuse_place(const char* module, const char* what, std::int64_t i, std::size_t size,
                               SourceLocation at) {
  throw Error(std::string("[") + module + "] " + what + " " + std::to_string(i) + " of " + std::to_string(size) +
                  " does not exist",
              at);
}

// The place of i, which a negative number counts from the end.
std::size_t place_of(const char* module, const char* what, const Index& i, std::size_t size) {
  const std::int64_t count = static_cast<std::int64_t>(size), place = i.value() < 0 ? i.value() + count : i.value();
  if (place < 0 || place >= count) refuse_place(module, what, i.value(), size, i.at());
  return static_cast<std::size_t>(place);
}

}  // namespace

// ---- ModuleList

void ModuleList::push_back(std::shared_ptr<Module> part, SourceLocation at) {
  parts_.push_back(register_module(std::to_string(parts_.size()), std::move(part), at));
}

Module& ModuleList::operator[](const Index& i) const { return *parts_[place_of("ModuleList", "part", i, size())]; }

void ModuleList::refuse_type(const Index& i) const {
  throw Error("[ModuleList] part " + std::to_string(i.value()) + " is " + (*this)[i].str() + ", no module of that type",
              i.at());
}

std::string ModuleList::str() const {
  std::string text = "ModuleList(";
  for (std::size_t i = 0; i < parts_.size(); ++i) text += (i ? ", " : "") + parts_[i]->str();
  return text + ")";
}

// ---- ModuleDict

void ModuleDict::insert(const std::string& name, std::shared_ptr<Module> part, SourceLocation at) {
  register_module(name, std::move(part), at);
}

bool ModuleDict::contains(const std::string& name) const {
  const auto parts = children();
  return std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.first == name; });
}

Module& ModuleDict::at(const std::string& name, SourceLocation at) const {
  for (const auto& [key, part] : children())
    if (key == name) return *part;
  throw Error("[ModuleDict] \"" + name + "\": there is no such part", at);
}

void ModuleDict::refuse_type(const std::string& name, SourceLocation at) const {
  throw Error("[ModuleDict] \"" + name + "\" is " + this->at(name, at).str() + ", no module of that type", at);
}

std::string ModuleDict::str() const {
  std::string text;
  for (const auto& [name, part] : children()) text += (text.empty() ? "" : ", ") + name + ": " + part->str();
  return "ModuleDict(" + text + ")";
}

// ---- ParameterList

ParameterList::ParameterList(std::initializer_list<Tensor> values, SourceLocation at) {
  for (const Tensor& value : values) push_back(value, at);
}

void ParameterList::push_back(const Tensor& value, SourceLocation at) {
  values_.push_back(register_parameter(std::to_string(values_.size()), value, at));
}

const Tensor& ParameterList::operator[](const Index& i) const {
  return values_[place_of("ParameterList", "parameter", i, size())];
}

std::string ParameterList::str() const { return "ParameterList(" + std::to_string(values_.size()) + ")"; }

}  // namespace weft::nn
