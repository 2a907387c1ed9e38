// Capture: from the user's tensors to captured calls. Public operations are written as
//
//   Tensor add(const Operand& a, const Operand& b) {
//     return capture({&a, &b}, [](std::span<const Value> v) { return add(v[0], v[1]); });
//   }
//
// Any number of threads may capture at once: what is captured never changes, so no lock is held.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "graph/builder.h"
#include "graph/capture/captured_call.h"
#include "weft/tensor.h"

namespace weft {

class Trace;

// Records calls as captured calls. A ValueId is the number of a call of this builder.
class CaptureBuilder : public Builder {
 public:
  explicit CaptureBuilder(SourceLocation at);

  using Builder::record;
  Value record(const OpDef& op, std::span<const Value> operands, Attrs attrs = {}) override;
  const TensorType& type(ValueId id) const override { return calls_[id.node]->outputs[id.output]; }

  // A captured value as an operand.
  Value value(CapturedValue value);
  using Builder::value;
  CapturedValue captured(const Value& value) const { return {calls_[value.id().node], value.id().output}; }
  const std::shared_ptr<CapturedCall>& call(NodeId n) const { return calls_[n]; }
  // The first operand of a call that this builder recorded.
  ValueId operand(NodeId n) const { return first_operand_[n]; }
  bool recorded(NodeId n) const { return first_operand_[n].node != kNotRecorded; }

 private:
  static constexpr NodeId kNotRecorded = ~NodeId{0};

  std::uint64_t trace_;
  std::vector<std::shared_ptr<CapturedCall>> calls_;
  std::vector<ValueId> first_operand_;
};

// The scope of one public call: turns operands into Values. A number takes the dtype of the tensors beside it. Errors
// about operands call the operation by the name of the function that opens the scope.
class CaptureScope {
 public:
  // Without operands.
  explicit CaptureScope(SourceLocation at, const char* name = __builtin_FUNCTION());
  explicit CaptureScope(std::span<const Operand* const> operands, const char* name = __builtin_FUNCTION());
  CaptureScope(const std::vector<Tensor>& tensors, SourceLocation at, const char* name = __builtin_FUNCTION());
  CaptureScope(const CaptureScope&) = delete;
  CaptureScope& operator=(const CaptureScope&) = delete;

  CaptureBuilder& builder() { return builder_; }
  std::span<const Value> values() const { return values_; }
  // A further tensor.
  Value value_of(const Tensor& tensor);
  CapturedValue captured(const Value& value) const { return builder_.captured(value); }
  // The value as a tensor; grad_name overrides the name of its op's gradient function.
  Tensor tensor(const Value& value, const char* grad_name = nullptr);
  // The value as a view of a tensor from which it was recorded by calls of one operand: writing to it writes to that.
  // A tensor of its own where a call on the way copies.
  Tensor view(const Tensor& of, const Value& from, const Value& value, const char* grad_name = nullptr);
  // The same for a tensor made from nothing: in eager use its value is computed at once, so that what is captured later
  // has the same structure in each iteration of a loop.
  Tensor made(const Value& value);

 private:
  [[noreturn]] void refuse_undefined(SourceLocation at) const;

  CaptureBuilder builder_;
  const char* name_;
  std::vector<Value> values_;
};

template <class F>
Tensor capture(std::initializer_list<const Operand*> operands, F emit, const char* grad_name = nullptr,
               const char* name = __builtin_FUNCTION()) {
  CaptureScope scope(std::span(operands.begin(), operands.size()), name);
  return scope.tensor(emit(scope.values()), grad_name);
}
template <class F>
Tensor capture(const std::vector<Tensor>& tensors, SourceLocation at, F emit, const char* grad_name = nullptr,
               const char* name = __builtin_FUNCTION()) {
  CaptureScope scope(tensors, at, name);
  return scope.tensor(emit(scope.values()), grad_name);
}
template <class F>
Tensor capture(SourceLocation at, F emit, const char* name = __builtin_FUNCTION()) {
  CaptureScope scope(at, name);
  return scope.made(emit(scope.builder()));
}
// For operations whose result shares the elements of x.
template <class F>
Tensor capture_view(const Operand& x, F emit, const char* grad_name = nullptr,
                    const char* name = __builtin_FUNCTION()) {
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands, name);
  const Value from = scope.values()[0];
  const Value result = emit(scope.values());
  return x.is_number() ? scope.tensor(result, grad_name) : scope.view(x.tensor(), from, result, grad_name);
}

// Gives each leaf .first the value of .second. All values are computed in one run and then written; in a trace they
// become what the run writes at its end. Shapes and dtypes must be equal.
void assign(std::vector<std::pair<Tensor, Tensor>> updates, SourceLocation at);

// The value `value` of a tensor that was `before`. Its gradient goes to `value`; with keep_history to `before`, as for
// a write that grad mode does not see.
Value overwritten(const Value& value, const Value& before, bool keep_history);

// bool < integer < floating.
inline int category(DType dtype) { return dtype == DType::boolean ? 0 : is_integer(dtype) ? 1 : 2; }

// The dtype of an operation on these: PyTorch's promotion, in which numbers yield to scalars and scalars to tensors of
// the same category (bool < integer < floating).
DType promote(std::span<const Value> values);

}  // namespace weft
