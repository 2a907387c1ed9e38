// Graph: operations as a directed acyclic Boost graph. Append-only, so ids are stable and in topological order.
//
// Boost's headers take longer to compile than the rest of a file that looks at graphs: only those that need the Boost
// graph itself include graph/boost_graph.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/attrs.h"
#include "graph/op.h"
#include "graph/rows.h"
#include "graph/type.h"
#include "weft/error.h"

namespace weft {

using NodeId = std::uint32_t;

// Result `output` of node `node`.
struct ValueId {
  NodeId node = 0;
  std::uint32_t output = 0;
  auto operator<=>(const ValueId&) const = default;
};

struct Node {
  const OpDef* op = nullptr;
  Attrs attrs;
  Types outputs;
  SourceLocation where;
  // Gradients flow through this node: grad mode was on and an input requires them.
  bool requires_grad = false;
};

struct BoostGraph;  // graph/boost_graph.h

// The nodes that read each node. A node that reads another twice is listed twice.
using Consumers = Rows<NodeId>;

class Graph {
 public:
  Graph();
  ~Graph();
  Graph(const Graph& other);
  Graph& operator=(const Graph& other) { return *this = Graph(other); }
  // The graph that was moved from is empty.
  Graph(Graph&& other) noexcept;
  Graph& operator=(Graph&& other) noexcept;

  // Appends a node; its types are taken as they are (Builder::record infers them). Operands must exist.
  NodeId add(const OpDef& op, std::span<const ValueId> operands, Attrs attrs, Types outputs, SourceLocation where = {},
             bool requires_grad = false);
  // Appends an argument of the graph.
  NodeId add_input(TensorType type, bool requires_grad = false, SourceLocation where = {});

  std::size_t size() const { return nodes_.size(); }
  const Node& node(NodeId n) const { return nodes_[n]; }
  const TensorType& type(ValueId v) const { return nodes_[v.node].outputs[v.output]; }
  std::size_t num_operands(NodeId n) const;
  ValueId operand(NodeId n, std::size_t slot) const;
  std::vector<ValueId> operands(NodeId n) const;

  // The arguments, in the order in which they were added.
  const std::vector<NodeId>& inputs() const { return inputs_; }
  std::vector<ValueId>& outputs() { return outputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }

  Consumers consumers() const;

  // Names are for people: printing uses them, nothing depends on them.
  void set_name(NodeId n, std::string name) { names_[n] = std::move(name); }
  const std::string* name(NodeId n) const;

  const BoostGraph& boost() const;

 private:
  std::unique_ptr<BoostGraph> boost_;  // null before the first node
  std::vector<Node> nodes_;            // by vertex
  std::vector<NodeId> inputs_;
  std::vector<ValueId> outputs_;
  std::unordered_map<NodeId, std::string> names_;
};

}  // namespace weft
