// The walk that all rewrite rules share: once over the graph, then a copy of the calls that are still needed.
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/passes/call_table.h"

namespace weft {

// A rewrite rule: the value that replaces the single result of a call, or nothing where the rule does not apply. It
// asks the op by its traits and hooks, so a new op needs no change of a pass. The operands of the call are rewritten
// already.
using RewriteFn = std::optional<ValueId> (*)(Rewriter&, const Call&);

struct RewriteOptions {
  // Tried in this order for each call, also for those that rules record; the first that applies replaces the call.
  std::span<const RewriteFn> rules = {};
  // Calls of one op with equal operands and attributes become one.
  bool merge_equal_calls = false;
};

// The graph after rewriting: without nodes that no output needs, in the order of the original, with all inputs, and
// with names and source locations kept. Linear in the graph, no recursion over it. For graphs that are differentiated
// already: a node that stands for another keeps its own requires_grad.
Graph rewrite(const Graph& graph, const RewriteOptions& options);

// For rules, also those of ops (OpDef::simplify): the calls rewritten so far, and a way to add others. ValueIds name
// these, not the nodes of the original.
class Rewriter {
 public:
  Rewriter(const Graph& graph, const RewriteOptions& options);
  Graph run();

  // The call that computes v. Its operands are valid until the next record().
  Call call(ValueId v) const;
  const OpDef& op(ValueId v) const { return *calls_[v.node].op; }
  const TensorType& type(ValueId v) const { return (*calls_[v.node].outputs)[v.output]; }
  // The first operand of the call that computes v.
  ValueId operand(ValueId v) const { return operands_[calls_[v.node].first_operand]; }
  template <class T>
  const T& attr(ValueId v, std::string_view name) const {
    return calls_[v.node].attrs->get<T>(name);
  }
  // The number that every element of v is, where that is known.
  std::optional<double> constant(ValueId v) const;

  // A new call in the place of the one that is rewritten now. Throws what the shape rule throws.
  ValueId record(const OpDef& op, std::span<const ValueId> operands, Attrs attrs);
  ValueId record(const OpDef& op, std::initializer_list<ValueId> operands, Attrs attrs) {
    return record(op, std::span(operands.begin(), operands.size()), std::move(attrs));
  }
  // A value of this type, each element of which is this number.
  ValueId full(const TensorType& type, double value);
  // v under another shape, or v itself where that is its own.
  ValueId reshaped(ValueId v, const Shape& shape);

 private:
  static constexpr NodeId kNoNode = ~NodeId{0};
  struct NewCall {
    const OpDef* op;
    const Attrs* attrs;
    const Types* outputs;
    std::uint32_t first_operand;
    std::uint32_t num_operands;
    NodeId origin;           // the node that was rewritten when this was added
    NodeId named = kNoNode;  // the node whose name it takes over
  };

  ValueId emit(const Call& call);
  ValueId append(const Call& call);
  std::vector<char> live_calls() const;
  Graph build() const;

  const Graph& graph_;
  const RewriteOptions& options_;
  std::vector<NewCall> calls_;
  std::vector<ValueId> operands_;
  std::vector<ValueId> moved_;  // result 0 of each node of the original, as a new call
  CallTable equal_;
  std::deque<Attrs> new_attrs_;
  std::deque<Types> new_types_;
  NodeId current_ = 0;
};

// Operand i, where it is all of the result: neither broadcast nor of another dtype.
std::optional<ValueId> operand_of_same_type(const Rewriter& r, const Call& call, std::size_t i);

// OpDef::simplify of ops that copy all elements in order where the types are equal.
std::optional<ValueId> drop_copy(Rewriter& r, const Call& call);

}  // namespace weft
