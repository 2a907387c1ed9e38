#include "graph/capture/captured_graph.h"

#include <algorithm>
#include <string>

#include "graph/capture/evaluate.h"
#include "graph/capture/trace.h"
#include "graph/known_ops.h"

namespace weft {
namespace {

thread_local std::weak_ptr<CapturedGraph> t_current;

}  // namespace

std::unique_lock<std::recursive_mutex> capture_lock() {
  static auto& mutex = *new std::recursive_mutex;  // never destroyed: tensors may outlive main
  return std::unique_lock(mutex);
}

TensorImpl::~TensorImpl() {
  const auto lock = capture_lock();  // another thread may be moving this tensor's graph
  CapturedGraph::detach(*this);
}

std::shared_ptr<CapturedGraph> CapturedGraph::current() {
  if (Trace* trace = Trace::current()) return trace->graph();
  std::shared_ptr<CapturedGraph> graph = t_current.lock();
  if (!graph) {
    graph = std::make_shared<CapturedGraph>();
    t_current = graph;
  }
  graph->collect_when_grown();
  return graph;
}

void CapturedGraph::start_new() { t_current.reset(); }

std::shared_ptr<CapturedGraph> CapturedGraph::of(std::span<const Tensor* const> tensors, SourceLocation at) {
  std::shared_ptr<CapturedGraph> graph;
  Trace* const trace = Trace::current();
  if (trace) graph = trace->graph();
  for (const Tensor* tensor : tensors) {
    if (!tensor->defined()) throw Error("[tensor] undefined tensor", at);
    const std::shared_ptr<CapturedGraph> other = tensor->impl()->graph;
    if (!other || other == graph) continue;
    if (other->trace_) throw Error("[compile] a tensor of a traced function is used outside of it", at);
    if (trace) {
      if (tensor->requires_grad())
        throw Error("[compile] a tensor captured outside of the traced function requires gradients", at,
                    "compute it inside, or use detach()");
      value(*tensor, at);
    } else if (!graph) {
      graph = other;
    } else if (graph->graph_.size() >= other->graph_.size()) {
      graph->absorb(*other);
    } else {
      other->absorb(*graph);
      if (t_current.lock() == graph) t_current = other;
      graph = other;
    }
  }
  if (!graph) return current();
  graph->collect_when_grown();
  return graph;
}

CapturedGraph::Leaf& CapturedGraph::leaf_of(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
  const void* key = tensor->requires_grad ? static_cast<const void*>(tensor.get()) : tensor->variable.get();
  const std::shared_ptr<const Buffer> now = trace_ ? nullptr : tensor->variable->read();
  const auto found = leaf_index_.find(key);
  if (found != leaf_index_.end()) {
    Leaf& leaf = leaves_[found->second];
    if (leaf.variable == tensor->variable && leaf.value == now && leaf.requires_grad == tensor->requires_grad &&
        (!leaf.requires_grad || leaf.tensor.lock() == tensor))
      return leaf;
  }
  Leaf leaf{0, tensor->variable, now, tensor, tensor->requires_grad, !tensor->is_leaf(), {}, false};
  const auto known = trace_ ? leaves_of_variable_.find(tensor->variable.get()) : leaves_of_variable_.end();
  if (known != leaves_of_variable_.end()) {
    // Two tensors of one variable (x and x.data()) are one argument: a value assigned through either is seen by both.
    const Leaf& other = leaves_[known->second[0]];
    leaf.node = other.node;
    leaf.assigned = other.assigned;
    leaf.now = alias(other.now, tensor->requires_grad, at);
  } else {
    leaf.node = graph_.add_input(tensor->type, tensor->requires_grad, at);
    leaf.now = {leaf.node, 0};
  }
  add_leaf(std::move(leaf));
  return leaves_.back();
}

void CapturedGraph::add_leaf(Leaf leaf) {
  const void* key = leaf.requires_grad ? static_cast<const void*>(leaf.tensor.lock().get()) : leaf.variable.get();
  leaf_index_[key] = leaves_.size();
  if (trace_ && leaf.variable) leaves_of_variable_[leaf.variable.get()].push_back(leaves_.size());
  leaves_.push_back(std::move(leaf));
}

ValueId CapturedGraph::alias(ValueId of, bool requires_grad, SourceLocation at) {
  return {graph_.add(known_ops::detach(), {&of, 1}, {}, {graph_.type(of)}, at, requires_grad), 0};
}

void CapturedGraph::make_grad_leaf(const std::shared_ptr<TensorImpl>& tensor) {
  const ValueId id = alias(tensor->id, true, {});
  tensor->requires_grad = true;
  attach(*tensor, id);
  add_leaf({id.node, nullptr, nullptr, tensor, true, false, id, false});
}

void CapturedGraph::assign(const std::shared_ptr<TensorImpl>& tensor, ValueId value, SourceLocation at) {
  leaf_of(tensor, at);
  for (const std::size_t i : leaves_of_variable_.at(tensor->variable.get())) {
    leaves_[i].assigned = true;
    leaves_[i].now = leaves_[i].requires_grad || graph_.node(value.node).requires_grad
                         ? alias(value, leaves_[i].requires_grad, at)
                         : value;
  }
}

ValueId CapturedGraph::value_of(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
  if (tensor->graph.get() == this) return tensor->id;
  if (!tensor->variable) throw Error("[compile] a tensor of a traced function is used outside of it", at);
  return leaf_of(tensor, at).now;
}

void CapturedGraph::attach(TensorImpl& tensor, ValueId id) {
  if (tensor.graph.get() != this) {
    detach(tensor);
    tensor.plain.store(false, std::memory_order_relaxed);
    tensor.graph = shared_from_this();
    tensor.live_index_ = live_.size();
    live_.push_back(&tensor);
  }
  tensor.id = id;
}

void CapturedGraph::detach(TensorImpl& tensor) {
  const std::shared_ptr<CapturedGraph> graph = std::move(tensor.graph);
  tensor.graph.reset();
  if (!graph) return;
  TensorImpl* const last = graph->live_.back();
  graph->live_[tensor.live_index_] = last;
  last->live_index_ = tensor.live_index_;
  graph->live_.pop_back();
}

std::vector<NodeId> CapturedGraph::append(const Graph& from, const std::vector<char>& needed) {
  std::vector<NodeId> moved(from.size(), 0);
  std::vector<ValueId> operands;
  for (NodeId n = 0; n < from.size(); ++n) {
    if (!needed[n]) continue;
    const Node& node = from.node(n);
    if (node.op == &kInput) {
      moved[n] = graph_.add_input(node.outputs[0], node.requires_grad, node.where);
      continue;
    }
    operands = from.operands(n);
    for (ValueId& v : operands) v.node = moved[v.node];
    moved[n] = graph_.add(*node.op, operands, node.attrs, node.outputs, node.where, node.requires_grad);
  }
  return moved;
}

void CapturedGraph::absorb(CapturedGraph& other) {
  const std::vector<NodeId> moved = append(other.graph_, std::vector<char>(other.graph_.size(), 1));
  for (Leaf& leaf : other.leaves_) {
    leaf.node = moved[leaf.node];
    leaf.now.node = moved[leaf.now.node];
    add_leaf(std::move(leaf));
  }
  const std::shared_ptr<CapturedGraph> keep = other.shared_from_this();
  while (!other.live_.empty()) {
    TensorImpl& tensor = *other.live_.back();
    const ValueId id{moved[tensor.id.node], tensor.id.output};
    attach(tensor, id);
  }
}

void CapturedGraph::collect() {
  std::vector<char> needed(graph_.size(), 0);
  for (const TensorImpl* tensor : live_) needed[tensor->id.node] = 1;
  for (NodeId n = static_cast<NodeId>(graph_.size()); n-- > 0;)
    if (needed[n])
      for (std::size_t i = 0; i < graph_.num_operands(n); ++i) needed[graph_.operand(n, i).node] = 1;
  const Graph before = std::exchange(graph_, Graph());
  const std::vector<NodeId> moved = append(before, needed);
  const std::vector<Leaf> leaves = std::exchange(leaves_, {});
  leaf_index_.clear();
  for (const Leaf& leaf : leaves) {
    if (!needed[leaf.node]) continue;
    add_leaf(leaf);
    leaves_.back().node = moved[leaf.node];
    leaves_.back().now.node = moved[leaf.now.node];
  }
  for (TensorImpl* tensor : live_) tensor->id.node = moved[tensor->id.node];
  collect_at_ = std::max<std::size_t>(4096, 2 * graph_.size());
}

void CapturedGraph::collect_when_grown() {
  if (!trace_ && graph_.size() >= collect_at_) collect();
}

Tensor make_captured(const std::shared_ptr<CapturedGraph>& graph, ValueId id, const char* grad_name) {
  const Node& node = graph->graph().node(id.node);
  auto impl = std::make_shared<TensorImpl>(node.outputs[id.output]);
  impl->requires_grad = node.requires_grad && is_floating(impl->type.dtype);
  if (impl->requires_grad) impl->grad_name = grad_name ? grad_name : node.op->grad_name;
  graph->attach(*impl, id);
  return Tensor(std::move(impl));
}

void rebind(TensorImpl& tensor, CapturedGraph& graph, ValueId id) {
  graph.attach(tensor, id);
  tensor.pending = tensor.variable != nullptr;
}

Tensor make_leaf(TensorType type, std::shared_ptr<Buffer> buffer) {
  auto impl = std::make_shared<TensorImpl>(type);
  impl->variable = std::make_shared<Variable>(std::move(type), std::move(buffer));
  impl->plain.store(true, std::memory_order_release);
  return Tensor(std::move(impl));
}

}  // namespace weft
