// StateDict, and how values are loaded by name.
#include "ops/state_dict.h"

#include <unordered_map>

#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "weft/autograd.h"

namespace weft {

StateDict::StateDict(std::initializer_list<Entry> entries, SourceLocation at) {
  for (const auto& [name, tensor] : entries) insert(name, tensor, at);
}

void StateDict::insert(const std::string& name, const Tensor& tensor, SourceLocation at) {
  if (!tensor.defined()) throw Error(ErrorKind::state, "[StateDict] \"" + name + "\": undefined tensor", at);
  if (!places_.emplace(name, entries_.size()).second)
    throw Error("[StateDict] \"" + name + "\": the name is taken", at);
  entries_.emplace_back(name, tensor);
}

bool StateDict::erase(const std::string& name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return false;
  const std::size_t place = found->second;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place));
  places_.erase(found);
  for (auto& entry : places_)
    if (entry.second > place) --entry.second;
  return true;
}

const Tensor* StateDict::find(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &entries_[found->second].second;
}

const Tensor& StateDict::at(const std::string& name, SourceLocation at) const {
  if (const Tensor* tensor = find(name)) return *tensor;
  throw Error("[StateDict] \"" + name + "\": there is no such name", at);
}

StateDict detached(const StateDict& state, SourceLocation at) {
  StateDict outside;
  for (const auto& [name, tensor] : state) outside.insert(name, tensor.detach(at), at);
  return outside;
}

namespace {

// "2 missing: "a", "b"", after what was said before.
void list(std::string& text, const std::vector<std::string>& items, const char* what) {
  if (items.empty()) return;
  text += (text.empty() ? "" : "; ") + std::to_string(items.size()) + " " + what + ": ";
  for (std::size_t i = 0; i < items.size(); ++i) text += (i ? ", " : "") + items[i];
}

std::vector<std::string> quoted(const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  for (const std::string& name : names) texts.push_back("\"" + name + "\"");
  return texts;
}

}  // namespace

StateLoad plan_load(const std::string& who, const StateDict& targets, const StateDict& values, bool strict,
                    SourceLocation at) {
  if (Trace::current())
    throw Error(ErrorKind::state, "[load_state_dict] " + who + ": values are loaded while a function is traced", at,
                "load them before the call");
  StateLoad load;
  std::vector<std::string> misshaped;
  std::unordered_map<const TensorImpl*, std::size_t> places;
  const NoGradGuard no_grad;
  for (const auto& [name, target] : targets) {
    const Tensor* value = values.find(name);
    if (!value) {
      load.report.missing.push_back(name);
    } else if (value->shape() != target.shape()) {
      misshaped.push_back("\"" + name + "\" is " + TensorAccess::impl(target)->type.str() + ", given " +
                          TensorAccess::impl(*value)->type.str());
    } else {
      const auto [place, is_new] = places.emplace(TensorAccess::impl(target).get(), load.updates.size());
      if (is_new) load.updates.emplace_back(target, Tensor());
      load.updates[place->second].second = value->detach(at).to(target.dtype(), at);
    }
  }
  for (const auto& [name, value] : values)
    if (!targets.contains(name)) load.report.unexpected.push_back(name);
  std::string wrong;
  if (strict) list(wrong, quoted(load.report.missing), "missing");
  if (strict) list(wrong, quoted(load.report.unexpected), "unexpected");
  const bool names_differ = !wrong.empty();
  list(wrong, misshaped, "of another shape");
  if (!wrong.empty())
    throw Error(names_differ ? ErrorKind::value : ErrorKind::shape, "[load_state_dict] " + who + ": " + wrong, at);
  return load;
}

void run_load(StateLoad load, SourceLocation at) {
  const NoGradGuard no_grad;
  assign(std::move(load.updates), at);
}

}  // namespace weft
