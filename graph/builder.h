// Builder and Value: how library code appends calls, to a graph or to what a user's program captures. Gradient rules
// and composed operations are written in Values.
#pragma once

#include <span>

#include "graph/graph.h"

namespace weft {

class Builder;

// A value in a graph under construction. Cheap to copy; valid while its Builder lives.
class Value {
 public:
  Value() = default;
  Value(Builder* builder, ValueId id) : builder_(builder), id_(id) {}

  bool defined() const { return builder_ != nullptr; }
  Builder& builder() const { return *builder_; }
  ValueId id() const { return id_; }
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  int rank() const { return shape().rank(); }
  // Another result of the same node.
  Value output(std::uint32_t k) const { return {builder_, {id_.node, k}}; }

 private:
  Builder* builder_ = nullptr;
  ValueId id_;
};

class Builder {
 public:
  explicit Builder(Graph& graph) : graph_(&graph) {}
  virtual ~Builder() = default;

  // Appends a call after inferring its types. Throws what the shape rule throws.
  virtual Value record(const OpDef& op, std::span<const Value> operands, Attrs attrs = {});
  virtual const TensorType& type(ValueId id) const { return graph_->type(id); }
  Value record(const OpDef& op, std::initializer_list<Value> operands, Attrs attrs = {}) {
    return record(op, std::span(operands.begin(), operands.size()), std::move(attrs));
  }
  Value value(ValueId id) { return {this, id}; }
  // Of a builder that was made for one.
  Graph& graph() { return *graph_; }

  // The user's call that nodes are recorded for.
  SourceLocation where;
  // Whether nodes recorded now pass on gradients.
  bool grad_enabled = true;

 protected:
  // For builders that keep calls elsewhere.
  Builder() = default;
  Builder(const Builder&) = default;
  Builder& operator=(const Builder&) = default;

 private:
  Graph* graph_ = nullptr;
};

inline const TensorType& Value::type() const { return builder_->type(id_); }

// Checks operands and attributes of a call against its op's arity and shape rule, and returns its types.
Types infer_types(const OpCall& call);

}  // namespace weft
