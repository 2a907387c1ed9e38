// From a request to a program: the graph of its calls, their gradients, and what results need of both.
#include <algorithm>

#include "graph/autodiff.h"
#include "graph/capture/capture.h"
#include "graph/capture/gradient_code.h"
#include "graph/capture/request_graph.h"
#include "graph/walk.h"

namespace weft {

namespace {

// Cuts out of the graph of a request what its results need; known values are arguments of the program.
class ProgramCutter {
 public:
  ProgramCutter(const EagerRequest& request, const RequestGraph& all)
      : request_(request), all_(all), graph_(all.graph()), first_(graph_.size(), kNowhere) {}

  void cut(const std::vector<ValueId>& outputs, EagerProgram& program) {
    const std::vector<char> needed = needed_nodes(graph_, outputs, [this](NodeId n) { return !known(n); });
    std::vector<std::int32_t> variable_of(request_.calls.entries().size(), -1);
    for (std::size_t j = 0; j < request_.writes.size(); ++j)
      if (request_.writes[j].version) variable_of[*request_.writes[j].version] = static_cast<std::int32_t>(j);
    for (NodeId n = 0; n < graph_.size(); ++n)
      if (needed[n] && known(n) && variable_of[all_.entry_of(n).node] < 0) add_argument(n, program);
    std::vector<NodeId> variables;
    for (const EagerRequest::Write& write : request_.writes)
      variables.push_back(program.graph.add_input(write.variable->type()));
    for (NodeId n = 0; n < graph_.size(); ++n) {
      if (!needed[n] || first_[n] != kNowhere) continue;
      if (known(n))
        first_[n] = variables[static_cast<std::size_t>(variable_of[all_.entry_of(n).node])];
      else
        copy(n, program.graph);
    }
    for (const ValueId& v : outputs) program.graph.outputs().push_back(moved(v));
  }

 private:
  static constexpr NodeId kNowhere = ~NodeId{0};

  bool known(NodeId n) const { return all_.is_call(n) && request_.calls.entries()[all_.entry_of(n).node].known; }

  void add_argument(NodeId n, EagerProgram& program) {
    const ValueId source = all_.entry_of(n);
    for (std::uint32_t k = 0; k < graph_.node(n).outputs.size(); ++k) {
      const NodeId input = program.graph.add_input(graph_.node(n).outputs[k], false, graph_.node(n).where);
      if (k == 0) first_[n] = input;
      program.arguments.push_back({source.node, source.output + k});
    }
  }

  void copy(NodeId n, Graph& to) {
    const Node& node = graph_.node(n);
    if (node.op == &kInput)
      throw Error(ErrorKind::state, "[compile] a tensor of a traced function is used outside of it", node.where);
    first_[n] = copy_node(graph_, n, to, [this](ValueId v) { return moved(v); });
  }

  ValueId moved(ValueId v) const {
    return known(v.node) ? ValueId{first_[v.node] + v.output, 0} : ValueId{first_[v.node], v.output};
  }

  const EagerRequest& request_;
  const RequestGraph& all_;
  const Graph& graph_;
  std::vector<NodeId> first_;  // of each node: its place in the program
};

}  // namespace

EagerProgram build_program(const EagerRequest& request) {
  RequestGraph all(request);
  EagerProgram program;
  std::vector<ValueId> outputs, writes;
  for (const ValueId& v : request.wanted) outputs.push_back(all.of(v));
  for (const EagerRequest::Write& write : request.writes)
    writes.push_back(write.value ? all.of(*write.value) : ValueId{});
  program.num_wanted = outputs.size();
  if (!request.groups.empty()) {
    const std::vector<Value> gradients = all.differentiate();
    program.used_up = all.used_up();
    for (std::size_t g = 0; g < gradients.size(); ++g) {
      program.has_gradient.push_back(gradients[g].defined());
      if (const auto& add_to = request.add_to[g]) {
        const Value before = all.builder().value(all.of(add_to->first));
        writes[add_to->second] =
            (gradients[g].defined() ? accumulate_values(all.builder(), {before, gradients[g]}) : before).id();
      } else if (gradients[g].defined()) {
        outputs.push_back(gradients[g].id());
      }
    }
  }
  outputs.insert(outputs.end(), writes.begin(), writes.end());
  ProgramCutter(request, all).cut(outputs, program);
  return program;
}

namespace {

// Notes what rules of users' own read, which stand in no graph. Their gradients are zeros meanwhile.
class ReadsOfRules : public GradientVisitor {
 public:
  ReadsOfRules(const EagerRequest& request, RequestGraph& all) : request_(request), all_(all) {}

  void pass(NodeId, std::span<Value>) override {}
  std::optional<bool> differentiate(GradCall& call, NodeId n) override {
    const ValueId entry = all_.entry_of(n);
    const auto& code = request_.calls.entries()[entry.node].call->code;
    if (!code || !code->rule) return std::nullopt;
    read.push_back(entry);
    for (const ValueId& v : request_.calls.operands(request_.calls.entries()[entry.node])) read.push_back(v);
    for (std::size_t i = 0; i < call.num_inputs(); ++i)
      if (call.needs(i)) call.set(i, zeros(all_.builder(), call.in(i).type()));
    return true;
  }
  Value arrive(std::size_t, const Value& gradient) override { return gradient; }
  void contributed(std::optional<NodeId>, const Value&) override {}
  bool takes_before_pass() const override { return false; }

  std::vector<ValueId> read;

 private:
  const EagerRequest& request_;
  RequestGraph& all_;
};

}  // namespace

std::vector<ValueId> values_read_by_gradients(EagerRequest request) {
  for (std::uint32_t i = 0; i < request.calls.entries().size(); ++i)
    if (const auto& entry = request.calls.entries()[i]; entry.reached && !entry.crossed)
      request.groups.push_back({{i, 0}});
  request.add_to.resize(request.groups.size());
  RequestGraph all(request);
  ReadsOfRules rules(request, all);
  const std::vector<Value> gradients = all.differentiate(&rules);
  const Graph& graph = all.graph();
  const std::vector<char> needed = all.needed_by(gradients);
  std::vector<ValueId> read = std::move(rules.read);
  for (NodeId n = 0; n < graph.size(); ++n) {
    if (!needed[n] || all.is_call(n)) continue;
    for (const ValueId& v : graph.operands(n)) {
      if (!all.is_call(v.node)) continue;
      const ValueId entry = all.entry_of(v.node);
      read.push_back({entry.node, entry.output + v.output});
    }
  }
  std::sort(read.begin(), read.end());
  read.erase(std::unique(read.begin(), read.end()), read.end());
  return read;
}

}  // namespace weft
