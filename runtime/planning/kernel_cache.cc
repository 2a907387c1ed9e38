#include "runtime/planning/kernel_cache.h"

#include <chrono>
#include <cstring>
#include <utility>

namespace weft {
namespace {

std::size_t mix(std::size_t seed, std::size_t value) { return (seed ^ value) * 0x9e3779b97f4a7c15ULL + (seed >> 29); }

std::size_t hash_type(std::size_t seed, const TensorType& type) {
  seed = mix(seed, static_cast<std::size_t>(type.dtype) + 16 * static_cast<std::size_t>(type.shape.rank()));
  for (const std::int64_t d : type.shape) seed = mix(seed, static_cast<std::size_t>(d));
  return seed;
}

}  // namespace

OpCall call_of(const Graph& graph, NodeId n, std::vector<const TensorType*>& types) {
  types.clear();
  for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) types.push_back(&graph.type(graph.operand(n, slot)));
  const Node& node = graph.node(n);
  return {*node.op, types, node.attrs, node.where, node.outputs};
}

bool KernelCache::same_call(NodeId a, NodeId b) const {
  const Graph& graph = plan_.program.graph;
  const Node& x = graph.node(a);
  const Node& y = graph.node(b);
  if (x.op != y.op || graph.num_operands(a) != graph.num_operands(b)) return false;
  for (std::size_t slot = 0; slot < graph.num_operands(a); ++slot)
    if (!(graph.type(graph.operand(a, slot)) == graph.type(graph.operand(b, slot)))) return false;
  return x.outputs == y.outputs && x.attrs == y.attrs;
}

std::uint32_t KernelCache::of_node(NodeId n) {
  const Graph& graph = plan_.program.graph;
  const Node& node = graph.node(n);
  std::size_t hash = mix(reinterpret_cast<std::uintptr_t>(node.op), node.attrs.hash());
  for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot)
    hash = hash_type(hash, graph.type(graph.operand(n, slot)));
  const auto [first, last] = nodes_.equal_range(hash);
  int same_hash = 0;
  for (auto at = first; at != last && same_hash < kSameHash; ++at, ++same_hash)
    if (same_call(at->second.first, n)) return at->second.second;

  if (!node.op->compile)
    throw Error(ErrorKind::state, "[" + std::string(node.op->name) + "] has no kernel", node.where);
  std::vector<const TensorType*> types;
  const OpCall call = call_of(graph, n, types);
  const auto start = std::chrono::steady_clock::now();
  const std::uint32_t kernel = add(node.op->compile(call));
  plan_.stats.kernel_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (same_hash < kSameHash) nodes_.emplace(hash, std::pair(n, kernel));
  return kernel;
}

std::uint32_t KernelCache::copy(std::size_t bytes) {
  const auto [at, fresh] = copies_.try_emplace(bytes, 0);
  if (fresh)
    at->second = add({.run = [bytes](const KernelArgs& args) {
      if (bytes > 0 && args.out[0] != args.in[0]) std::memcpy(args.out[0], args.in[0], bytes);
    }});
  return at->second;
}

std::uint32_t KernelCache::gate() {
  if (!gate_) gate_ = add({.run = [](const KernelArgs&) {}});
  return *gate_;
}

std::uint32_t KernelCache::add(Kernel kernel) {
  plan_.kernels.push_back(std::move(kernel));
  return static_cast<std::uint32_t>(plan_.kernels.size() - 1);
}

}  // namespace weft
