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

}  // namespace

std::optional<ValueId> fold_transpose(Rewriter& r, const Call& call) {
  if (call.op->trait != Trait::product) return std::nullopt;
  ValueId operands[] = {call.operands[0], call.operands[1]};
  constexpr std::string_view kFlags[] = {"transpose_a", "transpose_b"};
  Attrs attrs = *call.attrs;
  bool folded = false;
  for (std::size_t i = 0; i < 2; ++i) {
    if (r.op(operands[i]).trait != Trait::permute || !swaps_last_two(r.attr<Dims>(operands[i], "dims"))) continue;
    operands[i] = r.operand(operands[i]);
    attrs.set(kFlags[i], !attrs.get<bool>(kFlags[i]));
    folded = true;
  }
  if (!folded) return std::nullopt;
  if (call.op->same_order) {
    const TensorType* const before[] = {&r.type(call.operands[0]), &r.type(call.operands[1])};
    const TensorType* const after[] = {&r.type(operands[0]), &r.type(operands[1])};
    const std::span<const TensorType> result(&call.type(), 1);
    if (!call.op->same_order({*call.op, before, *call.attrs, {}, result}, {*call.op, after, attrs, {}, result}))
      return std::nullopt;
  }
  return r.record(*call.op, {operands[0], operands[1]}, std::move(attrs));
}

Graph fold_transposes(const Graph& graph) {
  constexpr RewriteFn kRules[] = {fold_transpose};
  return rewrite(graph, {.rules = kRules});
}

}  // namespace weft
