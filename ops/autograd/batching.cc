#include "ops/autograd/batching.h"

#include <algorithm>
#include <map>
#include <string>

#include "ops/values.h"

namespace weft {
namespace {

std::map<std::string_view, BatchRule>& rules() {
  static auto& rules = *new std::map<std::string_view, BatchRule>;
  return rules;
}

// Dims that broadcasting would add come after the batch.
Value elementwise(const BatchCall& call) {
  int rank = 0;
  for (std::size_t i = 0; i < call.operands.size(); ++i) rank = std::max(rank, call.sample(i).rank());
  std::vector<Value> values;
  bool same = true;
  for (std::size_t i = 0; i < call.operands.size(); ++i) same = same && call.sample(i) == call.sample(0);
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    const Batched& operand = call.operands[i];
    const Shape shape = call.sample(i);
    if (same || !operand.has_batch) {  // operations on equal shapes may not broadcast
      values.push_back(same ? call.whole(i) : operand.value);
      continue;
    }
    Dims aligned(static_cast<std::size_t>(rank + 1), 1);
    aligned[0] = call.size;
    std::copy(shape.begin(), shape.end(), aligned.end() - shape.rank());
    values.push_back(reshape(operand.value, Shape(aligned)));
  }
  return call.record(values, call.attrs);
}

const BatchRuleRegistration g_aliases({"with_derivative", "overwritten"}, elementwise);
// Steps of optimizers have numbers among their operands.
const BatchRuleRegistration g_steps({"sgd_step", "adam_step"}, nullptr);

}  // namespace

BatchRuleRegistration::BatchRuleRegistration(std::initializer_list<std::string_view> ops, BatchRule rule) {
  for (const std::string_view op : ops) rules().emplace(op, rule);
}

BatchRule find_batch_rule(const OpDef& op) {
  if (const auto at = rules().find(op.name); at != rules().end()) return at->second;
  return op.in_place == elementwise_in_place ? elementwise : nullptr;
}

Value record_batched(const BatchCall& call) {
  const BatchRule rule = find_batch_rule(call.op);
  if (!rule) call.refuse("vmap() has no rule for this operation");
  return rule(call);
}

Shape BatchCall::sample(std::size_t i) const {
  const Shape& shape = operands[i].value.shape();
  return operands[i].has_batch ? Shape(shape.dims().subspan(1)) : shape;
}

Shape BatchCall::with_batch(const Shape& shape) const {
  Dims dims{size};
  dims.insert(dims.end(), shape.begin(), shape.end());
  return Shape(dims);
}

Value BatchCall::whole(std::size_t i) const {
  const Batched& operand = operands[i];
  return operand.has_batch ? operand.value : expand(operand.value, with_batch(operand.value.shape()));
}

void BatchCall::refuse(const char* why) const {
  std::vector<TensorType> types;
  std::vector<const TensorType*> pointers;
  for (std::size_t i = 0; i < operands.size(); ++i) types.push_back({operands[i].value.dtype(), sample(i)});
  for (const TensorType& type : types) pointers.push_back(&type);
  OpCall{op, pointers, attrs, builder().where}.fail(ErrorKind::state, why);
}

}  // namespace weft
