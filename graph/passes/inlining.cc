#include <algorithm>

#include "graph/lower.h"
#include "graph/passes/clusters.h"

namespace weft {

std::vector<Register> lower_node(const Graph& graph, NodeId n, std::span<const Register> operands,
                                 ElementProgram& program) {
  const Node& node = graph.node(n);
  std::vector<const TensorType*> types;
  for (std::size_t i = 0; i < operands.size(); ++i) types.push_back(&graph.type(graph.operand(n, i)));
  const OpCall use{*node.op, types, node.attrs, node.where, node.outputs};
  LowerCall call(use, program, operands);
  node.op->lower(call);
  return call.results();
}

Inlining::Inlining(const Graph& graph)
    : graph_(graph),
      consumers_(graph.consumers()),
      materialized_(graph.size(), false),
      reads_(graph.size()),
      depth_(graph.size()) {
  find_materialized();
  for (NodeId n = 0; n < graph.size(); ++n) {
    reads_[n] = reads_of(n);
    depth_[n] = depth_of(n);
  }
}

std::uint32_t Inlining::reads_of(NodeId n) const {
  std::uint32_t reads = 0;
  for (std::size_t i = 0; i < graph_.num_operands(n) && reads <= kMaxReads; ++i) {
    const NodeId operand = graph_.operand(n, i).node;
    reads += inlined(operand) ? reads_[operand] : 1;
  }
  return reads;
}

void Inlining::find_materialized() {
  for (const ValueId& v : graph_.outputs()) materialized_[v.node] = true;
  for (NodeId n = 0; n < graph_.size(); ++n)
    for (const NodeId reader : consumers_[n]) {
      const OpDef& op = *graph_.node(reader).op;
      if (op.compile && !op.lower && op.trait != Trait::sum) materialized_[n] = true;
    }
}

std::uint8_t Inlining::depth_of(NodeId n) const {
  const Node& node = graph_.node(n);
  if (node.op->trait == Trait::constant) return node.outputs[0].dtype == DType::f32 ? 1 : 0;
  if (node.op->trait == Trait::repeat) {
    const BroadcastKind kind = broadcast_kind(graph_.type(graph_.operand(n, 0)).shape, node.outputs[0].shape);
    const bool repeats = kind == BroadcastKind::row || kind == BroadcastKind::column || kind == BroadcastKind::scalar;
    return repeats && node.outputs[0].dtype == DType::f32 ? 1 : 0;
  }
  if (!node.op->lower || node.outputs.size() != 1 || reads_[n] > kMaxReads) return 0;
  if (node.outputs[0].dtype == DType::boolean || worth_recomputing(n)) return depth_over_operands(n);
  return 0;
}

std::uint8_t Inlining::depth_over_operands(NodeId n) const {
  int depth = 1;
  for (std::size_t i = 0; i < graph_.num_operands(n); ++i) {
    const ValueId v = graph_.operand(n, i);
    const bool computed = inlined(v.node);
    if (!computed && graph_.type(v).dtype != DType::f32) return 0;
    if (computed) depth = std::max(depth, 1 + depth_[v.node]);
  }
  return depth <= kMaxDepth ? static_cast<std::uint8_t>(depth) : 0;
}

// Whether its readers can recompute it cheaply from one value in memory. They read that value in its place, and it is
// neither written nor kept. All readers must be elementwise on its shape, or it has to be in memory anyway.
bool Inlining::worth_recomputing(NodeId n) const {
  const TensorType& type = graph_.node(n).outputs[0];
  if (type.dtype != DType::f32 || materialized_[n] || consumers_[n].empty()) return false;
  for (const NodeId reader : consumers_[n]) {
    const Node& node = graph_.node(reader);
    if (!node.op->lower || node.outputs[0] != type) return false;
  }
  std::vector<ValueId> leaves;
  append_operands(n, leaves);
  if (leaves.empty() || !materialized_[leaves[0].node] || !(graph_.type(leaves[0]) == type)) return false;
  if (!graph_.node(leaves[0].node).op->lower) return false;  // there is no kernel that would write both
  if (std::any_of(leaves.begin(), leaves.end(), [&](const ValueId& v) { return v != leaves[0]; })) return false;
  ElementProgram program;
  const std::vector<Register> registers(graph_.num_operands(n));
  return !lower_node(graph_, n, registers, program).empty() &&
         std::all_of(program.code.begin(), program.code.end(),
                     [](const Instruction& i) { return facts(i.fn).worth_recomputing; });
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
