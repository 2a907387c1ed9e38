// Checks of calls: attributes in shape rules, and arguments of functions before they become nodes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/builder.h"
#include "ops/values.h"
#include "weft/dims.h"

namespace weft {

// More than any extent or distance in a legal tensor; sums of a few of these do not overflow.
inline constexpr std::int64_t kMaxExtent = std::int64_t{1} << 40;

// The attribute of a call whose attributes may have come from a text: it must be there and of type T.
template <class T>
const T& checked_attr(const OpCall& call, std::string_view name) {
  const AttrValue* value = call.attrs.find(name);
  const T* typed = value ? std::get_if<T>(value) : nullptr;
  if (!typed) call.fail(ErrorKind::value, "attribute '" + std::string(name) + "' is missing or of another type");
  return *typed;
}

// An attribute of type i64 that lies in [low, high].
inline std::int64_t checked_attr_in(const OpCall& call, std::string_view name, std::int64_t low, std::int64_t high) {
  const auto value = checked_attr<std::int64_t>(call, name);
  if (value < low || value > high)
    call.fail(ErrorKind::value, "attribute '" + std::string(name) + "' is " + std::to_string(value) + ", outside of [" +
                                    std::to_string(low) + ", " + std::to_string(high) + "]");
  return value;
}

// Throws Error in the voice of OpCall::fail for a function that is no op itself.
[[noreturn]] inline void fail_call(ErrorKind kind, std::string_view name, std::span<const Value> operands,
                                   SourceLocation where, std::string_view rule, std::string_view hint = "") {
  std::vector<const TensorType*> types;
  for (const Value& v : operands) types.push_back(&v.type());
  const OpDef op{.name = name};
  OpCall{op, types, Attrs{}, where}.fail(kind, rule, hint);
}
[[noreturn]] inline void fail_call(ErrorKind kind, std::string_view name, const Value& x, std::string_view rule,
                                   std::string_view hint = "") {
  fail_call(kind, name, std::span(&x, 1), x.builder().where, rule, hint);
}

// The shape that a call asks for, or Error in the voice of a function that is no op itself.
inline Shape checked_shape(std::string_view name, std::span<const Value> operands, SourceLocation where, DimsRef dims) {
  try {
    return Shape(std::span(dims.begin(), dims.size()));
  } catch (const ShapeError& error) {
    fail_call(ErrorKind::shape, name, operands, where, error.rule());
  }
}

// dim in [0, rank) of an operand that must have dims.
inline std::int64_t checked_dim(std::string_view name, std::int64_t dim, const Value& x) {
  if (x.rank() == 0) fail_call(ErrorKind::shape, name, x, "a scalar has no dims");
  return normalize_dim(name, dim, x.type(), x.builder().where);
}

// For a function that is no op itself: the operands must broadcast together.
void require_broadcast(std::string_view name, std::span<const Value> operands);
// And this one must be floating.
void require_floating(std::string_view name, const Value& x);

}  // namespace weft
