// What all passes share: one walk over a graph that rules may change, and one copy of what is needed at its end.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "graph/passes/call_table.h"

namespace weft {

class Rewriter;

// What stands for the single result of a call, when the rule applies. The operands of the call are rewritten already.
using RewriteFn = std::optional<ValueId> (*)(Rewriter&, const Call&);
struct RewriteRule {
  std::string_view op;  // "": every op
  RewriteFn apply;
};

struct RewriteOptions {
  // Tried in this order for each call, also for those that rules record; the first that applies replaces the call.
  std::span<const std::span<const RewriteRule>> rules = {};
  // Calls of one op with equal operands and attributes become one.
  bool merge_equal_calls = false;
};

// The graph after rewriting: without nodes that no output needs, in the order of the original, with all inputs, and
// with names and source locations kept. Linear in the graph, no recursion over it. For graphs that are differentiated
// already: a node that stands for another keeps its own requires_grad.
Graph rewrite(const Graph& graph, const RewriteOptions& options);

// For rules: the calls rewritten so far, and a way to add others. ValueIds name these, not the nodes of the original.
class Rewriter {
 public:
  Rewriter(const Graph& graph, const RewriteOptions& options);
  Graph run();

  // The call that computes v. Its operands are valid until the next record().
  Call call(ValueId v) const;
  bool is(ValueId v, std::string_view op) const { return calls_[v.node].op->name == op; }
  const TensorType& type(ValueId v) const { return (*calls_[v.node].outputs)[v.output]; }
  // The first operand of the call that computes v.
  ValueId operand(ValueId v) const { return operands_[calls_[v.node].first_operand]; }
  template <class T>
  const T& attr(ValueId v, std::string_view name) const {
    return calls_[v.node].attrs->get<T>(name);
  }
  // The number that every element of v is, where v is known to be `full`.
  std::optional<double> constant(ValueId v) const;

  // A new call in the place of the one that is rewritten now. Throws what the shape rule throws.
  ValueId record(std::string_view op, std::initializer_list<ValueId> operands, Attrs attrs);

 private:
  static constexpr NodeId kNoNode = ~NodeId{0};
  struct Draft {
    const OpDef* op;
    const Attrs* attrs;
    const Types* outputs;
    std::uint32_t first_operand;
    std::uint32_t num_operands;
    NodeId origin;           // the node that was rewritten when this was added
    NodeId named = kNoNode;  // the node whose name it takes over
  };

  std::vector<char> needed_nodes() const;
  ValueId emit(const Call& call);
  ValueId append(const Call& call);
  const std::vector<RewriteFn>& rules_for(const OpDef* op);
  std::vector<char> live_drafts() const;
  Graph build() const;

  const Graph& graph_;
  const RewriteOptions& options_;
  std::vector<Draft> calls_;
  std::vector<ValueId> operands_;
  std::vector<ValueId> moved_;  // result 0 of each node of the original, as a draft
  CallTable equal_;
  std::deque<Attrs> new_attrs_;
  std::deque<Types> new_types_;
  std::unordered_map<const OpDef*, std::vector<RewriteFn>> rules_;
  NodeId current_ = 0;
};

}  // namespace weft
