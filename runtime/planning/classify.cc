// Which nodes a program needs, and what becomes of them.
#include <numeric>

#include "graph/walk.h"
#include "runtime/planning/draft.h"

namespace weft {
namespace {

constexpr std::size_t kMaxConstantBytes = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& rule) { throw Error("[plan] " + rule); }

void assign_roles(Draft& d) {
  d.role.assign(d.graph.size(), Role::unused);
  for (const NodeId n : d.graph.inputs()) d.role[n] = Role::input;
  const std::vector<char> needed = needed_nodes(d.graph, d.graph.outputs());
  for (NodeId n = 0; n < d.graph.size(); ++n)
    if (needed[n] && d.role[n] != Role::input) d.role[n] = d.graph.node(n).op->alias ? Role::alias : Role::step;
}

void number_values(Draft& d) {
  d.first_value = number_results(d.graph);
  d.owner.reserve(d.first_value.back());
  for (NodeId n = 0; n < d.graph.size(); ++n) d.owner.insert(d.owner.end(), d.graph.node(n).outputs.size(), n);
  d.storage.resize(d.owner.size());
  std::iota(d.storage.begin(), d.storage.end(), ValueNumber{0});
  for (NodeId n = 0; n < d.graph.size(); ++n)
    if (d.role[n] == Role::alias) d.storage[d.first_value[n]] = d.storage_of(d.graph.operand(n, 0));
}

bool is_constant(const Draft& d, NodeId n) {
  const Node& node = d.graph.node(n);
  if (!node.op->compile || node.op->may_throw) return false;
  for (const TensorType& type : node.outputs)
    if (type.bytes() > kMaxConstantBytes) return false;
  for (std::size_t slot = 0; slot < d.graph.num_operands(n); ++slot)
    if (d.role_of(d.storage_of(d.graph.operand(n, slot))) != Role::constant) return false;
  return true;
}

void check_aliases(const Graph& graph) {
  for (NodeId n = 0; n < graph.size(); ++n) {
    if (!graph.node(n).op->alias) continue;
    if (graph.num_operands(n) == 0 || graph.node(n).outputs.size() != 1 ||
        graph.type(graph.operand(n, 0)).bytes() != graph.node(n).outputs[0].bytes())
      fail("[" + std::string(graph.node(n).op->name) + "] must have one result of its operand's size");
  }
}

}  // namespace

void check_program(const Program& program) {
  const Graph& graph = program.graph;
  if (program.num_variables > graph.inputs().size()) fail("more variables than inputs");
  if (program.writes.size() > graph.outputs().size()) fail("more writes than outputs");
  for (NodeId n = 0; n < graph.size(); ++n)
    for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) {
      const ValueId v = graph.operand(n, slot);
      if (v.node >= n || v.output >= graph.node(v.node).outputs.size()) fail("a node must come after its operands");
    }
  for (const ValueId& v : graph.outputs())
    if (v.node >= graph.size() || v.output >= graph.node(v.node).outputs.size()) fail("an output that does not exist");
  check_aliases(graph);
  std::vector<bool> written(program.num_variables, false);
  for (std::size_t k = 0; k < program.writes.size(); ++k) {
    const std::uint32_t j = program.writes[k];
    if (j >= program.num_variables) fail("a write to a variable that does not exist");
    if (written[j]) fail("two writes to one variable");
    written[j] = true;
    const TensorType& from = graph.type(graph.outputs()[program.num_results() + k]);
    const TensorType& to = graph.node(graph.inputs()[program.num_arguments() + j]).outputs[0];
    if (!(from == to)) fail("a write of " + from.str() + " to a variable of " + to.str());
  }
}

void classify(Draft& d) {
  assign_roles(d);
  number_values(d);
  d.placement.assign(d.storage.size(), Draft::kUnplaced);
  d.input_index.assign(d.graph.size(), 0);
  for (std::uint32_t i = 0; i < d.graph.inputs().size(); ++i) d.input_index[d.graph.inputs()[i]] = i;
  for (NodeId n = 0; n < d.graph.size(); ++n)
    if (d.role[n] == Role::step && is_constant(d, n)) d.role[n] = Role::constant;
}

}  // namespace weft
