#include "graph/passes/fuse.h"

#include <algorithm>
#include <map>
#include <queue>

#include "graph/builder.h"
#include "graph/passes/clusters.h"

namespace weft {
namespace {

// The graph with each cluster as one unit. A unit is named by its last node, and units keep the order of these as far
// as they can.
class Units {
 public:
  Units(const Graph& graph, const Inlining& inlining, const Clusters& clusters)
      : graph_(graph), inlining_(inlining), clusters_(clusters), unit_(graph.size()) {
    for (NodeId n = 0; n < graph.size(); ++n) unit_[n] = n;
    for (const Cluster& cluster : clusters.all) {
      for (const NodeId n : cluster.members) unit_[n] = cluster.members.back();
      if (cluster.product) unit_[*cluster.product] = cluster.members.back();
    }
  }

  NodeId unit_of(NodeId n) const { return unit_[n]; }
  bool is_unit(NodeId n) const { return unit_[n] == n; }
  const Cluster* cluster_of(NodeId n) const {
    return clusters_.of[n] == Clusters::kNone ? nullptr : &clusters_.all[clusters_.of[n]];
  }

  // What a unit reads from others, repetitions included; the operands of its product come first.
  std::vector<ValueId> reads(NodeId unit) const {
    const Cluster* cluster = cluster_of(unit);
    if (!cluster) return graph_.operands(unit);
    std::vector<ValueId> all;
    for (const NodeId n : cluster->members) inlining_.append_operands(n, all);
    std::erase_if(all, [&](ValueId v) { return unit_[v.node] == unit; });
    if (cluster->product) {
      const std::vector<ValueId> factors = graph_.operands(*cluster->product);
      all.insert(all.begin(), factors.begin(), factors.end());
    }
    return all;
  }

  std::vector<NodeId> in_order() const {
    std::vector<std::uint32_t> waiting(graph_.size(), 0), first(graph_.size() + 1, 0);
    std::vector<std::pair<NodeId, NodeId>> edges;  // read, reader
    for (NodeId u = 0; u < graph_.size(); ++u)
      for (const ValueId& v : is_unit(u) ? reads(u) : std::vector<ValueId>{}) {
        edges.emplace_back(unit_[v.node], u);
        ++waiting[u];
        ++first[unit_[v.node] + 1];
      }
    for (std::size_t i = 0; i < graph_.size(); ++i) first[i + 1] += first[i];
    std::vector<NodeId> readers(edges.size());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (const auto& [read, reader] : edges) readers[next[read]++] = reader;
    std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
    for (NodeId u = 0; u < graph_.size(); ++u)
      if (is_unit(u) && waiting[u] == 0) ready.push(u);
    std::vector<NodeId> order;
    while (!ready.empty()) {
      const NodeId u = ready.top();
      ready.pop();
      order.push_back(u);
      for (std::uint32_t i = first[u]; i < first[u + 1]; ++i)
        if (--waiting[readers[i]] == 0) ready.push(readers[i]);
    }
    return order;
  }

 private:
  const Graph& graph_;
  const Inlining& inlining_;
  const Clusters& clusters_;
  std::vector<NodeId> unit_;
};

// Writes the program of one cluster.
class ProgramWriter {
 public:
  ProgramWriter(const Graph& graph, const Inlining& inlining, const Cluster& cluster)
      : graph_(graph), inlining_(inlining), cluster_(cluster) {}

  // Inputs get their registers first: the product, then what is read from outside.
  void write(const std::vector<ValueId>& reads) {
    if (cluster_.product) registers_[{*cluster_.product, 0}] = program_.num_inputs++;
    for (std::size_t i = cluster_.product ? 2 : 0; i < reads.size(); ++i)
      if (registers_.try_emplace(reads[i], program_.num_inputs).second) {
        inputs_.push_back(reads[i]);
        ++program_.num_inputs;
      }
    for (const NodeId n : cluster_.members)
      if (!is_sum(n)) lower(n);
  }

  void add_output(ValueId v) {
    if (is_sum(v.node))
      program_.outputs.push_back({*cluster_.sums, register_of(graph_.operand(v.node, 0))});
    else
      program_.outputs.push_back({ElementOutputKind::elements, register_of(v)});
  }

  const std::vector<ValueId>& inputs() const { return inputs_; }
  const ElementProgram& program() const { return program_; }

 private:
  bool is_sum(NodeId n) const { return graph_.node(n).op->name == "sum"; }

  // Inlined values are written where they are first read; their depth is bounded.
  Register register_of(ValueId v) {
    if (const auto at = registers_.find(v); at != registers_.end()) return at->second;
    const Node& node = graph_.node(v.node);
    if (node.op->name == "full")
      registers_[v] = program_.constant(node.attrs.get<double>("value"));
    else if (node.op->name == "expand")
      registers_[v] = register_of(graph_.operand(v.node, 0));
    else
      lower(v.node);
    return registers_.at(v);
  }

  void lower(NodeId n) {
    std::vector<Register> operands;
    for (const ValueId& v : graph_.operands(n)) operands.push_back(register_of(v));
    const std::vector<Register> results = lower_node(graph_, n, operands, program_);
    for (std::uint32_t k = 0; k < results.size(); ++k) registers_[{n, k}] = results[k];
  }

