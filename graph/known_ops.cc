#include "graph/known_ops.h"

#include "graph/element_type.h"

namespace weft::known_ops {
namespace {

const OpDef& required(std::string_view name) {
  if (const OpDef* op = find_op(name)) return *op;
  throw Error("[graph] no op named " + std::string(name));
}

}  // namespace

#define WEFT_KNOWN_OP(name)                   \
  const OpDef& name() {                       \
    static const OpDef& op = required(#name); \
    return op;                                \
  }
WEFT_KNOWN_OP(full)
WEFT_KNOWN_OP(arange)
WEFT_KNOWN_OP(reshape)
WEFT_KNOWN_OP(expand)
WEFT_KNOWN_OP(add)
WEFT_KNOWN_OP(square)
WEFT_KNOWN_OP(accumulate)
WEFT_KNOWN_OP(fused)
WEFT_KNOWN_OP(fused_matmul)
WEFT_KNOWN_OP(custom_call)
WEFT_KNOWN_OP(after)
WEFT_KNOWN_OP(sum_blocks)
#undef WEFT_KNOWN_OP

// The value that the elements have, so that passes need not know how an integer dtype takes numbers.
Attrs full_attrs(const TensorType& type, double value) {
  if (type.dtype != DType::i64 && is_integer(type.dtype) && holds(type.dtype, value))
    value = with_integer_type(type.dtype, [&]<class T>(T) { return static_cast<double>(convert<T>(value)); });
  return {{"dtype", type.dtype}, {"shape", type.shape.vec()}, {"value", value}};
}

Attrs full_attrs(const TensorType& type, std::int64_t value) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  Attrs attrs = full_attrs(type, static_cast<double>(value));
  if (type.dtype == DType::i64 && (value > kExact || value < -kExact)) attrs.set("exact", value);
  return attrs;
}

}  // namespace weft::known_ops
