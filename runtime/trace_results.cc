// What a traced function gives back, and the history that its results stand on.
#include <algorithm>
#include <set>

#include "graph/capture/capture.h"
#include "runtime/trace_builder.h"

namespace weft {
void TracedProgram::Builder::take_results(const std::vector<Tensor>& results) {
  std::vector<Impl> given;
  for (const Tensor& tensor : results) {
    if (!tensor.defined()) throw Error(ErrorKind::state, "[compile] the function returns an undefined tensor", at_);
    given.push_back(trace_.without_shadow(TensorAccess::impl(tensor)));
  }
  for (const auto& [field, gradient] : new_grads_) given.push_back(gradient);
  for (std::size_t i = 0; i < given.size(); ++i)  // of tensors that the function made, also of those found here
    if (given[i]->born_in == trace_.id())
      if (const Impl gradient = given[i]->grad(); gradient && !index_of(given, trace_.without_shadow(gradient)))
        given.push_back(trace_.without_shadow(gradient));
  find_bases(given);
  program_.first_given_back_ = result_impls_.size();
  program_.num_given_back_ = results.size();
  given.insert(given.begin(), result_impls_.begin(), result_impls_.end());
  result_impls_.clear();
  program_.results_.reserve(given.size());  // live_results_ keeps addresses
  for (const Impl& impl : given) take_result(impl);
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i]->born_in == trace_.id())
      if (const Impl gradient = given[i]->grad())
        program_.results_[i].grad = index_of(result_impls_, trace_.without_shadow(gradient));
  for (const auto& [field, gradient] : new_grads_) program_.fields_[field].result = index_of(result_impls_, gradient);
}

void TracedProgram::Builder::take_result(const Impl& impl) {
  Result& result = program_.results_.emplace_back();
  result.type = impl->type;
  if (!take_known(impl, result)) {
    if (!take_view(impl, result)) take_output(impl, result);
    result.is_leaf = impl->leaf_requires_grad;
    if (impl->leaf_requires_grad) result.hooks = impl->hooks;
    result.retains_grad = impl->retains_grad;
  }
  program_.gives_old_grads_ =
      program_.gives_old_grads_ || (result.kind == Result::Kind::captured && result.origin.grads > 0);
  result_impls_.push_back(impl);
}

// Results that share elements which the function made: writing to one must be seen by the others. What they are views
// of becomes a result, too; a base that is a view itself (a leaf) is one of its own base.
void TracedProgram::Builder::find_bases(std::span<const Impl> given) {
  std::vector<std::pair<Impl, std::set<Impl>>> users;
  std::vector<Impl> open(given.begin(), given.end());
  for (std::size_t i = 0; i < open.size(); ++i) {
    const Impl impl = open[i], base = impl->view ? trace_.without_shadow(impl->view->base) : impl;
    if (base->born_in != trace_.id() || index_of(fresh_, base)) continue;
    auto known = std::find_if(users.begin(), users.end(), [&](const auto& user) { return user.first == base; });
    if (known == users.end()) {
      known = users.emplace(users.end(), base, std::set<Impl>());
      if (base->view) open.push_back(base);
    }
    known->second.insert(impl);
  }
  for (auto user = users.rbegin(); user != users.rend(); ++user)
    if (user->second.size() > 1 || user->first->view) result_impls_.push_back(user->first);
}

bool TracedProgram::Builder::take_known(const Impl& impl, Result& result) {
  if (const auto same = index_of(result_impls_, impl)) {
    result.kind = Result::Kind::same;
    result.index = *same;
  } else if (const auto gradient = index_of(fresh_, impl)) {
    result.kind = Result::Kind::fresh;
    result.index = *gradient;
  } else if (const auto argument = trace_.argument(*impl)) {
    result.kind = Result::Kind::argument;
    result.index = *argument;
  } else if (impl->born_in != trace_.id()) {
    const Trace::Path path = trace_.path_to(impl);
    result.kind = Result::Kind::captured;
    result.tensor = path.root;
    result.origin = path.origin;
    (void)current_version(impl, at_);  // throws where it cannot be seen in a trace
  } else {
    return false;
  }
  return true;
}

