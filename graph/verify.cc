#include "graph/verify.h"

#include "graph/builder.h"

namespace weft {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph) {}

  void run() {
    for (NodeId n = 0; n < graph_.size(); ++n) {
      check_operands(n);
      check_op(n);
      if (graph_.node(n).op != &kInput) check_types(n);
    }
    check_inputs();
    for (const ValueId& v : graph_.outputs())
      if (!exists(v, graph_.size())) broken("V7 output " + text(v) + " does not exist");
  }

 private:
  [[noreturn]] void broken(const std::string& rule) const { throw Error("[verify] " + rule); }
  [[noreturn]] void broken(NodeId n, const std::string& rule) const {
    const Node& node = graph_.node(n);
    throw Error(
        "[verify] node " + std::to_string(n) + " (" + (node.op ? std::string(node.op->name) : "no op") + "): " + rule,
        node.where);
  }
  static std::string text(ValueId v) { return "v" + std::to_string(v.node) + "." + std::to_string(v.output); }
  static std::string text(const Types& types) {
    std::string all;
    for (const TensorType& type : types) all += (all.empty() ? "" : ", ") + type.str();
    return all.empty() ? "nothing" : all;
  }

  bool exists(ValueId v, std::size_t before) const {
    return v.node < before && v.output < graph_.node(v.node).outputs.size();
  }

  void check_operands(NodeId n) const {
    for (std::size_t slot = 0; slot < graph_.num_operands(n); ++slot)
      if (const ValueId v = graph_.operand(n, slot); !exists(v, n))
        broken(n, "V1 operand " + std::to_string(slot) + " is " + text(v) + ", no result of an earlier node");
  }

  void check_op(NodeId n) {
    const OpDef* op = graph_.node(n).op;
    if (op == registered_) return;  // as the node before
    if (!op || find_op(op->name) != op) broken(n, "V2 the op is not registered");
    registered_ = op;
  }

  void check_types(NodeId n) {
    const Node& node = graph_.node(n);
    const auto arity = static_cast<int>(graph_.num_operands(n));
    if (arity < node.op->min_inputs || (node.op->max_inputs >= 0 && arity > node.op->max_inputs))
      broken(n, "V3 the op does not take " + std::to_string(arity) + " operands");
    operand_types_.clear();
    for (std::size_t slot = 0; slot < graph_.num_operands(n); ++slot)
      operand_types_.push_back(&graph_.type(graph_.operand(n, slot)));
    Types inferred;
    try {
      inferred = infer_types({*node.op, operand_types_, node.attrs, node.where});
    } catch (const Error& error) {
      broken(n, std::string("V4 the shape rule refuses it: ") + error.what());
    }
    if (inferred != node.outputs) broken(n, "V4 recorded as " + text(node.outputs) + ", inferred as " + text(inferred));
    if (node.op->alias && (arity == 0 || node.outputs[0].bytes() != operand_types_[0]->bytes()))
      broken(n, "V5 an alias of another size");
  }

  void check_inputs() const {
    std::vector<char> listed(graph_.size(), 0);
    for (const NodeId n : graph_.inputs()) {
      if (n >= graph_.size() || graph_.node(n).op != &kInput)
        broken("V6 listed as an input, but is none: node " + std::to_string(n));
      if (listed[n]++) broken(n, "V6 listed twice as an input");
      if (graph_.node(n).outputs.size() != 1) broken(n, "V6 an input is one value");
    }
    for (NodeId n = 0; n < graph_.size(); ++n)
      if (graph_.node(n).op == &kInput && !listed[n]) broken(n, "V6 not listed as an input");
  }

  const Graph& graph_;
  const OpDef* registered_ = nullptr;
  std::vector<const TensorType*> operand_types_;
};

}  // namespace

void verify(const Graph& graph) { Verifier(graph).run(); }

}  // namespace weft
