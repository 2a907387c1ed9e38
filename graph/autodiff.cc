#include "graph/autodiff.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "graph/known_ops.h"
#include "graph/walk.h"

namespace weft {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

// The gradients that have reached each node so far: linked lists in one pool, so a list needs no allocation of its own.
class Contributions {
 public:
  explicit Contributions(std::size_t nodes) : lists_(nodes) {}

  void add(ValueId to, const Value& gradient) {
    const auto entry = static_cast<std::uint32_t>(pool_.size());
    pool_.push_back({gradient.id(), to.output, kNone});
    List& list = lists_[to.node];
    (list.first == kNone ? list.first : pool_[list.last].next) = entry;
    list.last = entry;
  }
  bool any(NodeId n) const { return lists_[n].first != kNone; }
  // Those of one result, in the order in which they were added.
  void collect(Builder& builder, ValueId of, std::vector<Value>& values) const {
    values.clear();
    for (std::uint32_t e = lists_[of.node].first; e != kNone; e = pool_[e].next)
      if (pool_[e].output == of.output) values.push_back(builder.value(pool_[e].gradient));
  }

 private:
  struct Entry {
    ValueId gradient;
    std::uint32_t output;
    std::uint32_t next;
  };
  struct List {
    std::uint32_t first = kNone, last = kNone;
  };
  std::vector<Entry> pool_;
  std::vector<List> lists_;
};

// The nodes between wrt and outputs that gradients cross, among the first `count` nodes.
std::vector<char> active_nodes(const Graph& graph, std::span<const Value> outputs, std::span<const Value> wrt,
                               std::size_t count) {
  std::vector<char> reached(count, 0), active(count, 0);
  for (const Value& v : outputs) reached[v.id().node] = 1;
  mark_needed(reached, [&graph](NodeId n, auto mark) {
    for (std::size_t i = 0; i < graph.num_operands(n); ++i)
      if (const NodeId from = graph.operand(n, i).node; graph.node(from).requires_grad) mark(from);
  });
  for (const Value& v : wrt)
    if (v.id().node < count && reached[v.id().node]) active[v.id().node] = 1;
  for (NodeId n = 0; n < count; ++n) {
    if (!reached[n] || active[n] || !graph.node(n).requires_grad) continue;
    for (std::size_t i = 0; i < graph.num_operands(n) && !active[n]; ++i) active[n] = active[graph.operand(n, i).node];
  }
  return active;
}

Value filled(Builder& builder, const TensorType& type, double value) {
  return builder.record(known_ops::full(), {}, known_ops::full_attrs(type, value));
}

class Differentiator {
 public:
  Differentiator(Builder& builder, std::span<const Value> outputs, std::span<const std::vector<Value>> wrt,
                 GradientVisitor* visitor)
      : builder_(builder), wrt_(wrt), visitor_(visitor), count_(node_count(outputs)), contributions_(count_) {
    std::vector<Value> all;
    for (const std::vector<Value>& group : wrt) all.insert(all.end(), group.begin(), group.end());
    active_ = active_nodes(builder.graph(), outputs, all, count_);
    result_.of.resize(wrt.size());
    result_.used.assign(count_, 0);
    for (std::uint32_t g = 0; g < wrt.size(); ++g) enter(g);
    if (!visitor_) return;
    visited_.assign(count_, 0);
    find_last_consumers();
  }

  Gradients run(std::span<const Value> outputs, std::span<const Value> seeds) {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      if (active_[outputs[k].id().node]) contribute(outputs[k].id(), seeds[k]);
    const SourceLocation where = builder_.where;
    for (NodeId n = static_cast<NodeId>(count_); n-- > 0;) {
      if (active_[n] && contributions_.any(n)) visit(n);
      if (const auto at = ends_after_.find(n); at != ends_after_.end())
        for (const NodeId end : at->second)
          if (active_[end] && contributions_.any(end)) visit(end);
    }
    builder_.where = where;
    for (std::size_t g = 0; g < wrt_.size(); ++g)
      if (!result_.of[g].defined() && is_active(wrt_[g])) result_.of[g] = filled(builder_, wrt_[g][0].type(), 0);
    return std::move(result_);
  }

