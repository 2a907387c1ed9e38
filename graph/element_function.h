// The table of elementwise functions, which ops, kernels and fused programs share. Its rows are in
// graph/element_functions.inc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace weft {

enum class ElementFn : std::uint8_t {
#define ELEMENT_FUNCTION(name, operands, numbers, flops, worth_recomputing) name,
#include "graph/element_functions.inc"
#undef ELEMENT_FUNCTION
};

struct ElementFunction {
  std::string_view name;  // of the op and of the instruction
  std::uint8_t operands;
  std::uint8_t numbers;  // constants that are part of an instruction
  // The cost of one element, in multiplications of operands in the first cache.
  double flops;
  // Costs less to recompute than to write and read: may be inlined into the calls that read it.
  bool worth_recomputing;
};

inline constexpr ElementFunction kElementFunctions[] = {
#define ELEMENT_FUNCTION(name, operands, numbers, flops, worth_recomputing) \
  {#name, operands, numbers, flops, worth_recomputing},
#include "graph/element_functions.inc"
#undef ELEMENT_FUNCTION
};
inline constexpr std::size_t kNumElementFns = std::size(kElementFunctions);

constexpr const ElementFunction& facts(ElementFn fn) { return kElementFunctions[static_cast<std::size_t>(fn)]; }

// of<fn>() for each function, in the order of the table.
template <class Of>
constexpr auto element_fn_table(Of of) {
  return [of]<std::size_t... i>(std::index_sequence<i...>) {
    return std::array{of.template operator()<static_cast<ElementFn>(i)>()...};
  }
  (std::make_index_sequence<kNumElementFns>());
}

}  // namespace weft
