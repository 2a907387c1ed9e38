// Levels keep clusters free of cycles: a cluster's level is above those of all that it reads from outside, and what
// reads the cluster from outside is above it. So a call may join clusters of one level if everything else that it reads
// is below that. One walk, in the order of the graph.
#include "graph/passes/clusters.h"

#include <algorithm>
#include <unordered_set>

namespace weft {
namespace {

constexpr std::size_t kMaxMembers = 128;
constexpr std::size_t kMaxOperands = 16;
// A single call is worth a fused kernel if that kernel may run in parts.
constexpr std::int64_t kLargeAlone = 1 << 14;

class Finder {
 public:
  Finder(const Graph& graph, const Inlining& inlining, const std::unordered_set<NodeId>& excluded)
      : graph_(graph), inlining_(inlining), excluded_(excluded), level_(graph.size()), cluster_(graph.size(), kNone) {}

  Clusters find() {
    for (NodeId n = 0; n < graph_.size(); ++n) visit(n);
    const Consumers consumers = graph_.consumers();
    is_output_.assign(graph_.size(), false);
    for (const ValueId& v : graph_.outputs()) is_output_[v.node] = true;
    Clusters clusters;
    std::vector<std::uint32_t> number(groups_.size(), kNone);
    for (NodeId n = 0; n < graph_.size(); ++n) {
      if (cluster_[n] == kNone) continue;
      const std::uint32_t root = root_of(cluster_[n]);
      if (number[root] == kNone) {
        number[root] = static_cast<std::uint32_t>(clusters.all.size());
        clusters.all.push_back({{}, {}, groups_[root].shape, groups_[root].sums});
      }
      clusters.all[number[root]].members.push_back(n);
      cluster_[n] = number[root];
    }
    clusters.of = std::move(cluster_);
    for (std::uint32_t c = 0; c < clusters.all.size(); ++c) finish(clusters, c, consumers);
    return clusters;
  }

 private:
  static constexpr std::uint32_t kNone = Clusters::kNone;
  struct Group {
    std::uint32_t parent;  // of the merged groups; itself for a root
    std::uint32_t level;
    std::size_t size;
    const Shape* shape;
    std::optional<ElementOutputKind> sums;
  };

  std::uint32_t root_of(std::uint32_t g) {
    while (groups_[g].parent != g) g = groups_[g].parent = groups_[groups_[g].parent].parent;
    return g;
  }
  std::uint32_t level_of(NodeId n) { return cluster_[n] == kNone ? level_[n] : groups_[root_of(cluster_[n])].level; }
  bool is_sum(NodeId n) const { return graph_.node(n).op->trait == Trait::sum; }

  void visit(NodeId n) {
    std::uint32_t above = 0;
    for (std::size_t i = 0; i < graph_.num_operands(n); ++i)
      above = std::max(above, level_of(graph_.operand(n, i).node));
    level_[n] = above + 1;
    if (excluded_.contains(n)) return;
    if (is_sum(n)) return join_sum(n);
    if (fusible(n)) join(n);
  }

  // Whether it is elementwise on f32, and can follow what it reads. Leaves that in operands_.
  bool fusible(NodeId n) {
    const Node& node = graph_.node(n);
    if (!node.op->lower || inlining_.inlined(n) || graph_.num_operands(n) > kMaxOperands) return false;
    const Shape& shape = node.outputs[0].shape;
    if (shape.numel() == 0) return false;
    for (const TensorType& type : node.outputs)
      if (type.dtype != DType::f32 || type.shape != shape) return false;
    operands_.clear();
    inlining_.append_operands(n, operands_);
    for (const ValueId& v : operands_) {
      const TensorType& type = graph_.type(v);
      const bool number = type.dtype == DType::f64 && type.shape.numel() == 1 && shape.rank() > 0;
      if (!number && (type.dtype != DType::f32 || broadcast_kind(type.shape, shape) == BroadcastKind::none))
        return false;
    }
    ElementProgram program;
    const std::vector<Register> registers(graph_.num_operands(n));
    return !lower_node(graph_, n, registers, program).empty();
  }

  void join(NodeId n) {
    const Shape& shape = graph_.node(n).outputs[0].shape;
    std::uint32_t top = 0;
    for (const ValueId& v : operands_) top = std::max(top, level_of(v.node));
    std::uint32_t home = kNone;
    for (const ValueId& v : operands_) {
      if (level_of(v.node) < top) continue;
      const bool joins = cluster_[v.node] != kNone && !is_sum(v.node) && graph_.type(v).shape == shape &&
                         (home == kNone || mergeable(home, root_of(cluster_[v.node])));
      if (!joins) return found(n, shape, top + 1);
      const std::uint32_t other = root_of(cluster_[v.node]);
      home = home == kNone ? other : merge(home, other);
    }
    if (home == kNone || groups_[home].size >= kMaxMembers) return found(n, shape, top + 1);
    cluster_[n] = home;
    ++groups_[home].size;
  }

  bool mergeable(std::uint32_t a, std::uint32_t b) const {
    return a == b || (groups_[a].size + groups_[b].size < kMaxMembers &&
                      (!groups_[a].sums || !groups_[b].sums || *groups_[a].sums == *groups_[b].sums));
  }

  std::uint32_t merge(std::uint32_t a, std::uint32_t b) {
    if (a == b) return a;
    groups_[b].parent = a;
    groups_[a].size += groups_[b].size;
    if (groups_[b].sums) groups_[a].sums = groups_[b].sums;
    return a;
  }

