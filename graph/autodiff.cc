#include "graph/autodiff.h"

#include <algorithm>
#include <string>

#include "graph/known_ops.h"
#include "graph/walk.h"

namespace weft {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

// The gradients that reach each node so far, as one pool of linked lists: a list a node costs no allocation.
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

class Differentiator {
 public:
  Differentiator(Builder& builder, std::span<const Value> outputs, std::span<const Value> wrt)
      : builder_(builder), wrt_(wrt), count_(node_count(outputs)), contributions_(count_), results_(wrt.size()) {
    active_ = active_nodes(builder.graph(), outputs, wrt, count_);
    wrt_of_.assign(count_, kNone);
    next_wrt_.assign(wrt.size(), kNone);
    for (std::uint32_t i = 0; i < wrt.size(); ++i) {
      const NodeId n = wrt[i].id().node;
      if (n >= count_) continue;
      next_wrt_[i] = wrt_of_[n];
      wrt_of_[n] = i;
    }
  }

  std::vector<Value> run(std::span<const Value> outputs, std::span<const Value> seeds) {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      if (active_[outputs[k].id().node]) contributions_.add(outputs[k].id(), seeds[k]);
    const SourceLocation where = builder_.where;
    for (NodeId n = static_cast<NodeId>(count_); n-- > 0;)
      if (active_[n] && contributions_.any(n)) visit(n);
    builder_.where = where;
    return std::move(results_);
  }

 private:
  static std::size_t node_count(std::span<const Value> outputs) {
    std::size_t count = 0;
    for (const Value& v : outputs) count = std::max<std::size_t>(count, v.id().node + 1);
    return count;
  }

  Value accumulated(ValueId of) {
    contributions_.collect(builder_, of, scratch_);
    if (scratch_.empty()) return {};
    if (scratch_.size() == 1) return scratch_[0];
    return builder_.record(known_ops::accumulate(), scratch_);
  }

  void visit(NodeId n) {
    builder_.where = builder_.graph().node(n).where;  // a failing kernel of the gradient names the forward call
    douts_.clear();
    for (std::uint32_t k = 0; k < builder_.graph().node(n).outputs.size(); ++k) douts_.push_back(accumulated({n, k}));
    for (std::uint32_t i = wrt_of_[n]; i != kNone; i = next_wrt_[i]) results_[i] = douts_[wrt_[i].id().output];

    GradCall call(builder_, n, douts_);
    bool wanted = false;
    for (std::size_t i = 0; i < call.num_inputs(); ++i) {
      const ValueId from = builder_.graph().operand(n, i);
      if (!active_[from.node] || !is_floating(builder_.graph().type(from).dtype)) continue;
      call.want(i);
      wanted = true;
    }
    if (!wanted) return;
    const OpDef& op = *builder_.graph().node(n).op;
    if (!op.grad) throw Error("[" + std::string(op.name) + "] is not differentiable", builder_.where);
    op.grad(call);
    for (std::size_t i = 0; i < call.num_inputs(); ++i)
      if (call.needs(i) && call.get(i).defined()) contributions_.add(builder_.graph().operand(n, i), call.get(i));
  }

  Builder& builder_;
  std::span<const Value> wrt_;
  std::size_t count_;
  std::vector<char> active_;
  Contributions contributions_;
  std::vector<std::uint32_t> wrt_of_, next_wrt_;  // the entries of wrt at each node, as linked lists
  std::vector<Value> results_, douts_, scratch_;
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
    throw Error("[" + std::string(builder_.graph().node(node_).op->name) + "] gradient of operand " +
                std::to_string(i) + " is " + gradient.type().str() + ", the operand " + in(i).type().str());
  dins_[i] = gradient;
}

std::vector<Value> differentiate(Builder& builder, std::span<const Value> outputs, std::span<const Value> seeds,
                                 std::span<const Value> wrt) {
  return Differentiator(builder, outputs, wrt).run(outputs, seeds);
}

}  // namespace weft
