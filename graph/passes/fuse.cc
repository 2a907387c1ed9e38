#include "graph/passes/fuse.h"

#include <algorithm>
#include <map>
#include <queue>

#include "graph/builder.h"
#include "graph/known_ops.h"
#include "graph/passes/clusters.h"
#include "graph/walk.h"

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
    std::vector<ValueId> reads;
    for (NodeId n = 0; n < graph.size(); ++n) {
      reads.clear();
      if (unit_[n] == n) append_reads(n, reads);
      reads_.add_row(reads);
    }
  }

  NodeId unit_of(NodeId n) const { return unit_[n]; }
  const Cluster* cluster_of(NodeId n) const {
    return clusters_.of[n] == Clusters::kNone ? nullptr : &clusters_.all[clusters_.of[n]];
  }

  // What a unit reads from others, repetitions included; the operands of its product come first.
  std::span<const ValueId> reads(NodeId unit) const { return reads_[unit]; }

  std::vector<NodeId> in_order() const {
    const Rows<NodeId> readers(graph_.size(), [this](auto add) {
      for (NodeId u = 0; u < graph_.size(); ++u)
        for (const ValueId& v : reads(u)) add(unit_[v.node], u);
    });
    std::vector<std::size_t> waiting(graph_.size());
    std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
    for (NodeId u = 0; u < graph_.size(); ++u) {
      waiting[u] = reads(u).size();
      if (unit_[u] == u && waiting[u] == 0) ready.push(u);
    }
    std::vector<NodeId> order;
    while (!ready.empty()) {
      const NodeId u = ready.top();
      ready.pop();
      order.push_back(u);
      for (const NodeId reader : readers[u])
        if (--waiting[reader] == 0) ready.push(reader);
    }
    return order;
  }

 private:
  void append_reads(NodeId unit, std::vector<ValueId>& reads) const {
    const Cluster* cluster = cluster_of(unit);
    const auto append_operands = [&](NodeId n) {
      for (std::size_t slot = 0; slot < graph_.num_operands(n); ++slot) reads.push_back(graph_.operand(n, slot));
    };
    if (!cluster) return append_operands(unit);
    if (cluster->product) append_operands(*cluster->product);
    for (const NodeId n : cluster->members) inlining_.append_operands(n, reads);
    std::erase_if(reads, [&](ValueId v) { return unit_[v.node] == unit; });
  }

  const Graph& graph_;
  const Inlining& inlining_;
  const Clusters& clusters_;
  std::vector<NodeId> unit_;
  Rows<ValueId> reads_;  // by node; empty where it names no unit
};

// Writes the program of one cluster.
class ProgramWriter {
 public:
  ProgramWriter(const Graph& graph, const Cluster& cluster) : graph_(graph), cluster_(cluster) {}

