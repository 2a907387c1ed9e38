#include <algorithm>

#include "graph/passes/clusters.h"

namespace weft {

Inlining::Inlining(const Graph& graph) : graph_(graph), depth_(graph.size()) {
  for (NodeId n = 0; n < graph.size(); ++n) depth_[n] = depth_of(n);
}

std::uint8_t Inlining::depth_of(NodeId n) const {
  const Node& node = graph_.node(n);
  if (node.op->name == "full") return node.outputs[0].dtype == DType::f32 ? 1 : 0;
  if (node.op->name == "expand") {
    const Access access = access_of(graph_.type(graph_.operand(n, 0)).shape, node.outputs[0].shape);
    const bool repeats = access == Access::row || access == Access::column || access == Access::scalar;
    return repeats && node.outputs[0].dtype == DType::f32 ? 1 : 0;
  }
  if (!node.op->lower || node.outputs.size() != 1 || node.outputs[0].dtype != DType::boolean) return 0;
  int depth = 1;
  for (std::size_t i = 0; i < graph_.num_operands(n); ++i) {
    const ValueId v = graph_.operand(n, i);
    const bool computed = inlined(v.node);
    if (!computed && graph_.type(v).dtype != DType::f32) return 0;
    if (computed) depth = std::max(depth, 1 + depth_[v.node]);
  }
  return depth <= kMaxDepth ? static_cast<std::uint8_t>(depth) : 0;
}

void Inlining::append_operands(NodeId n, std::vector<ValueId>& values) const {
  for (std::size_t i = 0; i < graph_.num_operands(n); ++i) {
    const ValueId v = graph_.operand(n, i);
    if (inlined(v.node))
      append_operands(v.node, values);
    else
      values.push_back(v);
  }
}

}  // namespace weft
