#include "graph/structure_hash.h"

#include <bit>

#include "graph/element_program.h"

namespace weft {
namespace {

// Absorbs 64-bit words into two independent states. Each step is a multiplication to 128 bits whose halves are folded
// (as in wyhash); the added multiple of the word keeps a state that meets its own value from losing what it knew.
class Hasher {
 public:
  void add(std::uint64_t word) {
    value_.low = step(value_.low, word, 0x9e3779b97f4a7c15ULL);
    value_.high = step(value_.high, word, 0xc2b2ae3d27d4eb4fULL);
  }
  void add(std::string_view text) {
    add(text.size());
    for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(8, text.size()))) {
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < std::min<std::size_t>(8, text.size()); ++i)
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
      add(word);
    }
  }
  void add(const TensorType& type) {
    add(static_cast<std::uint64_t>(type.dtype) << 8 | static_cast<std::uint64_t>(type.shape.rank()));
    for (const std::int64_t d : type.shape) add(static_cast<std::uint64_t>(d));
  }
  void add(const AttrValue& value) {
    add(value.index());
    if (const auto* flag = std::get_if<bool>(&value)) add(std::uint64_t{*flag});
    if (const auto* integer = std::get_if<std::int64_t>(&value)) add(static_cast<std::uint64_t>(*integer));
    if (const auto* number = std::get_if<double>(&value)) add(std::bit_cast<std::uint64_t>(*number));
    if (const auto* dtype = std::get_if<DType>(&value)) add(static_cast<std::uint64_t>(*dtype));
    if (const auto* dims = std::get_if<Dims>(&value)) {
      add(dims->size());
      for (const std::int64_t d : *dims) add(static_cast<std::uint64_t>(d));
    }
    if (const auto* program = std::get_if<ElementProgramPtr>(&value)) add(std::string_view((*program)->str()));
  }
  void add(const Attrs& attrs) {
    for (const auto& [name, value] : attrs) {
      add(name);
      add(value);
    }
  }
  void add(ValueId v) { add(std::uint64_t{v.node} << 32 | v.output); }
  const StructureHash& value() const { return value_; }

 private:
  static std::uint64_t step(std::uint64_t state, std::uint64_t word, std::uint64_t factor) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(state ^ word) * factor;
    const auto folded = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    return folded + word * 0xd6e8feb86659fd93ULL;
  }

  StructureHash value_{0x2545f4914f6cdd1dULL, 0x8ebc6af09c88c6e3ULL};
};

bool same_node(const Graph& a, const Graph& b, NodeId n) {
  const Node &x = a.node(n), &y = b.node(n);
  if (x.op != y.op || a.num_operands(n) != b.num_operands(n)) return false;
  for (std::size_t slot = 0; slot < a.num_operands(n); ++slot)
    if (a.operand(n, slot) != b.operand(n, slot)) return false;
  return x.outputs == y.outputs && x.attrs == y.attrs;
}

}  // namespace

StructureHash structure_hash(const Graph& graph) {
  Hasher hasher;
  hasher.add(graph.size());
  for (NodeId n = 0; n < graph.size(); ++n) {
    const Node& node = graph.node(n);
    hasher.add(reinterpret_cast<std::uintptr_t>(node.op));
    hasher.add(std::uint64_t{graph.num_operands(n)});
    for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) hasher.add(graph.operand(n, slot));
    hasher.add(node.attrs);
    if (node.op == &kInput) hasher.add(node.outputs[0]);  // the other types follow
  }
  for (const NodeId n : graph.inputs()) hasher.add(std::uint64_t{n});
  for (const ValueId& v : graph.outputs()) hasher.add(v);
  return hasher.value();
}

bool same_structure(const Graph& a, const Graph& b) {
  if (a.size() != b.size() || a.inputs() != b.inputs() || a.outputs() != b.outputs()) return false;
  for (NodeId n = 0; n < a.size(); ++n)
    if (!same_node(a, b, n)) return false;
  return true;
}

}  // namespace weft
