#include "graph/passes/move_permutes.h"

#include <vector>

namespace weft {

std::optional<ValueId> move_permute(Rewriter& r, const Call& call) {
  if (call.op->in_place != elementwise_in_place || call.outputs->size() != 1) return std::nullopt;
  std::vector<ValueId> operands;
  const Attrs* permute = nullptr;
  const OpDef* op = nullptr;
  for (const ValueId v : call.operands) {
    operands.push_back(v);
    if (r.type(v).shape.numel() == 1) continue;  // the same for all elements
    if (r.op(v).trait != Trait::permute || r.type(v).shape != call.type().shape) return std::nullopt;
    const Attrs& attrs = *r.call(v).attrs;
    if (permute && attrs.get<Dims>("dims") != permute->get<Dims>("dims")) return std::nullopt;
    permute = &attrs;
    op = &r.op(v);
    operands.back() = r.operand(v);
  }
  if (!permute) return std::nullopt;
  const Attrs dims = *permute;
  return r.record(*op, {r.record(*call.op, operands, *call.attrs)}, dims);
}

Graph move_permutes(const Graph& graph) {
  constexpr RewriteFn kRules[] = {move_permute};
  return rewrite(graph, {.rules = kRules});
}

}  // namespace weft
