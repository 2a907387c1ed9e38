// Capture: from the user's tensors to a graph. Public operations are written as
//
//   Tensor add(const Operand& a, const Operand& b) {
//     return capture({&a, &b}, [](std::span<const Value> v) { return add(v[0], v[1]); });
//   }
#pragma once

#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "graph/builder.h"
#include "weft/tensor.h"

namespace weft {

class CapturedGraph;

// The scope of one public call: finds the graph that the operands share (joining graphs where they are in several),
// locks it, and turns operands into Values. A number takes the dtype of the tensors beside it.
class CaptureScope {
 public:
  // Without operands: a graph of its own in eager use, the trace's in a trace.
  explicit CaptureScope(SourceLocation at);
  explicit CaptureScope(std::span<const Operand* const> operands);
  CaptureScope(const std::vector<Tensor>& tensors, SourceLocation at);
  ~CaptureScope();
  CaptureScope(const CaptureScope&) = delete;
  CaptureScope& operator=(const CaptureScope&) = delete;

  Builder& builder() { return builder_; }
  std::span<const Value> values() const { return values_; }
  // A further tensor: a leaf, or one of the graph of this scope.
  Value value_of(const Tensor& tensor);
  const std::shared_ptr<CapturedGraph>& graph() const { return graph_; }
  // The value as a tensor; grad_name overrides the name of its op's gradient function.
  Tensor tensor(const Value& value, const char* grad_name = nullptr);
  // The same for a tensor made from nothing: in eager use its value is computed at once, so that what is captured later
  // has the same structure in each iteration of a loop.
  Tensor made(const Value& value);

 private:
  static std::shared_ptr<CapturedGraph> graph_of(std::span<const Operand* const> operands);
  static std::shared_ptr<CapturedGraph> graph_of(const std::vector<Tensor>& tensors, SourceLocation at);

  std::unique_lock<std::recursive_mutex> lock_;
  std::shared_ptr<CapturedGraph> graph_;
  Builder builder_;
  std::vector<Value> values_;
};

template <class F>
Tensor capture(std::initializer_list<const Operand*> operands, F emit, const char* grad_name = nullptr) {
  CaptureScope scope(std::span(operands.begin(), operands.size()));
  return scope.tensor(emit(scope.values()), grad_name);
}
template <class F>
Tensor capture(const std::vector<Tensor>& tensors, SourceLocation at, F emit, const char* grad_name = nullptr) {
  CaptureScope scope(tensors, at);
  return scope.tensor(emit(scope.values()), grad_name);
}
template <class F>
Tensor capture(SourceLocation at, F emit) {
  CaptureScope scope(at);
  return scope.made(emit(scope.builder()));
}

// Gives each leaf .first the value of .second. All values are computed in one run and then written; in a trace they
// become what the run writes at its end. Shapes and dtypes must be equal. The graph of the values is not kept.
void assign(std::vector<std::pair<Tensor, Tensor>> updates, SourceLocation at);
// Gives a tensor another value in place: what the in-place methods end with. Throws Error for a leaf that requires
// gradients while grad mode is on.
void set_value(const Tensor& target, Tensor value, SourceLocation at);

// The dtype of an operation on these: PyTorch's promotion, in which numbers yield to scalars and scalars to tensors of
// the same category (bool < integer < floating).
DType promote(std::span<const Value> values);

}  // namespace weft
