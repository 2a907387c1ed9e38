// From a request to a program: the graph of its calls, their gradients, and what results need of both.
#include <algorithm>

#include "graph/autodiff.h"
#include "graph/capture/capture.h"
#include "graph/capture/extract.h"
#include "graph/walk.h"

namespace weft {

namespace {

// The calls of a request as a graph, and its gradients as further nodes.
class RequestGraph {
 public:
  explicit RequestGraph(const EagerRequest& request) : request_(request), builder_(graph_) { add_calls(); }

  const Graph& graph() const { return graph_; }
  Builder& builder() { return builder_; }
  // The nodes of calls come first, those of gradients after them.
  bool is_call(NodeId n) const { return n < stands_for_.size(); }

  // An entry is one node or, where its values are known and no gradient crosses it, an input for each result, in a row.
  ValueId of(ValueId v) const {
    return is_input_[v.node] ? ValueId{first_[v.node] + v.output, 0} : ValueId{first_[v.node], v.output};
  }
  // The entry and the first result that the node of a call stands for.
  ValueId entry_of(NodeId n) const { return stands_for_[n]; }

  // Of each group.
  std::vector<Value> differentiate() {
    builder_.grad_enabled = false;
    std::vector<Value> roots, seeds;
    for (std::size_t k = 0; k < request_.roots.size(); ++k) {
      roots.push_back(builder_.value(of(request_.roots[k])));
      seeds.push_back(request_.seeds[k] ? builder_.value(of(*request_.seeds[k])) : ones(builder_, roots.back().type()));
    }
    std::vector<std::vector<Value>> wrt(request_.groups.size());
    for (std::size_t g = 0; g < wrt.size(); ++g)
      for (const ValueId& v : request_.groups[g]) wrt[g].push_back(builder_.value(of(v)));
    Gradients gradients = differentiate_groups(builder_, roots, seeds, wrt);
    find_used_up(gradients.used);
    return std::move(gradients.of);
  }
  // The nodes that these gradients need, down to the calls that they read.
  std::vector<char> needed_by(const std::vector<Value>& gradients) const {
    std::vector<ValueId> roots;
    for (const Value& gradient : gradients)
      if (gradient.defined()) roots.push_back(gradient.id());
    return needed_nodes(graph_, roots, [this](NodeId n) { return !is_call(n); });
  }
  // Of each entry: whether a second backward() through it would need values that are let go.
  const std::vector<bool>& used_up() const { return used_up_; }

 private:
  void add_calls() {
    const auto& entries = request_.calls.entries();
    first_.resize(entries.size());
    is_input_.resize(entries.size());
    stands_for_.reserve(entries.size());
    std::vector<ValueId> operands;
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      const CapturedCall& call = *entries[i].call;
      is_input_[i] = (entries[i].known && !entries[i].crossed) || call.op == &kInput;
      first_[i] = static_cast<NodeId>(graph_.size());
      const bool needs_grad = call.requires_grad && entries[i].reached;
      if (is_input_[i]) {
        for (std::uint32_t k = 0; k < call.outputs.size(); ++k) {
          graph_.add_input(call.outputs[k], needs_grad, call.where);
          stands_for_.push_back({i, k});
        }
        continue;
      }
      operands.clear();
      for (const ValueId& v : request_.calls.operands(entries[i])) operands.push_back(of(v));
      graph_.add(*call.op, operands, call.attrs, call.outputs, call.where, needs_grad);
      stands_for_.push_back({i, 0});
    }
  }

  // A call is used up when its rule read values, or when gradients go on to one that is.
  void find_used_up(const std::vector<char>& used) {
    const auto& entries = request_.calls.entries();
    used_up_.assign(entries.size(), false);
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].crossed) continue;
      bool up = first_[i] < used.size() && used[first_[i]];
      for (const ValueId& v : request_.calls.operands(entries[i])) up = up || used_up_[v.node];
      used_up_[i] = up;
    }
  }

  const EagerRequest& request_;
  Graph graph_;
  Builder builder_;
  std::vector<NodeId> first_;
  std::vector<char> is_input_;
  std::vector<ValueId> stands_for_;
  std::vector<bool> used_up_;
};

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

std::vector<ValueId> values_read_by_gradients(EagerRequest request) {
  for (std::uint32_t i = 0; i < request.calls.entries().size(); ++i)
    if (const auto& entry = request.calls.entries()[i]; entry.reached && !entry.crossed)
      request.groups.push_back({{i, 0}});
  request.add_to.resize(request.groups.size());
  RequestGraph all(request);
  const std::vector<Value> gradients = all.differentiate();
  const Graph& graph = all.graph();
  const std::vector<char> needed = all.needed_by(gradients);
  std::vector<ValueId> read;
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

CapturedGradients capture_gradients(const EagerRequest& request, bool create_graph, SourceLocation at) {
  RequestGraph all(request);
  const std::vector<Value> gradients = all.differentiate();
  const Graph& graph = all.graph();
  CaptureBuilder builder(at);
  builder.grad_enabled = create_graph;
  const std::vector<char> needed = all.needed_by(gradients);
  std::vector<Value> moved(graph.size());
  std::vector<Value> operands;
  for (NodeId n = 0; n < graph.size(); ++n) {
    if (!needed[n]) continue;
    if (all.is_call(n)) {
      const ValueId entry = all.entry_of(n);
      moved[n] = builder.value(CapturedValue{request.calls.entries()[entry.node].call, entry.output});
      continue;
    }
    const Node& node = graph.node(n);
    operands.clear();
    for (const ValueId& v : graph.operands(n)) {
      operands.push_back(moved[v.node].output(moved[v.node].id().output + v.output));
    }
    builder.where = node.where;
    moved[n] = builder.record(*node.op, operands, node.attrs);
  }
  CapturedGradients result;
  for (const Value& gradient : gradients) {
    if (!gradient.defined()) {
      result.of.push_back({});
      continue;
    }
    const Value& value = moved[gradient.id().node];
    result.of.push_back(builder.captured(value.output(value.id().output + gradient.id().output)));
  }
  result.used_up = all.used_up();
  return result;
}

}  // namespace weft
