#include "graph/passes/rewriter.h"

#include "graph/builder.h"
#include "graph/known_ops.h"
#include "graph/walk.h"

namespace weft {

Rewriter::Rewriter(const Graph& graph, const RewriteOptions& options) : graph_(graph), options_(options) {
  calls_.reserve(graph.size());
  operands_.reserve(2 * graph.size());
}

Graph Rewriter::run() {
  std::vector<char> needed = needed_nodes(graph_, graph_.outputs());
  for (const NodeId n : graph_.inputs()) needed[n] = 1;  // in any case: callers bind them by position
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

ValueId Rewriter::emit(const Call& call) {
  if (call.outputs->size() == 1)
    for (const RewriteFn rule : options_.rules)
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
  const NewCall& c = calls_[v.node];
  return {c.op, {operands_.data() + c.first_operand, c.num_operands}, c.attrs, c.outputs};
}

std::optional<double> Rewriter::constant(ValueId v) const {
  if (op(v).trait != Trait::constant || calls_[v.node].attrs->find("exact")) return std::nullopt;
  return attr<double>(v, "value");
}

ValueId Rewriter::record(const OpDef& op, std::span<const ValueId> operands, Attrs attrs) {
  std::vector<const TensorType*> types;
  for (const ValueId& v : operands) types.push_back(&type(v));
  const Attrs& kept = new_attrs_.emplace_back(std::move(attrs));
  const Types& outputs = new_types_.emplace_back(infer_types({op, types, kept, graph_.node(current_).where}));
  return emit({&op, operands, &kept, &outputs});
}

ValueId Rewriter::full(const TensorType& type, double value) {
  return record(known_ops::full(), {}, known_ops::full_attrs(type, value));
}

ValueId Rewriter::reshaped(ValueId v, const Shape& shape) {
  if (type(v).shape == shape) return v;
  return record(known_ops::reshape(), {v}, {{"shape", shape.vec()}});
}

std::vector<char> Rewriter::live_calls() const {
  std::vector<char> live(calls_.size(), 0);
  for (const ValueId& v : graph_.outputs()) live[moved_[v.node].node] = 1;
  for (const NodeId n : graph_.inputs()) live[moved_[n].node] = 1;
  mark_needed(live, [this](NodeId n, auto mark) {
    for (const ValueId& v : call({n, 0}).operands) mark(v.node);
  });
  return live;
}

Graph Rewriter::build() const {
  Graph result;
  const std::vector<char> live = live_calls();
  std::vector<NodeId> final_ids(calls_.size());
  std::vector<ValueId> operands;
  for (std::size_t n = 0; n < calls_.size(); ++n) {
    if (!live[n]) continue;
    const NewCall& c = calls_[n];
    const Node& origin = graph_.node(c.origin);
    operands.clear();
    for (const ValueId& v : call({static_cast<NodeId>(n), 0}).operands)
      operands.push_back({final_ids[v.node], v.output});
    final_ids[n] = append_node(result, {c.op, *c.attrs, *c.outputs, origin.where, origin.requires_grad}, operands,
                               c.named == kNoNode ? nullptr : graph_.name(c.named));
  }
  for (const ValueId& v : graph_.outputs())
    result.outputs().push_back({final_ids[moved_[v.node].node], moved_[v.node].output + v.output});
  return result;
}

std::optional<ValueId> operand_of_same_type(const Rewriter& r, const Call& call, std::size_t i) {
  if (r.type(call.operands[i]) != call.type()) return std::nullopt;
  return call.operands[i];
}

std::optional<ValueId> drop_copy(Rewriter& r, const Call& call) { return operand_of_same_type(r, call, 0); }

Graph rewrite(const Graph& graph, const RewriteOptions& options) { return Rewriter(graph, options).run(); }

}  // namespace weft
