// CapturedCall: one call of an operation by the user. A call holds its operands, so captured calls are a graph that
// lives as long as a value or a gradient of it can be asked for.
//
// A call never changes. Its value is a cache beside it: computed when it is needed, dropped with the call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "graph/op.h"
#include "graph/spin_lock.h"
#include "graph/storage.h"

namespace weft {

struct CapturedCall;
struct GradientCode;  // graph/capture/gradient_code.h
struct TensorImpl;

// One result of a captured call.
struct CapturedValue {
  std::shared_ptr<CapturedCall> call;
  std::uint32_t output = 0;

  explicit operator bool() const { return call != nullptr; }
  bool operator==(const CapturedValue&) const = default;
};

struct CapturedCall {
  CapturedCall(const OpDef& o, std::vector<CapturedValue> operands, Attrs a, Types types, SourceLocation at,
               bool needs_grad);
  ~CapturedCall();
  CapturedCall(const CapturedCall&) = delete;
  CapturedCall& operator=(const CapturedCall&) = delete;

  // ---- Constant once the call is captured
  const OpDef* op;
  Attrs attrs;
  Types outputs;
  SourceLocation where;
  // Above that of every operand and of what this thread captured before: the order of use in the program, by which
  // gradients are added up.
  std::uint64_t order;
  // Gradients flow through this call: grad mode was on, and an operand requires them.
  bool requires_grad;
  // Gradients that arrive here end here, in the grad() of this tensor: a version of a leaf.
  bool is_leaf = false;
  // The leaf; or of another call, the tensor that keeps the gradient of result 0 on its way (retain_grad).
  std::weak_ptr<TensorImpl> leaf;
  // Of a version of stored values: the leaf, which lives as long as gradients can reach it.
  std::shared_ptr<TensorImpl> keeps_leaf;
  // What users' own code does to gradients that cross this call; null where there is none.
  std::shared_ptr<GradientCode> code;
  // The trace that the call belongs to; 0 in eager use.
  std::uint64_t trace = 0;

  // Tensors that name a result of this call.
  std::atomic<int> handles{0};

  // ---- Any thread
  bool known() const { return known_.load(std::memory_order_acquire); }
  // While known().
  const std::shared_ptr<const Buffer>& value(std::uint32_t output) const { return values_[output]; }
  // Takes the values of all results; the first one who brings them wins. Operands are let go where neither a value nor
  // a gradient can be asked of them again.
  void publish(std::vector<std::shared_ptr<const Buffer>> values);
  // For a call that nobody else holds: lets go of its value, so that the bytes can be written.
  void forget_value();

  // No gradient can pass a second time: what it needs has been let go.
  bool used_up() const { return used_up_.load(std::memory_order_acquire); }
  void use_up();

  // The operands now: none once they were let go.
  template <class F>
  void for_each_operand(F f) const {
    lock_.lock();
    for (const CapturedValue& operand : operands_) f(operand);
    lock_.unlock();
  }
  std::size_t num_operands() const { return num_operands_; }

 private:
  void release_operands_if_done();

  std::atomic<bool> known_{false};
  std::atomic<bool> used_up_{false};
  mutable SpinLock lock_;  // guards what follows
  std::size_t num_operands_;
  std::vector<CapturedValue> operands_;
  std::vector<std::shared_ptr<const Buffer>> values_;
};

// Lets go of handles one after the other: chains of any length end without recursion.
void dispose(std::vector<std::shared_ptr<void>> handles);

// A value that is there, as a call without operands.
std::shared_ptr<CapturedCall> known_call(TensorType type, std::shared_ptr<const Buffer> value, SourceLocation at);

}  // namespace weft