bool TracedProgram::Builder::take_view(const Impl& impl, Result& result) {
  if (!impl->view) return false;
  const Impl base = trace_.without_shadow(impl->view->base);
  if (const auto shared = index_of(result_impls_, base)) {
    result.kind = Result::Kind::same;
    result.index = *shared;
  } else if (const auto gradient = index_of(fresh_, base)) {
    result.kind = Result::Kind::fresh;
    result.index = *gradient;
  } else if (base->born_in == trace_.id()) {
    return false;
  } else if (const auto argument = trace_.argument(*base)) {
    result.kind = Result::Kind::argument;
    result.index = *argument;
  } else {
    const Trace::Path path = trace_.path_to(base);
    result.kind = Result::Kind::captured;
    result.tensor = path.root;
    result.origin = path.origin;
  }
  if (impl->view->history)
    throw Error(ErrorKind::state,
                "[compile] " + impl->type.str() + ": a detached view with gradients of its own is a result", at_,
                "return a clone() of it");
  result.is_view = true;
  result.steps = impl->view->steps;
  result.strides = impl->view->strides;
  result.tracks_grad = impl->view->tracks_grad;
  result.in_no_grad = impl->view->in_no_grad;
  result.of_leaf = impl->view->of_leaf;
  result.grad_name = impl->grad_name;
  (void)current_version(impl, at_);
  return true;
}

void TracedProgram::Builder::take_output(const Impl& impl, Result& result) {
  const CapturedValue value = current_version(impl, at_);
  result.index = output(value);
  result.op = value.call->op;
  result.grad_name = impl->grad_name;
  result.requires_grad = value.call->requires_grad && is_floating(impl->type.dtype);
  if (impl->view) result.strides = impl->view->strides;
  if (result.requires_grad && !impl->leaf_requires_grad && !value.call->used_up())
    live_results_.push_back({&result, value});
}

// The number of a result of the plan.
std::size_t TracedProgram::Builder::output(const CapturedValue& value) {
  if (const auto known = index_of(outputs_, value)) return *known;
  outputs_.push_back(value);
  program_.output_types_.push_back(value.call->outputs[value.output]);
  return outputs_.size() - 1;
}

// Views through which gradients of other results flow.
void TracedProgram::Builder::find_versions_of_views(const Extraction& history) {
  for (std::size_t i = 0; i < result_impls_.size(); ++i) {
    Result& result = program_.results_[i];
    if (!result.is_view || (result.kind == Result::Kind::argument && program_.arguments_[result.index].by_value))
      continue;
    const CapturedValue value = current_version(result_impls_[i], at_);
    const CapturedValue base = current_version(result_impls_[i]->view->base, at_);
    if (!history.contains(value.call.get()) || !history.contains(base.call.get())) continue;
    result.live = history.id(value);
    result.live_base = history.id(base);
  }
}

void TracedProgram::Builder::take_history() {
  if (live_results_.empty()) return;
  std::vector<CapturedValue> roots;
  for (const auto& [result, value] : live_results_) roots.push_back(value);
  EagerRequest request{Extraction({}, roots, at_, 0, /*stop_at_used_up=*/true)};
  for (const CapturedValue& root : roots) request.roots.push_back(request.calls.id(root));
  request.seeds.resize(roots.size());
  const std::vector<ValueId> read = values_read_by_gradients(request);
  for (const Extraction::Entry& entry : request.calls.entries()) {
    Live live{entry.call, {request.calls.operands(entry).begin(), request.calls.operands(entry).end()}, {}, {}, {}, {}};
    if (const Impl leaf = entry.call->leaf.lock(); leaf && entry.call->is_leaf && leaf->born_in == trace_.id())
      live.leaf = index_of(result_impls_, leaf);
    program_.history_.push_back(std::move(live));
  }
  const auto save = [&](std::uint32_t i) {
    Live& live = program_.history_[i];
    if (live.call->op == &kInput || live.saved) return;
    live.saved = output({live.call, 0});
    // The results of one call lie next to each other, or are all new.
    for (std::uint32_t k = 1; k < live.call->outputs.size(); ++k)
      if (output({live.call, k}) != *live.saved + k) live.saved.reset();
  };
  for (const ValueId& v : read) save(v.node);
  for (std::size_t k = 0; k < live_results_.size(); ++k) {
    save(request.roots[k].node);
    live_results_[k].first->live = request.roots[k];
  }
  find_versions_of_views(request.calls);
}

}  // namespace weft
