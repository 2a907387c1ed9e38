// What an operation is to the graph, to autodiff, to passes and to the planner. All of the library meets here.
//
// An op is a name with rules attached: a constexpr OpDef of plain function pointers, registered once in its file.
// Nothing else in the tree lists ops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/attrs.h"
#include "graph/kernel.h"
#include "graph/type.h"
#include "weft/error.h"

namespace weft {

struct OpDef;
struct ValueId;   // graph/graph.h
class GradCall;   // graph/autodiff.h
class Value;      // graph/builder.h
class LowerCall;  // graph/lower.h
class Rewriter;   // graph/passes/rewriter.h
struct Call;      // graph/passes/call_table.h
using Types = std::vector<TensorType>;

// One use of an op: what its shape rule and its kernel factory see.
struct OpCall {
  const OpDef& op;
  std::span<const TensorType* const> inputs;
  const Attrs& attrs;
  SourceLocation where;
  std::span<const TensorType> outputs = {};  // empty in the shape rule

  const TensorType& in(std::size_t i) const { return *inputs[i]; }
  const TensorType& out(std::size_t i = 0) const { return outputs[i]; }
  template <class T>
  const T& attr(std::string_view name) const {
    return attrs.get<T>(name);
  }
  // Throws Error "[op] a: f32[2,3], b: f32[4,5]: rule", with the user's file:line and the hint, unless ok.
  // Texts are made only on failure: pass a lambda that returns std::string where the rule needs formatting.
  // Most rules are about shapes: others name their kind.
  void require(bool ok, std::string_view rule, std::string_view hint = "") const {
    if (!ok) fail(rule, hint);
  }
  void require(ErrorKind kind, bool ok, std::string_view rule, std::string_view hint = "") const {
    if (!ok) fail(kind, rule, hint);
  }
  [[noreturn]] void fail(std::string_view rule, std::string_view hint = "") const {
    fail(ErrorKind::shape, rule, hint);
  }
  [[noreturn]] void fail(ErrorKind kind, std::string_view rule, std::string_view hint = "") const;
};

// Answers for OpDef::in_place.
bool never_in_place(const Attrs& attrs, std::size_t operand, std::size_t output);
// Element i of each output is computed from element i of the operands of its shape (and from smaller ones) only, and is
// written after those were read. Folding relies on the first half: constants make a constant.
bool elementwise_in_place(const Attrs& attrs, std::size_t operand, std::size_t output);

// What passes may know of a result beyond its type, so that they need not know the op. The attributes named here go
// with the trait.
enum class Trait : std::uint8_t {
  none,
  constant,  // each element is the number "value"
  repeat,    // operand 0, repeated as it broadcasts to "shape", the shape of the result
  permute,   // operand 0 with its dims in the order "dims"
  part,      // some elements of operand 0
  sum,       // of operand 0 over "dims", which ascend; f32 is added in the order of ElementOutputKind
  product  // of matrices, or of batches of them: operands 0 and 1, transposed where "transpose_a", "transpose_b" say so
};

// What makes an op of one operand a view.
struct ViewRule {
  // The distances between neighbours in each dim of the result, in elements of the storage, from those of the operand.
  // Nothing where the result would need a copy.
  std::optional<Dims> (*strides)(const TensorType& from, const TensorType& to, const Attrs& attrs, const Dims& strides);
  // The operand `whole` with `part` written to where the result lies: no two elements of it are in one place.
  Value (*write)(const Value& whole, const Value& part, const Attrs& attrs);
};

struct OpDef {
  std::string_view name;
  int min_inputs = 0;
  int max_inputs = 0;  // -1: any number
  // The types of the results. Must require() everything that the gradient rule and the kernel take for granted.
  Types (*infer)(const OpCall&) = nullptr;
  // Emits the gradients as ordinary ops. Null: not differentiable.
  void (*grad)(GradCall&) = nullptr;
  // Null for ops without a kernel: input, and ops with `alias`.
  Kernel (*compile)(const OpCall&) = nullptr;
  // PyTorch's name of the gradient function, printed as grad_fn=<AddBackward0>.
  const char* grad_name = "";
  // The result is the first input's bytes under another shape.
  bool alias = false;
  // Whether `output` may take the bytes of `operand`, which has the same type and is not read afterwards.
  bool (*in_place)(const Attrs& attrs, std::size_t operand, std::size_t output) = never_in_place;
  Trait trait = Trait::none;
  // A cheaper form of a call of this op that gives the same bits: an operand, or what the Rewriter records. Nothing
  // where there is none. For ops of one result; the operands are in their last form already. Null: no rules.
  std::optional<ValueId> (*simplify)(Rewriter&, const Call&) = nullptr;
  // For products: whether two calls that differ in what is transposed sum in the same order, so that either may replace
  // the other without a change of bits. Null: they always do.
  bool (*same_order)(const OpCall& a, const OpCall& b) = nullptr;
  // For ops whose result shares the elements of their operand in PyTorch. Null: others.
  const ViewRule* view = nullptr;
  // For elementwise ops on f32: emits the same arithmetic, to be part of a fused kernel. Null, or where it emits no
  // result: not fused. Booleans are 1 and 0 there, operands of one f64 element are rounded.
  void (*lower)(LowerCall&) = nullptr;
  // The kernel checks data and may throw. Variables are written only after every such kernel of a run is through.
  bool may_throw = false;
  // The call does the same to operands whose dims have another order, where its attribute "dim", or "dims", which
  // ascend, names the same dims. The operands and the result have one rank.
  bool follows_dims = false;
};

// For one definition at namespace scope: WEFT_REGISTER_OP(kAdd);
struct OpRegistration {
  explicit OpRegistration(const OpDef& op);
};
#define WEFT_REGISTER_OP(op) static const ::weft::OpRegistration register_##op(op)

// Null when no op has this name.
const OpDef* find_op(std::string_view name);
// All ops, by name.
std::vector<const OpDef*> registered_ops();

// An argument of a graph.
extern const OpDef kInput;

// "a: f32[2,3], b: f32[4,5]", for error texts.
std::string describe(std::span<const TensorType* const> types);

}  // namespace weft
