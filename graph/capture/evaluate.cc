#include "graph/capture/evaluate.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "graph/capture/capture.h"

namespace weft {
namespace {

EvaluateFn g_evaluate = nullptr;

constexpr NodeId kUnmapped = ~NodeId{0};

// What is known of the nodes of a captured graph: the buffer of a leaf, or of a result that was computed before.
// Ops with several results are known only as a whole, so a known result of one is not used.
std::vector<std::shared_ptr<const Buffer>> known_values(CapturedGraph& from) {
  std::vector<std::shared_ptr<const Buffer>> known(from.graph().size());
  for (const CapturedGraph::Leaf& leaf : from.leaves()) known[leaf.node] = leaf.value;
  for (const TensorImpl* tensor : from.live())
    if (tensor->has_value() && from.graph().node(tensor->id.node).outputs.size() == 1)
      known[tensor->id.node] = tensor->variable->read();
  return known;
}

// Leaves that stand for the value which a variable has now, for the variables that are to be written.
std::vector<std::pair<NodeId, std::size_t>> leaves_of(CapturedGraph& from,
                                                      std::span<const std::shared_ptr<Variable>> variables) {
  std::unordered_map<const Variable*, std::size_t> index;
  for (std::size_t j = 0; j < variables.size(); ++j) index[variables[j].get()] = j;
  std::vector<std::pair<NodeId, std::size_t>> leaves;
  for (const CapturedGraph::Leaf& leaf : from.leaves()) {
    const auto at = index.find(leaf.variable.get());
    if (at != index.end() && leaf.variable->read() == leaf.value) leaves.push_back({leaf.node, at->second});
  }
  return leaves;
}

// Cuts out what `wanted` needs; known values become arguments. The last values wanted are those of the variables.
Extract extract(CapturedGraph& from, std::span<const ValueId> wanted,
                std::span<const std::shared_ptr<Variable>> variables = {}) {
  const Graph& graph = from.graph();
  std::vector<std::shared_ptr<const Buffer>> known = known_values(from);
  std::vector<char> needed(graph.size(), 0);
  for (const ValueId& v : wanted) needed[v.node] = 1;
  for (NodeId n = static_cast<NodeId>(graph.size()); n-- > 0;)
    if (needed[n] && !known[n])
      for (std::size_t i = 0; i < graph.num_operands(n); ++i) needed[graph.operand(n, i).node] = 1;

  Extract result;
  result.variables.assign(variables.begin(), variables.end());
  std::vector<NodeId> moved(graph.size(), kUnmapped);
  // Arguments first, variables after them: the ids of a graph's inputs are in their order.
  const auto leaves = leaves_of(from, variables);
  for (const auto& [n, j] : leaves) known[n] = nullptr;
  for (NodeId n = 0; n < graph.size(); ++n) {
    if (!needed[n] || !known[n]) continue;
    moved[n] = result.graph.add_input(graph.node(n).outputs[0], false, graph.node(n).where);
    result.arguments.push_back(std::move(known[n]));
  }
  std::vector<NodeId> variable_inputs;
  for (const auto& variable : variables) variable_inputs.push_back(result.graph.add_input(variable->type()));
  for (const auto& [n, j] : leaves) moved[n] = variable_inputs[j];

  std::vector<ValueId> operands;
  for (NodeId n = 0; n < graph.size(); ++n) {
    if (!needed[n] || moved[n] != kUnmapped) continue;
    const Node& node = graph.node(n);
    operands.clear();
    for (std::size_t i = 0; i < graph.num_operands(n); ++i) {
      const ValueId v = graph.operand(n, i);
      operands.push_back({moved[v.node], v.output});
    }
    moved[n] = result.graph.add(*node.op, operands, node.attrs, node.outputs, node.where);
  }
  for (const ValueId& v : wanted) result.graph.outputs().push_back({moved[v.node], v.output});
  return result;
}

// A result that needs no gradient has no further use for its graph.
void settle(TensorImpl& tensor, std::shared_ptr<Buffer> buffer) {
  if (tensor.variable)
    tensor.variable->assign(std::move(buffer));
  else
    tensor.variable = std::make_shared<Variable>(tensor.type, std::move(buffer));
  tensor.pending = false;
  if (tensor.requires_grad) return;
  CapturedGraph::detach(tensor);
  tensor.plain.store(true, std::memory_order_release);
}

}  // namespace

void set_evaluator(EvaluateFn evaluate) { g_evaluate = evaluate; }

std::vector<std::shared_ptr<Buffer>> run_extract(Extract extract) {
  if (!g_evaluate) throw Error("[evaluate] the run time is not linked in");
  return g_evaluate(std::move(extract));
}

void evaluate(CapturedGraph& graph, const std::vector<std::shared_ptr<TensorImpl>>& tensors) {
  if (tensors.empty()) return;
  const std::shared_ptr<CapturedGraph> keep = graph.shared_from_this();
  std::vector<ValueId> wanted;
  for (const auto& tensor : tensors) wanted.push_back(tensor->id);
  std::vector<std::shared_ptr<Buffer>> results = run_extract(extract(graph, wanted));
  for (std::size_t i = 0; i < tensors.size(); ++i) settle(*tensors[i], std::move(results[i]));
}

void evaluate_live(CapturedGraph& graph) {
  std::vector<std::shared_ptr<TensorImpl>> tensors;
  for (TensorImpl* tensor : graph.live()) {
    if (tensor->has_value()) continue;
    if (auto held = tensor->weak_from_this().lock()) tensors.push_back(std::move(held));
  }
  // The registry's order depends on what was destroyed before; the order of capture does not.
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  evaluate(graph, tensors);
}

void assign(std::vector<std::pair<Tensor, Tensor>> updates, SourceLocation at) {
  if (updates.empty()) return;
  const auto lock = capture_lock();
  std::vector<const Tensor*> tensors;
  for (const auto& [target, source] : updates) {
    if (!target.defined() || !source.defined()) throw Error("[assign] undefined tensor", at);
    if (target.impl()->type != source.impl()->type)
      throw Error("[assign] a: " + target.impl()->type.str() + ", b: " + source.impl()->type.str() + ": types differ",
                  at);
    if (!target.impl()->variable) throw Error("[assign] only a leaf can be written", at);
    tensors.push_back(&source);
  }
  const std::shared_ptr<CapturedGraph> graph = CapturedGraph::of(tensors, at);
  std::vector<ValueId> values;
  for (const auto& [target, source] : updates) values.push_back(graph->value_of(source.impl(), at));
  if (graph->trace()) {
    for (std::size_t i = 0; i < updates.size(); ++i) graph->assign(updates[i].first.impl(), values[i], at);
    return;
  }
  std::vector<std::shared_ptr<TensorImpl>> held;  // sources that somebody else can look at
  std::vector<ValueId> wanted;
  std::vector<std::shared_ptr<Variable>> variables;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    variables.push_back(updates[i].first.impl()->variable);
    if (updates[i].second.impl().use_count() == 1 || updates[i].second.impl()->has_value()) continue;
    held.push_back(updates[i].second.impl());
    wanted.push_back(values[i]);
  }
  wanted.insert(wanted.end(), values.begin(), values.end());
  Extract program = extract(*graph, wanted, variables);
  // What the graph holds of the old values would make the run copy them before it writes.
  updates.clear();
  if (graph->live().empty()) graph->collect();
  std::vector<std::shared_ptr<Buffer>> results = run_extract(std::move(program));
  for (std::size_t i = 0; i < held.size(); ++i) settle(*held[i], std::move(results[i]));
}

std::shared_ptr<const Buffer> value(const Tensor& tensor, SourceLocation at) {
  if (!tensor.defined()) throw Error("[tensor] undefined tensor", at);
  const std::shared_ptr<TensorImpl>& impl = tensor.impl();
  if (impl->plain.load(std::memory_order_acquire)) return impl->variable->read();
  const auto lock = capture_lock();
  if (impl->graph && impl->graph->trace())
    throw Error("[compile] the value of a tensor is not known while its function is traced", at,
                "return it from the function, or compute it outside");
  if (!impl->has_value()) {
    evaluate(*impl->graph, {impl});
    CapturedGraph::start_new();
  }
  return impl->variable->read();
}

}  // namespace weft
