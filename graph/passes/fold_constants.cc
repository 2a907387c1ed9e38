#include "graph/passes/fold_constants.h"

#include <cmath>
#include <cstring>

#include "graph/alignment.h"
#include "graph/builder.h"
#include "graph/element_type.h"
#include "graph/storage.h"

namespace weft {
namespace {

// One element of any dtype, where a kernel wants it.
struct alignas(kAlignment) Element {
  std::byte bytes[kAlignment];

  template <class T>
  void put(T value) {
    std::memcpy(bytes, &value, sizeof(T));
  }
  template <class T>
  T get() const {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
};

void store(Element& to, DType dtype, double value) {
  with_element_type(dtype, [&]<class T>(T) { to.put(convert<T>(value)); });
}

// Nothing where a double does not carry the value exactly.
std::optional<double> load(const Element& from, DType dtype) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (dtype == DType::i64)
    if (const auto whole = from.get<std::int64_t>(); whole < -kExact || whole > kExact) return std::nullopt;
  const double value = with_element_type(dtype, [&]<class T>(T) { return static_cast<double>(from.get<T>()); });
  if (std::isnan(value)) return std::nullopt;  // its payload would be lost
  return value;
}

// The result of an elementwise call on scalars.
std::optional<double> compute(const Call& call, const std::vector<TensorType>& types, std::vector<Element>& elements) {
  std::vector<const TensorType*> type_pointers;
  std::vector<const void*> in;
  for (std::size_t i = 0; i < types.size(); ++i) {
    type_pointers.push_back(&types[i]);
    in.push_back(&elements[i]);
  }
  const Types outputs = infer_types({*call.op, type_pointers, *call.attrs, {}});
  if (outputs.size() != 1 || outputs[0] != TensorType{(*call.outputs)[0].dtype, {}}) return std::nullopt;
  const Kernel kernel = call.op->compile({*call.op, type_pointers, *call.attrs, {}, outputs});
  std::vector<Element> scratch(aligned(kernel.scratch_bytes) / sizeof(Element));
  Element result;
  void* out = &result;
  const KernelFn run = kernel.instance ? kernel.instance() : kernel.run;
  run({in.data(), &out, scratch.data()});
  return load(result, outputs[0].dtype);
}

std::optional<ValueId> fold_elementwise(Rewriter& r, const Call& call) {
  if (!call.op->compile || call.op->may_throw || call.operands.empty()) return std::nullopt;
  for (const ValueId& v : call.operands)
    if (!r.constant(v)) return std::nullopt;
  std::vector<TensorType> types;
  std::vector<Element> elements(call.operands.size());
  for (std::size_t i = 0; i < call.operands.size(); ++i) {
    types.push_back({r.type(call.operands[i]).dtype, {}});
    store(elements[i], types[i].dtype, *r.constant(call.operands[i]));
  }
  const std::optional<double> value = compute(call, types, elements);
  if (!value) return std::nullopt;
  return r.full(call.type(), *value);
}

bool moves_elements(const OpDef& op) {
  return op.alias || op.trait == Trait::repeat || op.trait == Trait::permute || op.trait == Trait::part;
}

}  // namespace

std::optional<ValueId> fold_constant(Rewriter& r, const Call& call) {
  if (call.op->in_place == elementwise_in_place) return fold_elementwise(r, call);
  if (!moves_elements(*call.op)) return std::nullopt;
  const std::optional<double> value = r.constant(call.operands[0]);
  if (!value) return std::nullopt;
  return r.full(call.type(), *value);
}

Graph fold_constants(const Graph& graph) {
  constexpr RewriteFn kRules[] = {fold_constant};
  return rewrite(graph, {.rules = kRules});
}

}  // namespace weft
