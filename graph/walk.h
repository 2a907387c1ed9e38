// Walks that many stages make over graphs: what is needed, and copies of it. Operands come before what reads them, so
// each is one loop, without recursion.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace weft {

// ---- What is needed. Flags of nodes are vectors of char: 1 for a node that is in the set.

// Spreads needed[n] to all that n reads, by any number of steps. each_operand(n, mark) calls mark(m) for each node m <
// n that n needs. For nodes that are no Graph, or for some of the operands only.
template <class EachOperand>
void mark_needed(std::vector<char>& needed, EachOperand each_operand) {
  for (std::size_t n = needed.size(); n-- > 0;)
    if (needed[n]) each_operand(static_cast<NodeId>(n), [&needed](NodeId m) { needed[m] = 1; });
}

// The roots, and the operands of each needed node n for which through(n) holds.
template <class Through>
std::vector<char> needed_nodes(const Graph& graph, std::span<const ValueId> roots, Through through) {
  std::vector<char> needed(graph.size(), 0);
  for (const ValueId& v : roots) needed[v.node] = 1;
  mark_needed(needed, [&](NodeId n, auto mark) {
    if (!through(n)) return;
    for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) mark(graph.operand(n, slot).node);
  });
  return needed;
}
inline std::vector<char> needed_nodes(const Graph& graph, std::span<const ValueId> roots) {
  return needed_nodes(graph, roots, [](NodeId) { return true; });
}

// ---- Copies

// Appends a node whose operands are values of this graph. An input becomes the next argument.
NodeId append_node(Graph& graph, Node node, std::span<const ValueId> operands, const std::string* name = nullptr);

// Appends a copy of node n, with its name, place and flags; moved(v) is what stands for its operand v in `to`.
template <class Moved>
NodeId copy_node(const Graph& from, NodeId n, Graph& to, Moved moved) {
  std::vector<ValueId> operands = from.operands(n);
  for (ValueId& v : operands) v = moved(v);
  return append_node(to, from.node(n), operands, from.name(n));
}

// ---- Results, numbered through a graph: result k of node n is first[n] + k. The last entry is their count.
std::vector<std::uint32_t> number_results(const Graph& graph);

}  // namespace weft
