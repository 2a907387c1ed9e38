#include "graph/capture/request_graph.h"

#include <utility>

namespace weft {

std::vector<Value> RequestGraph::differentiate(GradientVisitor* visitor) {
  builder_.grad_enabled = false;
  std::vector<Value> roots, seeds;
  for (std::size_t k = 0; k < request_.roots.size(); ++k) {
    roots.push_back(builder_.value(of(request_.roots[k])));
    seeds.push_back(request_.seeds[k] ? builder_.value(of(*request_.seeds[k])) : ones(builder_, roots.back().type()));
  }
  std::vector<std::vector<Value>> wrt(request_.groups.size());
  for (std::size_t g = 0; g < wrt.size(); ++g)
    for (const ValueId& v : request_.groups[g]) wrt[g].push_back(builder_.value(of(v)));
  Gradients gradients = differentiate_groups(builder_, roots, seeds, wrt, visitor);
  find_used_up(gradients.used);
  return std::move(gradients.of);
}

std::vector<char> RequestGraph::needed_by(const std::vector<Value>& gradients) const {
  std::vector<ValueId> roots;
  for (const Value& gradient : gradients)
    if (gradient.defined()) roots.push_back(gradient.id());
  return needed_nodes(graph_, roots, [this](NodeId n) { return !is_call(n); });
}

void RequestGraph::add_calls() {
  const auto& entries = request_.calls.entries();
  first_.resize(entries.size());
  is_input_.resize(entries.size());
  stands_for_.reserve(entries.size());
  std::vector<ValueId> operands;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const CapturedCall& call = *entries[i].call;
    is_input_[i] = (entries[i].known && !entries[i].crossed) || call.op == &kInput;
    first_[i] = static_cast<NodeId>(graph_.size());
    const bool needs_grad = call.requires_grad && entries[i].reached;
    if (is_input_[i]) {
      for (std::uint32_t k = 0; k < call.outputs.size(); ++k) {
        graph_.add_input(call.outputs[k], needs_grad, call.where);
        stands_for_.push_back({i, k});
      }
      continue;
    }
    operands.clear();
    for (const ValueId& v : request_.calls.operands(entries[i])) operands.push_back(of(v));
    graph_.add(*call.op, operands, call.attrs, call.outputs, call.where, needs_grad);
    stands_for_.push_back({i, 0});
  }
}

// A call is used up when its rule read values, or when gradients go on to one that is.
void RequestGraph::find_used_up(const std::vector<char>& used) {
  const auto& entries = request_.calls.entries();
  used_up_.assign(entries.size(), false);
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].crossed) continue;
    bool up = first_[i] < used.size() && used[first_[i]];
    for (const ValueId& v : request_.calls.operands(entries[i])) up = up || used_up_[v.node];
    used_up_[i] = up;
  }
}

}  // namespace weft
