// Graph: operations as a directed acyclic Boost graph. Append-only, so ids are stable and in topological order.
#pragma once

#include <boost/graph/adjacency_list.hpp>
#include <cstdint>
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

// An edge runs from a node to a node that it reads; the out-edges of a node are its operands in order.
struct Use {
  std::uint32_t output = 0;
};
using BoostGraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Node, Use>;

// The nodes that read each node. A node that reads another twice is listed twice.
using Consumers = Rows<NodeId>;

class Graph {
 public:
  Graph() = default;
  Graph(const Graph& other);
  Graph& operator=(const Graph& other) { return *this = Graph(other); }
  // Boost 1.74's graph has no move operations. The graph that was moved from is empty.
  Graph(Graph&& other) noexcept { *this = std::move(other); }
  Graph& operator=(Graph&& other) noexcept {
    boost_.m_vertices = std::exchange(other.boost_.m_vertices, {});
    inputs_ = std::exchange(other.inputs_, {});
    outputs_ = std::exchange(other.outputs_, {});
    names_ = std::exchange(other.names_, {});
    return *this;
  }

  // Appends a node; its types are taken as they are (Builder::record infers them). Operands must exist.
  NodeId add(const OpDef& op, std::span<const ValueId> operands, Attrs attrs, Types outputs, SourceLocation where = {},
             bool requires_grad = false);
  // Appends an argument of the graph.
  NodeId add_input(TensorType type, bool requires_grad = false, SourceLocation where = {});

  std::size_t size() const { return boost::num_vertices(boost_); }
  const Node& node(NodeId n) const { return boost_[n]; }
  const TensorType& type(ValueId v) const { return boost_[v.node].outputs[v.output]; }
  std::size_t num_operands(NodeId n) const { return boost::out_degree(n, boost_); }
  ValueId operand(NodeId n, std::size_t slot) const {
    const auto edge = boost::out_edges(n, boost_).first + static_cast<std::ptrdiff_t>(slot);
    return {static_cast<NodeId>(boost::target(*edge, boost_)), boost_[*edge].output};
  }
  std::vector<ValueId> operands(NodeId n) const;

  // The arguments, in the order in which they were added.
  const std::vector<NodeId>& inputs() const { return inputs_; }
  std::vector<ValueId>& outputs() { return outputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }

  Consumers consumers() const;

  // Names are for people: printing uses them, nothing depends on them.
  void set_name(NodeId n, std::string name) { names_[n] = std::move(name); }
  const std::string* name(NodeId n) const;

  const BoostGraph& boost() const { return boost_; }

 private:
  BoostGraph boost_;
  std::vector<NodeId> inputs_;
  std::vector<ValueId> outputs_;
  std::unordered_map<NodeId, std::string> names_;
};

}  // namespace weft
