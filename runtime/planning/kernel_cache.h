// The kernels of a plan under construction: equal calls share one.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/planning/plan.h"

namespace weft {

class KernelCache {
 public:
  explicit KernelCache(Plan& plan) : plan_(plan) {}

  // The number of the kernel of node n among plan.kernels.
  std::uint32_t of_node(NodeId n);
  // A kernel that copies so many bytes.
  std::uint32_t copy(std::size_t bytes);
  // A kernel that does nothing: a point in the order.
  std::uint32_t gate();

 private:
  // So many different calls of equal hash show that the hash does not tell calls apart.
  static constexpr int kSameHash = 8;

  std::uint32_t add(Kernel kernel);
  bool same_call(NodeId a, NodeId b) const;

  Plan& plan_;
  std::unordered_multimap<std::size_t, std::pair<NodeId, std::uint32_t>> nodes_;
  std::unordered_map<std::size_t, std::uint32_t> copies_;
  std::optional<std::uint32_t> gate_;
};

// What a node is called with; `types` keeps the operands' types.
OpCall call_of(const Graph& graph, NodeId n, std::vector<const TensorType*>& types);

}  // namespace weft
