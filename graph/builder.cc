#include "graph/builder.h"

#include <array>

namespace weft {

Value Builder::record(const OpDef& op, std::span<const Value> operands, Attrs attrs) {
  constexpr std::size_t kFew = 8;
  std::array<ValueId, kFew> few_ids;
  std::array<const TensorType*, kFew> few_types;
  std::vector<ValueId> many_ids;
  std::vector<const TensorType*> many_types;
  const bool few = operands.size() <= kFew;
  if (!few) {
    many_ids.resize(operands.size());
    many_types.resize(operands.size());
  }
  const std::span<ValueId> ids = few ? std::span(few_ids.data(), operands.size()) : std::span(many_ids);
  const std::span<const TensorType*> types = few ? std::span(few_types.data(), operands.size()) : std::span(many_types);
  bool requires_grad = false;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    ids[i] = operands[i].id();
    types[i] = &operands[i].type();
    requires_grad = requires_grad || graph_->node(ids[i].node).requires_grad;
  }
  Types outputs = infer_types({op, types, attrs, where});
  requires_grad = requires_grad && grad_enabled && is_floating(outputs[0].dtype);
  return {this, {graph_->add(op, ids, std::move(attrs), std::move(outputs), where, requires_grad), 0}};
}

}  // namespace weft
