#include "graph/walk.h"

namespace weft {

NodeId append_node(Graph& graph, Node node, std::span<const ValueId> operands, const std::string* name) {
  const NodeId n = node.op == &kInput ? graph.add_input(std::move(node.outputs[0]), node.requires_grad, node.where)
                                      : graph.add(*node.op, operands, std::move(node.attrs), std::move(node.outputs),
                                                  node.where, node.requires_grad);
  if (name) graph.set_name(n, *name);
  return n;
}

std::vector<std::uint32_t> number_results(const Graph& graph) {
  std::vector<std::uint32_t> first{0};
  first.reserve(graph.size() + 1);
  for (NodeId n = 0; n < graph.size(); ++n)
    first.push_back(first.back() + static_cast<std::uint32_t>(graph.node(n).outputs.size()));
  return first;
}

}  // namespace weft