 private:
  static std::size_t node_count(std::span<const Value> outputs) {
    std::size_t count = 0;
    for (const Value& v : outputs) count = std::max<std::size_t>(count, v.id().node + 1);
    return count;
  }
  bool is_active(const std::vector<Value>& group) const {
    return std::any_of(group.begin(), group.end(),
                       [this](const Value& v) { return v.id().node < count_ && active_[v.id().node]; });
  }

  // The values of a group share the gradient of the first one, which the walk visits after all readers of the group.
  void enter(std::uint32_t g) {
    ValueId first{~NodeId{0}, 0};
    for (const Value& v : wrt_[g]) first = std::min(first, v.id());
    if (first.node >= count_) return;
    for (const Value& v : wrt_[g])
      if (v.id() != first && v.id().node < count_) meets_at_.emplace(v.id(), first);
    if (wrt_[g].size() > 1 && is_active(wrt_[g])) active_[first.node] = 1;
    groups_of_[first.node].push_back({first.output, g});
  }

  // Groups at which gradients end are visited right after the last node that sends one there.
  void find_last_consumers() {
    std::unordered_map<NodeId, NodeId> last;
    for (NodeId n = static_cast<NodeId>(count_); n-- > 0;) each_end(n, [&](NodeId end) { last[end] = n; });
    for (NodeId n = 0; n < count_; ++n)
      each_end(n, [&](NodeId end) {
        if (last.at(end) != n) return;
        last[end] = kNone;  // an operand may come twice
        ends_after_[n].push_back(end);
      });
  }
  template <class F>
  void each_end(NodeId n, F f) const {
    if (!active_[n]) return;
    for (std::size_t i = 0; i < builder_.graph().num_operands(n); ++i) {
      ValueId v = builder_.graph().operand(n, i);
      if (const auto at = meets_at_.find(v); at != meets_at_.end()) v = at->second;
      if (groups_of_.contains(v.node) && !passes_on(v.node)) f(v.node);
    }
  }
  bool is_wanted(ValueId operand) const {
    return active_[operand.node] && is_floating(builder_.graph().type(operand).dtype);
  }
  bool passes_on(NodeId n) const {
    for (std::size_t i = 0; i < builder_.graph().num_operands(n); ++i)
      if (is_wanted(builder_.graph().operand(n, i))) return true;
    return false;
  }

  void contribute(ValueId to, const Value& gradient, std::optional<NodeId> from = std::nullopt) {
    if (visitor_) visitor_->contributed(from, gradient);
    if (!meets_at_.empty())
      if (const auto at = meets_at_.find(to); at != meets_at_.end()) to = at->second;
    contributions_.add(to, gradient);
  }

  Value accumulated(ValueId of) {
    contributions_.collect(builder_, of, scratch_);
    if (scratch_.empty()) return {};
    return scratch_.size() == 1 ? scratch_[0] : accumulate_values(builder_, scratch_);
  }

  void visit(NodeId n) {
    if (!visited_.empty() && std::exchange(visited_[n], 1)) return;
    builder_.where = builder_.graph().node(n).where;  // a failing kernel of the gradient names the forward call
    douts_.clear();
    for (std::uint32_t k = 0; k < builder_.graph().node(n).outputs.size(); ++k) douts_.push_back(accumulated({n, k}));
    const bool passes = passes_on(n);
    if (visitor_) {
      const bool before = passes && visitor_->takes_before_pass();
      if (before) give_to_groups(n);
      visitor_->pass(n, douts_);
      if (!before) give_to_groups(n);
    } else {
      give_to_groups(n);
    }
    if (passes) pass_on(n);
  }

  void give_to_groups(NodeId n) {
    const auto at = groups_of_.find(n);
    if (at == groups_of_.end()) return;
    for (const auto& [output, group] : at->second) {
      Value& gradient = result_.of[group] = douts_[output];
      if (visitor_ && gradient.defined()) gradient = visitor_->arrive(group, gradient);
    }
  }