  void found(NodeId n, const Shape& shape, std::uint32_t level) {
    cluster_[n] = static_cast<std::uint32_t>(groups_.size());
    groups_.push_back({cluster_[n], level, 1, &shape, {}});
  }

  // A sum of a cluster's value over all dims, or over all but the last.
  void join_sum(NodeId n) {
    const ValueId v = graph_.operand(n, 0);
    const TensorType& type = graph_.type(v);
    if (cluster_[v.node] == kNone || is_sum(v.node) || type.dtype != DType::f32) return;
    const auto dims = static_cast<int>(graph_.node(n).attrs.get<Dims>("dims").size());
    const bool ends_in_rows = dims == type.shape.rank() - 1 && matrix_of(type.shape).rows > 1 &&
                              (dims == 0 || graph_.node(n).attrs.get<Dims>("dims").back() == dims - 1);
    if (dims != type.shape.rank() && !ends_in_rows) return;
    const bool by_columns = ends_in_rows && matrix_of(type.shape).cols > 1;  // else all elements make one sum
    const ElementOutputKind kind = by_columns ? ElementOutputKind::column_sums : ElementOutputKind::block_sums;
    Group& group = groups_[root_of(cluster_[v.node])];
    if (group.size >= kMaxMembers || (group.sums && *group.sums != kind)) return;
    group.sums = kind;
    ++group.size;
    cluster_[n] = root_of(cluster_[v.node]);
  }

  // Whether the one call that has to run rematerialises others.
  bool reads_inlined(NodeId n) const {
    for (std::size_t i = 0; i < graph_.num_operands(n); ++i) {
      const NodeId operand = graph_.operand(n, i).node;
      if (inlining_.inlined(operand) && graph_.node(operand).op->lower) return true;
    }
    return false;
  }

  // Finds the product, and gives up a cluster that is not worth it.
  void finish(Clusters& clusters, std::uint32_t c, const Consumers& consumers) {
    Cluster& cluster = clusters.all[c];
    if (cluster.sums != ElementOutputKind::block_sums) cluster.product = product_of(clusters, c, consumers);
    if (cluster.product) clusters.of[*cluster.product] = c;
    if (cluster.product || cluster.members.size() > 1 || cluster.shape->numel() >= kLargeAlone) return;
    if (reads_inlined(cluster.members.front())) return;
    for (const NodeId n : cluster.members) clusters.of[n] = kNone;
    cluster.members.clear();
  }

  // The last product that only members read, as elements of their shape.
  std::optional<NodeId> product_of(const Clusters& clusters, std::uint32_t c, const Consumers& consumers) const {
    std::optional<NodeId> product;
    for (const NodeId n : clusters.all[c].members)
      for (std::size_t i = 0; i < graph_.num_operands(n); ++i) {
        const NodeId m = graph_.operand(n, i).node;
        if (graph_.node(m).op->trait != Trait::product || is_output_[m] || (product && m <= *product)) continue;
        const TensorType& type = graph_.node(m).outputs[0];
        const auto readers = consumers[m];
        const auto is_member = [&](NodeId r) { return clusters.of[r] == c && !is_sum(r); };
        if (type.dtype == DType::f32 && type.shape.rank() == 2 && type.shape == *clusters.all[c].shape &&
            (type.shape[1] > 1 || !clusters.all[c].sums) && graph_.type(graph_.operand(m, 0)).shape.rank() == 2 &&
            graph_.type(graph_.operand(m, 0)).shape.numel() > 0 &&
            std::all_of(readers.begin(), readers.end(), is_member))
          product = m;
      }
    return product;
  }

  const Graph& graph_;
  const Inlining& inlining_;
  const std::unordered_set<NodeId>& excluded_;
  std::vector<std::uint32_t> level_;    // of nodes outside of clusters
  std::vector<std::uint32_t> cluster_;  // the group that each node joined
  std::vector<Group> groups_;
  std::vector<bool> is_output_;
  std::vector<ValueId> operands_;
};

// Sums of blocks of elements in a cluster that cannot run through its elements in their order in memory.
void exclude_impossible(const Graph& graph, const Inlining& inlining, const Clusters& clusters,
                        std::unordered_set<NodeId>& excluded) {
  std::vector<ValueId> operands;
  for (const Cluster& cluster : clusters.all) {
    if (cluster.sums != ElementOutputKind::block_sums) continue;
    operands.clear();
    for (const NodeId n : cluster.members) inlining.append_operands(n, operands);
    const bool flat = std::all_of(operands.begin(), operands.end(), [&](const ValueId& v) {
      const BroadcastKind kind = broadcast_kind(graph.type(v).shape, *cluster.shape);
      return kind == BroadcastKind::elements || kind == BroadcastKind::scalar;
    });
    if (flat) continue;
    for (const NodeId n : cluster.members)
      if (graph.node(n).op->trait == Trait::sum) excluded.insert(n);
  }
}

}  // namespace

Clusters find_clusters(const Graph& graph) {
  const Inlining inlining(graph);
  std::unordered_set<NodeId> excluded;
  for (;;) {
    Clusters clusters = Finder(graph, inlining, excluded).find();
    const std::size_t before = excluded.size();
    exclude_impossible(graph, inlining, clusters, excluded);
    if (excluded.size() == before) return clusters;
  }
}

}  // namespace weft
