#include "graph/passes/fold_transposes.h"

namespace weft {
namespace {

bool swaps_last_two(const Dims& dims) {
  const std::size_t rank = dims.size();
  if (rank < 2) return false;
  for (std::size_t i = 0; i + 2 < rank; ++i)
    if (dims[i] != static_cast<std::int64_t>(i)) return false;
  return dims[rank - 2] == static_cast<std::int64_t>(rank) - 1;
}

std::optional<ValueId> fold(Rewriter& r, const Call& call) {
  ValueId operands[] = {call.operands[0], call.operands[1]};
  constexpr std::string_view kFlags[] = {"transpose_a", "transpose_b"};
  Attrs attrs = *call.attrs;
  bool folded = false;
  for (std::size_t i = 0; i < 2; ++i) {
    if (!r.is(operands[i], "permute") || !swaps_last_two(r.attr<Dims>(operands[i], "dims"))) continue;
    operands[i] = r.operand(operands[i]);
    attrs.set(kFlags[i], !attrs.get<bool>(kFlags[i]));
    folded = true;
  }
  if (!folded) return std::nullopt;
  return r.record("matmul", {operands[0], operands[1]}, std::move(attrs));
}

constexpr RewriteRule kRules[] = {{"matmul", fold}};

}  // namespace

std::span<const RewriteRule> fold_transposes_rules() { return kRules; }

Graph fold_transposes(const Graph& graph) {
  const std::span<const RewriteRule> groups[] = {kRules};
  return rewrite(graph, {.rules = groups});
}

}  // namespace weft
