#include "graph/graph.h"

#include "graph/boost_graph.h"

namespace weft {

Graph::Graph() = default;
Graph::~Graph() = default;
Graph::Graph(Graph&& other) noexcept = default;
Graph& Graph::operator=(Graph&& other) noexcept = default;

Graph::Graph(const Graph& other) : inputs_(other.inputs_), outputs_(other.outputs_), names_(other.names_) {
  for (NodeId n = 0; n < other.size(); ++n) {
    const Node& node = other.node(n);
    add(*node.op, other.operands(n), node.attrs, node.outputs, node.where, node.requires_grad);
  }
}

NodeId Graph::add(const OpDef& op, std::span<const ValueId> operands, Attrs attrs, Types outputs, SourceLocation where,
                  bool requires_grad) {
  if (!boost_) boost_ = std::make_unique<BoostGraph>();
  nodes_.push_back({&op, std::move(attrs), std::move(outputs), where, requires_grad});
  const auto n = static_cast<NodeId>(boost::add_vertex(*boost_));
  boost_->out_edge_list(n).reserve(operands.size());
  for (const ValueId& v : operands) boost::add_edge(n, v.node, Use{v.output}, *boost_);
  return n;
}

NodeId Graph::add_input(TensorType type, bool requires_grad, SourceLocation where) {
  const NodeId n = add(kInput, {}, {}, {std::move(type)}, where, requires_grad);
  inputs_.push_back(n);
  return n;
}

std::size_t Graph::num_operands(NodeId n) const { return boost::out_degree(n, *boost_); }

ValueId Graph::operand(NodeId n, std::size_t slot) const {
  const auto edge = boost::out_edges(n, *boost_).first + static_cast<std::ptrdiff_t>(slot);
  return {static_cast<NodeId>(boost::target(*edge, *boost_)), (*boost_)[*edge].output};
}

const BoostGraph& Graph::boost() const {
  static const BoostGraph kEmpty;
  return boost_ ? *boost_ : kEmpty;
}

std::vector<ValueId> Graph::operands(NodeId n) const {
  std::vector<ValueId> values;
  values.reserve(num_operands(n));
  for (std::size_t slot = 0; slot < num_operands(n); ++slot) values.push_back(operand(n, slot));
  return values;
}

Consumers Graph::consumers() const {
  return Consumers(size(), [this](auto add) {
    for (NodeId n = 0; n < size(); ++n)
      for (std::size_t slot = 0; slot < num_operands(n); ++slot) add(operand(n, slot).node, n);
  });
}

const std::string* Graph::name(NodeId n) const {
  const auto at = names_.find(n);
  return at == names_.end() ? nullptr : &at->second;
}

}  // namespace weft