  void pass_on(NodeId n) {
    GradCall call(builder_, n, douts_);
    for (std::size_t i = 0; i < call.num_inputs(); ++i)
      if (is_wanted(builder_.graph().operand(n, i))) call.want(i);
    const std::size_t before = builder_.graph().size();
    const std::optional<bool> stands_in = visitor_ ? visitor_->differentiate(call, n) : std::nullopt;
    if (!stands_in) {
      const OpDef& op = *builder_.graph().node(n).op;
      if (!op.grad)
        throw Error(ErrorKind::state, "[" + std::string(op.name) + "] is not differentiable", builder_.where);
      op.grad(call);
    }
    result_.used[n] = stands_in ? *stands_in : reads_values_since(before);
    for (std::size_t i = 0; i < call.num_inputs(); ++i)
      if (call.needs(i) && call.get(i).defined()) contribute(builder_.graph().operand(n, i), call.get(i), n);
  }

  // Whether what the rule emitted reads anything but the gradients that came in.
  bool reads_values_since(std::size_t before) const {
    const Graph& graph = builder_.graph();
    for (auto n = static_cast<NodeId>(before); n < graph.size(); ++n)
      for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) {
        const ValueId v = graph.operand(n, slot);
        const bool came_in = std::any_of(douts_.begin(), douts_.end(),
                                         [&](const Value& dout) { return dout.defined() && dout.id() == v; });
        if (v.node < count_ && !came_in) return true;
      }
    return false;
  }

  struct GroupOutput {
    std::uint32_t output, group;
  };

  Builder& builder_;
  std::span<const std::vector<Value>> wrt_;
  GradientVisitor* visitor_;
  std::size_t count_;
  std::vector<char> active_;
  Contributions contributions_;
  std::map<ValueId, ValueId> meets_at_;  // only for groups of several values
  std::unordered_map<NodeId, std::vector<GroupOutput>> groups_of_;
  std::unordered_map<NodeId, std::vector<NodeId>> ends_after_;  // for visitors only
  std::vector<char> visited_;
  Gradients result_;
  std::vector<Value> douts_, scratch_;
};

}  // namespace

GradCall::GradCall(Builder& builder, NodeId node, std::span<const Value> douts)
    : builder_(builder),
      node_(node),
      douts_(douts),
      needs_(builder.graph().num_operands(node)),
      dins_(builder.graph().num_operands(node)) {}

Value GradCall::in(std::size_t i) const { return builder_.value(builder_.graph().operand(node_, i)); }

Value GradCall::out(std::size_t k) const { return builder_.value({node_, static_cast<std::uint32_t>(k)}); }

void GradCall::set(std::size_t i, const Value& gradient) {
  if (!needs_[i]) return;
  if (gradient.type() != in(i).type())
    throw Error(ErrorKind::state, "[" + std::string(builder_.graph().node(node_).op->name) + "] gradient of operand " +
                                      std::to_string(i) + " is " + gradient.type().str() + ", the operand " +
                                      in(i).type().str());
  dins_[i] = gradient;
}

Gradients differentiate_groups(Builder& builder, std::span<const Value> outputs, std::span<const Value> seeds,
                               std::span<const std::vector<Value>> wrt, GradientVisitor* visitor) {
  return Differentiator(builder, outputs, wrt, visitor).run(outputs, seeds);
}

std::vector<Value> differentiate(Builder& builder, std::span<const Value> outputs, std::span<const Value> seeds,
                                 std::span<const Value> wrt) {
  std::vector<std::vector<Value>> groups;
  for (const Value& v : wrt) groups.push_back({v});
  return differentiate_groups(builder, outputs, seeds, groups).of;
}

Value zeros(Builder& builder, const TensorType& type) { return filled(builder, type, 0); }

Value ones(Builder& builder, const TensorType& type) { return filled(builder, type, 1); }

Value accumulate_values(Builder& builder, std::span<const Value> values) {
  return builder.record(known_ops::accumulate(), values);
}

}  // namespace weft