  // Inputs get their registers first: the product, then what is read from outside.
  void write(std::span<const ValueId> reads) {
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
  bool is_sum(NodeId n) const { return graph_.node(n).op->trait == Trait::sum; }

  // Inlined values are written where they are first read; their depth is bounded.
  Register register_of(ValueId v) {
    if (const auto at = registers_.find(v); at != registers_.end()) return at->second;
    const Node& node = graph_.node(v.node);
    if (node.op->trait == Trait::constant)
      registers_[v] = program_.constant(node.attrs.get<double>("value"));
    else if (node.op->trait == Trait::repeat)
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
  const Cluster& cluster_;
  std::map<ValueId, Register> registers_;
  std::vector<ValueId> inputs_;
  ElementProgram program_;
};

class Fuser {
 public:
  Fuser(const Graph& graph, const Clusters& clusters)
      : graph_(graph),
        inlining_(graph),
        units_(graph, inlining_, clusters),
        first_result_(number_results(graph)),
        is_read_(first_result_.back(), 0),
        moved_(first_result_.back()),
        builder_(result_) {}

  Graph run() {
    const std::vector<NodeId> order = units_.in_order();
    const std::vector<char> needed = find_needed(order);
    for (const NodeId n : graph_.inputs()) copy(n);
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (!needed[i]) continue;
      if (const Cluster* cluster = units_.cluster_of(order[i]))
        add_cluster(order[i], *cluster);
      else if (graph_.node(order[i]).op != &kInput)
        copy(order[i]);
    }
    for (const ValueId& v : graph_.outputs()) result_.outputs().push_back(moved(v));
    return std::move(result_);
  }

 private:
  std::size_t number(ValueId v) const { return first_result_[v.node] + v.output; }
  ValueId& moved(ValueId v) { return moved_[number(v)]; }

  // Which units the outputs need, in their order. Leaves the values that outputs and other units read in is_read_.
  std::vector<char> find_needed(const std::vector<NodeId>& order) {
    std::vector<NodeId> place(graph_.size());
    for (NodeId i = 0; i < order.size(); ++i) place[order[i]] = i;
    std::vector<char> needed(order.size(), 0);
    for (const ValueId& v : graph_.outputs()) {
      is_read_[number(v)] = 1;
      needed[place[units_.unit_of(v.node)]] = 1;
    }
    mark_needed(needed, [&](NodeId i, auto mark) {
      for (const ValueId& v : units_.reads(order[i])) {
        is_read_[number(v)] = 1;
        mark(place[units_.unit_of(v.node)]);
      }
    });
    return needed;
  }

  void copy(NodeId n) {
    const NodeId to = copy_node(graph_, n, result_, [this](ValueId v) { return moved(v); });
    for (std::uint32_t k = 0; k < graph_.node(n).outputs.size(); ++k) moved({n, k}) = {to, k};
  }

  void add_cluster(NodeId unit, const Cluster& cluster) {
    std::vector<ValueId> outputs;
    for (const NodeId n : cluster.members)
      for (std::uint32_t k = 0; k < graph_.node(n).outputs.size(); ++k)
        if (is_read_[number({n, k})]) outputs.push_back({n, k});
    const std::span<const ValueId> reads = units_.reads(unit);
    ProgramWriter writer(graph_, cluster);
    writer.write(reads);
    for (const ValueId& v : outputs) writer.add_output(v);

    Attrs attrs{{"program", std::make_shared<const ElementProgram>(writer.program())}, {"shape", cluster.shape->vec()}};
    std::vector<Value> operands;
    if (cluster.product) {
      const Attrs& flags = graph_.node(*cluster.product).attrs;
      for (const std::string_view flag : {"transpose_a", "transpose_b"}) attrs.set(flag, flags.get<bool>(flag));
      for (std::size_t i = 0; i < 2; ++i) operands.push_back(builder_.value(moved(reads[i])));
    }
    for (const ValueId& v : writer.inputs()) operands.push_back(builder_.value(moved(v)));
    builder_.where = graph_.node(cluster.product.value_or(unit)).where;
    const OpDef& op = cluster.product ? known_ops::fused_matmul() : known_ops::fused();
    const Value fused = builder_.record(op, operands, std::move(attrs));
    for (std::uint32_t k = 0; k < outputs.size(); ++k) moved(outputs[k]) = result_of(outputs[k], fused.output(k)).id();
  }

  // An output with the type of the call that it replaces: sums of blocks are added up, sums get their shape.
  Value result_of(ValueId v, Value value) {
    const TensorType& type = graph_.type(v);
    if (graph_.node(v.node).op->trait != Trait::sum) return value;
    if (value.shape().numel() > type.shape.numel()) value = builder_.record(known_ops::sum_blocks(), {value});
    if (value.shape() != type.shape)
      value = builder_.record(known_ops::reshape(), {value}, {{"shape", type.shape.vec()}});
    return value;
  }

  const Graph& graph_;
  const Inlining inlining_;
  const Units units_;
  const std::vector<std::uint32_t> first_result_;  // results are numbered through the graph
  std::vector<char> is_read_;                      // of each result: by an output or another unit
  std::vector<ValueId> moved_;                     // what stands for each result
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
