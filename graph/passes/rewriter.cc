#include "graph/passes/rewriter.h"

#include "graph/builder.h"

namespace weft {

Rewriter::Rewriter(const Graph& graph, const RewriteOptions& options) : graph_(graph), options_(options) {
  calls_.reserve(graph.size());
  operands_.reserve(2 * graph.size());
}

Graph Rewriter::run() {
  const std::vector<char> needed = needed_nodes();
  if (options_.merge_equal_calls) equal_.reserve(static_cast<std::size_t>(std::count(needed.begin(), needed.end(), 1)));
  moved_.resize(graph_.size());
  std::vector<ValueId> operands;
  for (current_ = 0; current_ < graph_.size(); ++current_) {
    if (!needed[current_]) continue;
    const Node& node = graph_.node(current_);
    operands.clear();
    for (std::size_t slot = 0; slot < graph_.num_operands(current_); ++slot) {
      const ValueId from = graph_.operand(current_, slot);
      operands.push_back({moved_[from.node].node, moved_[from.node].output + from.output});
    }
    const std::size_t before = calls_.size();
    const Call call{node.op, operands, &node.attrs, &node.outputs};
    const ValueId to = moved_[current_] = node.op == &kInput ? append(call) : emit(call);
    if (to.node >= before) calls_[to.node].named = current_;
  }
  return build();
}

// Inputs are needed in any case: callers bind them by position.
std::vector<char> Rewriter::needed_nodes() const {
  std::vector<char> needed(graph_.size(), 0);
  for (const ValueId& v : graph_.outputs()) needed[v.node] = 1;
  for (const NodeId n : graph_.inputs()) needed[n] = 1;
  for (auto n = static_cast<NodeId>(graph_.size()); n-- > 0;)
    if (needed[n])
      for (std::size_t slot = 0; slot < graph_.num_operands(n); ++slot) needed[graph_.operand(n, slot).node] = 1;
  return needed;
}

const std::vector<RewriteFn>& Rewriter::rules_for(const OpDef* op) {
  const auto [at, is_new] = rules_.try_emplace(op);
  if (is_new)
    for (const std::span<const RewriteRule> group : options_.rules)
      for (const RewriteRule& rule : group)
        if (rule.op.empty() || rule.op == op->name) at->second.push_back(rule.apply);
  return at->second;
}

ValueId Rewriter::emit(const Call& call) {
  if (call.outputs->size() == 1)
    for (const RewriteFn rule : rules_for(call.op))
      if (const std::optional<ValueId> result = rule(*this, call)) return *result;
  if (options_.merge_equal_calls) {
    const auto next = static_cast<NodeId>(calls_.size());
    const NodeId found = equal_.find_or_insert(hash_call(call), next, [&](NodeId n) {
      return equal_calls(this->call({n, 0}), call);
    });
    if (found != next) return {found, 0};
  }
  return append(call);
}

ValueId Rewriter::append(const Call& call) {
  const auto first = static_cast<std::uint32_t>(operands_.size());
  operands_.insert(operands_.end(), call.operands.begin(), call.operands.end());
  calls_.push_back(
      {call.op, call.attrs, call.outputs, first, static_cast<std::uint32_t>(call.operands.size()), current_});
  return {static_cast<NodeId>(calls_.size() - 1), 0};
}

Call Rewriter::call(ValueId v) const {
  const Draft& draft = calls_[v.node];
  return {draft.op, {operands_.data() + draft.first_operand, draft.num_operands}, draft.attrs, draft.outputs};
}

std::optional<double> Rewriter::constant(ValueId v) const {
  if (!is(v, "full")) return std::nullopt;
  return attr<double>(v, "value");
}

ValueId Rewriter::record(std::string_view op_name, std::initializer_list<ValueId> operands, Attrs attrs) {
  const OpDef* op = find_op(op_name);
  if (!op) throw Error("[optimize] no op named " + std::string(op_name));
  std::vector<const TensorType*> types;
  for (const ValueId& v : operands) types.push_back(&type(v));
  const Attrs& kept = new_attrs_.emplace_back(std::move(attrs));
  const Types& outputs = new_types_.emplace_back(infer_types({*op, types, kept, graph_.node(current_).where}));
  return emit({op, {operands.begin(), operands.size()}, &kept, &outputs});
}

std::vector<char> Rewriter::live_drafts() const {
  std::vector<char> live(calls_.size(), 0);
  for (const ValueId& v : graph_.outputs()) live[moved_[v.node].node] = 1;
  for (const NodeId n : graph_.inputs()) live[moved_[n].node] = 1;
  for (std::size_t n = calls_.size(); n-- > 0;)
    if (live[n])
      for (std::uint32_t i = 0; i < calls_[n].num_operands; ++i) live[operands_[calls_[n].first_operand + i].node] = 1;
  return live;
}

Graph Rewriter::build() const {
  Graph result;
  const std::vector<char> live = live_drafts();
  std::vector<NodeId> final_ids(calls_.size());
  std::vector<ValueId> operands;
  for (std::size_t n = 0; n < calls_.size(); ++n) {
    if (!live[n]) continue;
    const Draft& draft = calls_[n];
    const Node& origin = graph_.node(draft.origin);
    operands.clear();
    for (const ValueId& v : call({static_cast<NodeId>(n), 0}).operands)
      operands.push_back({final_ids[v.node], v.output});
    final_ids[n] = draft.op == &kInput ? result.add_input((*draft.outputs)[0], origin.requires_grad, origin.where)
                                       : result.add(*draft.op, operands, *draft.attrs, *draft.outputs, origin.where,
                                                    origin.requires_grad);
    if (draft.named == kNoNode) continue;
    if (const std::string* name = graph_.name(draft.named)) result.set_name(final_ids[n], *name);
  }
  for (const ValueId& v : graph_.outputs())
    result.outputs().push_back({final_ids[moved_[v.node].node], moved_[v.node].output + v.output});
  return result;
}

Graph rewrite(const Graph& graph, const RewriteOptions& options) { return Rewriter(graph, options).run(); }

}  // namespace weft
