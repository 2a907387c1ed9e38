// Differentiation of graphs: a reverse walk in which each op's rule emits ordinary nodes.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "graph/builder.h"

namespace weft {

// What a gradient rule sees: the call, the gradients of its results, and where to put the gradients of its operands.
class GradCall {
 public:
  GradCall(Builder& builder, NodeId node, std::span<const Value> douts);

  Builder& builder() const { return builder_; }
  std::size_t num_inputs() const { return needs_.size(); }
  Value in(std::size_t i) const;
  Value out(std::size_t k = 0) const;
  // The gradient of result k; undefined when nothing depends on that result.
  const Value& dout(std::size_t k = 0) const { return douts_[k]; }
  template <class T>
  const T& attr(std::string_view name) const {
    return builder_.graph().node(node_).attrs.get<T>(name);
  }
  // Whether anybody wants the gradient of operand i; work for one that nobody wants must not be emitted.
  bool needs(std::size_t i) const { return needs_[i]; }
  // The gradient of operand i, of its shape and dtype. An operand that is left out has gradient zero.
  void set(std::size_t i, const Value& gradient);
  const Value& get(std::size_t i) const { return dins_[i]; }
  void want(std::size_t i) { needs_[i] = true; }

 private:
  Builder& builder_;
  NodeId node_;
  std::span<const Value> douts_;
  std::vector<bool> needs_;
  std::vector<Value> dins_;
};

struct Gradients {
  std::vector<Value> of;   // of each group
  std::vector<char> used;  // of each node there was before: whether its rule read values, its operands or its results
};

// Takes part in a differentiation. Values that it gives are of the builder's graph, and may be new nodes of it.
class GradientVisitor {
 public:
  virtual ~GradientVisitor() = default;
  // The gradients of the results of node n are complete, undefined where there are none. It may replace them.
  virtual void pass(NodeId n, std::span<Value> douts) = 0;
  // Stands in for the rule of the op of node n: whether values were read. Nothing: the rule is used.
  virtual std::optional<bool> differentiate(GradCall& call, NodeId n) = 0;
  // The gradient of a group is complete. Gives what it is from there on.
  virtual Value arrive(std::size_t group, const Value& gradient) = 0;
  // A gradient that the rule of node `from` gave, and that somebody will read. Nothing: a seed.
  virtual void contributed(std::optional<NodeId> from, const Value& gradient) = 0;
  // Whether groups that gradients pass through on their way to others get those from before pass().
  virtual bool takes_before_pass() const = 0;
};

// Appends to the builder's graph the gradients of sum_k sum(outputs[k] * seeds[k]) with respect to each group of
// values, which stand for one variable: the gradient of a group is the sum over its values. One is undefined where no
// output depends on the group, and zeros where the dependence is constant. Fan-in becomes one accumulate node whose
// slots are in a fixed order (that of the consumers of all values of the group, last first). Each node's contribution
// is emitted once: linear in the graph. Throws Error where a node that gradients must cross has no gradient rule.
// A visitor meets nodes in the order of PyTorch: the last ones first, but leaves as soon as their gradient is complete.
Gradients differentiate_groups(Builder& builder, std::span<const Value> outputs, std::span<const Value> seeds,
                               std::span<const std::vector<Value>> wrt, GradientVisitor* visitor = nullptr);
// The same for single values.
std::vector<Value> differentiate(Builder& builder, std::span<const Value> outputs, std::span<const Value> seeds,
                                 std::span<const Value> wrt);

// Values that differentiation makes: all ones, all zeros, and the sum in this order.
Value zeros(Builder& builder, const TensorType& type);
Value ones(Builder& builder, const TensorType& type);
Value accumulate_values(Builder& builder, std::span<const Value> values);
inline Value accumulate_values(Builder& builder, std::initializer_list<Value> values) {
  return accumulate_values(builder, std::span(values.begin(), values.size()));
}

}  // namespace weft
