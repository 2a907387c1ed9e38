// Which calls a fused kernel takes over.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/element_program.h"
#include "graph/graph.h"

namespace weft {

// Elementwise calls on one shape, sums of what they compute, and at most one product of matrices that they alone read.
struct Cluster {
  std::vector<NodeId> members;  // ascending; without the product
  std::optional<NodeId> product;
  const Shape* shape = nullptr;
  std::optional<ElementOutputKind> sums;  // the kind of the sums among the members, if there are any
};

struct Clusters {
  static constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);
  std::vector<std::uint32_t> of;  // the cluster of each node, products included, or kNone
  std::vector<Cluster> all;
};

// No cluster depends on itself by way of other nodes.
Clusters find_clusters(const Graph& graph);

// Appends what node n computes to a program, from the registers of its operands; returns those of its results. None
// where its op cannot be part of a program.
std::vector<Register> lower_node(const Graph& graph, NodeId n, std::span<const Register> operands,
                                 ElementProgram& program);

// The values that readers rematerialise: constants, broadcast rows, columns and numbers, booleans made of f32, and what
// is worth recomputing from one value that is in memory anyway. Also tells what a call reads when they are inlined.
class Inlining {
 public:
  explicit Inlining(const Graph& graph);
  bool inlined(NodeId n) const { return depth_[n] > 0; }
  // Appends the values that n reads, a value once for each place where it is read.
  void append_operands(NodeId n, std::vector<ValueId>& values) const;

 private:
  // Deeper expressions are not inlined, so recursion over them stays shallow.
  static constexpr std::uint8_t kMaxDepth = 4;
  // Nor is what reads more values: repetitions multiply from level to level.
  static constexpr std::uint32_t kMaxReads = 32;

  std::uint8_t depth_of(NodeId n) const;
  std::uint8_t depth_over_operands(NodeId n) const;
  std::uint32_t reads_of(NodeId n) const;
  void find_materialized();
  bool worth_recomputing(NodeId n) const;

  const Graph& graph_;
  const Consumers consumers_;
  std::vector<bool> materialized_;    // of each node: in memory, as an output or an operand of what is not fused
  std::vector<std::uint32_t> reads_;  // of each node: the values read to compute it, repetitions included
  std::vector<std::uint8_t> depth_;   // of the expression that an inlined node stands for; 0: not inlined
};

}  // namespace weft
