// Calls of operations done for a batch of samples at once, for vmap().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "graph/builder.h"

namespace weft {

// A value of each sample, which lie along dim 0; or one value for all of them.
struct Batched {
  Value value;
  bool has_batch = false;
};

// One call of a function of a sample, whose operands are those of a batch. At least one has a batch.
struct BatchCall {
  const OpDef& op;
  const Attrs& attrs;
  std::span<const Batched> operands;
  std::int64_t size;  // of the batch

  Builder& builder() const { return operands[0].value.builder(); }
  // The shape of an operand of one sample.
  Shape sample(std::size_t i) const;
  // Operand i of each sample, repeated where it is one for all.
  Value whole(std::size_t i) const;
  // {size, dims...}
  Shape with_batch(const Shape& shape) const;
  // The op itself on these operands.
  Value record(std::span<const Value> values, Attrs with) const {
    return builder().record(op, values, std::move(with));
  }
  [[noreturn]] void refuse(const char* why) const;
};

// Results of the call for each sample: result k of the op is output k of what it gives.
using BatchRule = Value (*)(const BatchCall& call);

struct BatchRuleRegistration {
  BatchRuleRegistration(std::initializer_list<std::string_view> ops, BatchRule rule);
};

// Elementwise operations need no rule of their own. Null where there is none.
BatchRule find_batch_rule(const OpDef& op);
// Throws Error where the op has no rule.
Value record_batched(const BatchCall& call);

}  // namespace weft