  const Graph& graph_;
  const Inlining& inlining_;
  const Cluster& cluster_;
  std::map<ValueId, Register> registers_;
  std::vector<ValueId> inputs_;
  ElementProgram program_;
};

class Fuser {
 public:
  Fuser(const Graph& graph, const Clusters& clusters)
      : graph_(graph), inlining_(graph), units_(graph, inlining_, clusters), builder_(result_) {}

  Graph run() {
    const std::vector<NodeId> order = units_.in_order();
    find_needed(order);
    moved_.resize(first_value_.back());
    for (const NodeId n : graph_.inputs()) {
      const Node& node = graph_.node(n);
      moved(ValueId{n, 0}) = {result_.add_input(node.outputs[0], node.requires_grad, node.where), 0};
      if (const std::string* name = graph_.name(n)) result_.set_name(moved(ValueId{n, 0}).node, *name);
    }
    for (const NodeId u : order) {
      if (const Cluster* cluster = units_.cluster_of(u))
        add_cluster(u, *cluster);
      else if (needed_node(u) && graph_.node(u).op != &kInput)
        copy(u);
    }
    for (const ValueId& v : graph_.outputs()) result_.outputs().push_back(moved(v));
    return std::move(result_);
  }

 private:
  std::size_t number(ValueId v) const { return first_value_[v.node] + v.output; }
  ValueId& moved(ValueId v) { return moved_[number(v)]; }
  bool needed_node(NodeId n) const {
    for (std::size_t i = first_value_[n]; i < first_value_[n + 1]; ++i)
      if (needed_[i]) return true;
    return false;
  }

  // The values that outputs and other units read.
  void find_needed(const std::vector<NodeId>& order) {
    first_value_.push_back(0);
    for (NodeId n = 0; n < graph_.size(); ++n)
      first_value_.push_back(first_value_.back() + graph_.node(n).outputs.size());
    needed_.assign(first_value_.back(), false);
    for (const ValueId& v : graph_.outputs()) needed_[number(v)] = true;
    for (auto u = order.rbegin(); u != order.rend(); ++u) {
      const Cluster* cluster = units_.cluster_of(*u);
      const auto wanted = [&](NodeId n) { return needed_node(n); };
      if (cluster ? std::any_of(cluster->members.begin(), cluster->members.end(), wanted) : wanted(*u))
        for (const ValueId& v : units_.reads(*u)) needed_[number(v)] = true;
    }
  }

  void copy(NodeId n) {
    const Node& node = graph_.node(n);
    std::vector<ValueId> operands;
    for (const ValueId& v : graph_.operands(n)) operands.push_back(moved(v));
    const NodeId to = result_.add(*node.op, operands, node.attrs, node.outputs, node.where, node.requires_grad);
    if (const std::string* name = graph_.name(n)) result_.set_name(to, *name);
    for (std::uint32_t k = 0; k < node.outputs.size(); ++k) moved(ValueId{n, k}) = {to, k};
  }

  void add_cluster(NodeId unit, const Cluster& cluster) {
    std::vector<ValueId> outputs;
    for (const NodeId n : cluster.members)
      for (std::uint32_t k = 0; k < graph_.node(n).outputs.size(); ++k)
        if (needed_[number({n, k})]) outputs.push_back({n, k});
    if (outputs.empty()) return;
    const std::vector<ValueId> reads = units_.reads(unit);
    ProgramWriter writer(graph_, inlining_, cluster);
    writer.write(reads);
    for (const ValueId& v : outputs) writer.add_output(v);

    Attrs attrs{{"program", writer.program().str()}, {"shape", cluster.shape->vec()}};
    std::vector<Value> operands;
    if (cluster.product) {
      const Attrs& flags = graph_.node(*cluster.product).attrs;
      for (const std::string_view flag : {"transpose_a", "transpose_b"}) attrs.set(flag, flags.get<bool>(flag));
      for (std::size_t i = 0; i < 2; ++i) operands.push_back(builder_.value(moved(reads[i])));
    }
    for (const ValueId& v : writer.inputs()) operands.push_back(builder_.value(moved(v)));
    builder_.where = graph_.node(cluster.product.value_or(unit)).where;
    const Value fused =
        builder_.record(*find_op(cluster.product ? "fused_matmul" : "fused"), operands, std::move(attrs));
    for (std::uint32_t k = 0; k < outputs.size(); ++k) moved(outputs[k]) = result_of(outputs[k], fused.output(k)).id();
  }

  // An output in the form of the call that it stands for: sums of blocks are added up, sums get their shape.
  Value result_of(ValueId v, Value value) {
    const TensorType& type = graph_.type(v);
    if (graph_.node(v.node).op->name != "sum") return value;
    if (value.shape().numel() > type.shape.numel()) value = builder_.record(*find_op("sum_blocks"), {value});
    if (value.shape() != type.shape)
      value = builder_.record(*find_op("reshape"), {value}, {{"shape", type.shape.vec()}});
    return value;
  }

  const Graph& graph_;
  const Inlining inlining_;
  const Units units_;
  std::vector<std::size_t> first_value_;
  std::vector<bool> needed_;
  std::vector<ValueId> moved_;
  Graph result_;
  Builder builder_;
};

}  // namespace

Graph fuse(const Graph& graph) {
  const Clusters clusters = find_clusters(graph);
  const bool none = std::all_of(clusters.all.begin(), clusters.all.end(), [](auto& c) { return c.members.empty(); });
  return none ? graph : Fuser(graph, clusters).run();
}

}  // namespace weft
