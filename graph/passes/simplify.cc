#include "graph/passes/simplify.h"

#include <cmath>

namespace weft {
namespace {

using Result = std::optional<ValueId>;

const TensorType& type_of(const Call& call) { return (*call.outputs)[0]; }

// The operand, where it is all of the result: neither broadcast nor of another dtype.
Result operand_if_same_type(Rewriter& r, const Call& call, std::size_t i) {
  if (r.type(call.operands[i]) != type_of(call)) return std::nullopt;
  return call.operands[i];
}

Result reshaped(Rewriter& r, const Call& call, ValueId x) {
  if (r.type(x) == type_of(call)) return x;
  return r.record("reshape", {x}, {{"shape", type_of(call).shape.vec()}});
}

// ---- Arithmetic
Result mul_by_one(Rewriter& r, const Call& call) {
  if (r.constant(call.operands[1]) == 1.0)
    if (const Result x = operand_if_same_type(r, call, 0)) return x;
  if (r.constant(call.operands[0]) == 1.0) return operand_if_same_type(r, call, 1);
  return std::nullopt;
}

Result div_by_one(Rewriter& r, const Call& call) {
  if (r.constant(call.operands[1]) == 1.0) return operand_if_same_type(r, call, 0);
  return std::nullopt;
}

// x + 0.0 makes 0.0 of -0.0, and so does x - -0.0; x + -0.0 and x - 0.0 change nothing.
bool is_zero(Rewriter& r, ValueId v, bool negative) {
  const std::optional<double> value = r.constant(v);
  if (!value || *value != 0) return false;
  return r.type(v).dtype == DType::i64 || std::signbit(*value) == negative;
}

Result add_zero(Rewriter& r, const Call& call) {
  if (is_zero(r, call.operands[1], true))
    if (const Result x = operand_if_same_type(r, call, 0)) return x;
  if (is_zero(r, call.operands[0], true)) return operand_if_same_type(r, call, 1);
  return std::nullopt;
}

Result sub_zero(Rewriter& r, const Call& call) {
  if (is_zero(r, call.operands[1], false)) return operand_if_same_type(r, call, 0);
  return std::nullopt;
}

Result neg_of_neg(Rewriter& r, const Call& call) {
  if (!r.is(call.operands[0], "neg")) return std::nullopt;
  return r.operand(call.operands[0]);
}

// x^0 is 1 for every x, NaN included; x^1 is x; x^2 is x * x (which std::pow may miss by a rounding).
Result pow_number(Rewriter& r, const Call& call, double exponent) {
  const ValueId x = call.operands[0];
  if (r.type(x) != type_of(call)) return std::nullopt;
  if (exponent == 1) return x;
  if (exponent == 2) return r.record("square", {x}, {});
  if (exponent != 0) return std::nullopt;
  return r.record("full", {}, {{"dtype", type_of(call).dtype}, {"shape", type_of(call).shape.vec()}, {"value", 1.0}});
}

Result simplify_pow_scalar(Rewriter& r, const Call& call) {
  return pow_number(r, call, call.attrs->get<double>("exponent"));
}

Result simplify_pow(Rewriter& r, const Call& call) {
  const std::optional<double> exponent = r.constant(call.operands[1]);
  return exponent ? pow_number(r, call, *exponent) : std::nullopt;
}

Result accumulate_of_one(Rewriter&, const Call& call) {
  if (call.operands.size() != 1) return std::nullopt;
  return call.operands[0];
}

Result where_of_constant(Rewriter& r, const Call& call) {
  const std::optional<double> condition = r.constant(call.operands[0]);
  if (!condition) return std::nullopt;
  const ValueId chosen = call.operands[*condition != 0 ? 1 : 2];
  if (r.type(chosen).dtype != type_of(call).dtype) return std::nullopt;
  if (r.type(chosen) == type_of(call)) return chosen;
  return r.record("expand", {chosen}, {{"shape", type_of(call).shape.vec()}});
}

// ---- Shape
// A call that copies all elements in order when its types are equal: expand, slice, cast.
Result copy_of_same_type(Rewriter& r, const Call& call) { return operand_if_same_type(r, call, 0); }

Result identity_alias(Rewriter& r, const Call& call) {
  if (!call.op->alias) return std::nullopt;
  return operand_if_same_type(r, call, 0);
}

Result reshape_of_reshape(Rewriter& r, const Call& call) {
  if (!r.is(call.operands[0], "reshape")) return std::nullopt;
  return reshaped(r, call, r.operand(call.operands[0]));
}

// Whether the elements keep their order in memory, as where only extents of 1 move.
bool moves_nothing(const Shape& x, const Dims& dims) {
  std::int64_t last = -1;
  for (const std::int64_t d : dims) {
    if (x[static_cast<int>(d)] == 1) continue;
    if (d < last) return false;
    last = d;
  }
  return true;
}

Result simplify_permute(Rewriter& r, const Call& call) {
  const ValueId x = call.operands[0];
  const auto& dims = call.attrs->get<Dims>("dims");
  if (moves_nothing(r.type(x).shape, dims)) return reshaped(r, call, x);
  if (!r.is(x, "permute")) return std::nullopt;
  const auto& inner = r.attr<Dims>(x, "dims");
  Dims both;
  for (const std::int64_t d : dims) both.push_back(inner[static_cast<std::size_t>(d)]);
  return r.record("permute", {r.operand(x)}, {{"dims", std::move(both)}});
}

// Dims of extent 1 in front are a reshape; of two expansions the last says all.
Result simplify_expand(Rewriter& r, const Call& call) {
  const ValueId x = call.operands[0];
  if (r.type(x).shape.numel() == type_of(call).shape.numel()) return reshaped(r, call, x);
  if (!r.is(x, "expand")) return std::nullopt;
  return r.record("expand", {r.operand(x)}, *call.attrs);
}

// ---- Reductions
// As many results as elements: each is of one element.
Result reduce_of_one(Rewriter& r, const Call& call) {
  const TensorType& x = r.type(call.operands[0]);
  if (x.dtype != type_of(call).dtype || x.shape.numel() != type_of(call).shape.numel()) return std::nullopt;
  return reshaped(r, call, call.operands[0]);
}

constexpr RewriteRule kRules[] = {
    {"", identity_alias},
    {"mul", mul_by_one},
    {"div", div_by_one},
    {"add", add_zero},
    {"sub", sub_zero},
    {"neg", neg_of_neg},
    {"pow", simplify_pow},
    {"pow_scalar", simplify_pow_scalar},
    {"accumulate", accumulate_of_one},
    {"where", where_of_constant},
    {"reshape", reshape_of_reshape},
    {"slice", copy_of_same_type},
    {"cast", copy_of_same_type},
    {"permute", simplify_permute},
    {"expand", simplify_expand},
    {"sum", reduce_of_one},
    {"max", reduce_of_one},
    {"min", reduce_of_one},
};

}  // namespace

std::span<const RewriteRule> simplify_rules() { return kRules; }

Graph simplify(const Graph& graph) {
  const std::span<const RewriteRule> groups[] = {kRules};
  return rewrite(graph, {.rules = groups});
}

}  // namespace weft
