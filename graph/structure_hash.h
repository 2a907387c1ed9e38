// What makes two graphs the same program: ops, attributes, operands, types, outputs; not names or places in the source.
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace weft {

// 128 bits, so that graphs of different structure have equal hashes only by a chance of about 2^-128 for each pair.
struct StructureHash {
  std::uint64_t low = 0, high = 0;
  bool operator==(const StructureHash&) const = default;
};
StructureHash structure_hash(const Graph& graph);

// Whether two graphs are the same program: equal nodes in equal order. Exact.
bool same_structure(const Graph& a, const Graph& b);

}  // namespace weft
