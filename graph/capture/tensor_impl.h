// TensorImpl: what a Tensor handle points to. A tensor names the current version of a value: an operation reads the
// version of the time when it is called, and writing makes a new one. Nothing that was captured earlier changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "graph/capture/captured_call.h"
#include "graph/variable.h"
#include "weft/tensor.h"

namespace weft {

class Trace;
struct LeafHooks;  // graph/capture/gradient_code.h

// One step from a tensor to a view of it: a call of one operand.
struct ViewStep {
  const OpDef* op = nullptr;
  Attrs attrs;
  TensorType from, to;
};

// How a view is reached from the tensor that has the storage, which is never a view itself.
struct ViewPath {
  std::shared_ptr<TensorImpl> base;
  std::vector<ViewStep> steps;
  // The distances between neighbours in each dim, in elements of the base: what PyTorch's tensor would have. They
  // decide whether reshape() is a view or a copy.
  Dims strides;
  bool tracks_grad = true;       // false: detach() or data() is on the way, or grad mode was off
  bool in_no_grad = false;       // grad mode was off, and the view would track gradients otherwise
  bool of_leaf = false;          // the base was a leaf that requires gradients when the view was made
  std::uint64_t base_order = 0;  // of the captured call that the base was then; 0: it was storage
  // Of a view that does not track gradients: what was written to it with gradients, which arrive there and not at the
  // base. The elements are always the base's.
  CapturedValue history = {};
};

struct TensorImpl : std::enable_shared_from_this<TensorImpl> {
  explicit TensorImpl(TensorType t) : type(std::move(t)) {}
  ~TensorImpl();

  // ---- Changed by one thread while no other uses the tensor
  TensorType type;  // its dtype is changed by change_dtype() only
  bool leaf_requires_grad = false;
  bool retains_grad = false;
  const char* grad_name = nullptr;  // of the version now, where it is not its op's
  std::optional<ViewPath> view;
  // Of what stands for a view, or its value: the strides that it would have. See strides_of().
  std::optional<Dims> strides;
  std::uint64_t born_in = 0;         // the trace that made it
  std::shared_ptr<LeafHooks> hooks;  // of a leaf; null where it never had any

  bool requires_grad();
  bool is_leaf();

  // ---- The .grad of a leaf, or of a result that keeps its own. Any thread.
  std::shared_ptr<TensorImpl> grad() const;
  void set_grad(std::shared_ptr<TensorImpl> grad);
  // For comparing only.
  const TensorImpl* grad_now() const { return grad_now_.load(std::memory_order_acquire); }

  // Handles that compiled programs have.
  std::atomic<long> program_handles{0};

  // ---- The version now: storage with a value, or a captured call. Any thread. For tensors that are no views.
  // Takes a captured call; name: of its gradient function where it is not its op's.
  void set_call(CapturedValue value, const char* name = nullptr);
  void set_storage(std::shared_ptr<Variable> variable);
  // Null while the version is a call.
  std::shared_ptr<Variable> storage_if_any() const;
  // Becomes a tensor of another dtype with this value, its type. Views of it cannot be used any more.
  void change_dtype(std::shared_ptr<Variable> variable);
  // Undefined while the version is storage.
  CapturedValue call_if_any() const;

  // Of a result that nobody but its maker has any more: whether it is what it was made as, and has let go of its value,
  // so that it can be given out again with another one.
  bool forget_value_for_reuse();

  // Of a view: the buffer that was given out before where it has the same bytes as this one, else this one.
  std::shared_ptr<const Buffer> keep_handed_out(const std::shared_ptr<const Buffer>& now);

  // The storage, if there is any, for comparing only.
  const Variable* storage_now() const { return storage_now_.load(std::memory_order_acquire); }

  // The value as storage. One that was captured is computed first; not for values that require gradients.
  std::shared_ptr<Variable> storage();

 private:
  friend class Versions;
  std::atomic<const Variable*> storage_now_{nullptr};
  std::atomic<const TensorImpl*> grad_now_{nullptr};
  mutable SpinLock lock_;  // guards what follows
  std::shared_ptr<TensorImpl> grad_;
  std::shared_ptr<Variable> variable_;
  CapturedValue call_;
  // Of storage: the call that stands for its present value while an operation holds it.
  std::weak_ptr<CapturedCall> version_;
  // Of a view: its present version, and the version of the base that it was taken from.
  CapturedValue seen_;
  std::weak_ptr<CapturedCall> seen_from_;
  std::uint32_t seen_output_ = 0;
  std::shared_ptr<const Buffer> handed_out_;
};

// The version of a tensor that an operation reads now. In a trace this is the trace's value of it.
CapturedValue current_version(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at);

// The same of storage with the value `now`, for those who hold the variable.
CapturedValue version_of(const std::shared_ptr<TensorImpl>& tensor, const Variable& variable,
                         std::shared_ptr<const Buffer> now, SourceLocation at);

// The version at which gradients of this one arrive: an earlier one where the writes since were hidden from gradients.
CapturedValue differentiable_version(CapturedValue version);

// The tensor has another value from here on: `value` is of its type. Checks what PyTorch checks of writes in place, in
// the voice of `op`. Views write through to their base.
void write_version(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value, const char* op, SourceLocation at);

// From a handle to what it names, and back.
struct TensorAccess {
  static const std::shared_ptr<TensorImpl>& impl(const Tensor& tensor) { return tensor.impl_; }
  static Tensor wrap(std::shared_ptr<TensorImpl> impl) { return Tensor(std::move(impl)); }
};

// In a trace: gradients end in this tensor, which the trace made, from here on.
void make_leaf_of_trace(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at);

// New tensors.
Tensor make_captured(CapturedValue value, const char* grad_name = nullptr);
Tensor make_leaf(TensorType type, std::shared_ptr<Buffer> buffer);
// A view of `of`, reached by further steps; `value` is its version now, where that is known.
Tensor make_view(const std::shared_ptr<TensorImpl>& of, std::vector<ViewStep> steps, Dims strides, bool tracks_grad,
                 CapturedValue value, const char* grad_name);

// Strides of a tensor: those of its view, those that it stands for, or dense ones.
Dims strides_of(const TensorImpl& tensor);
// The strides of the same elements under another shape; nothing where that needs a copy.
std::optional<Dims> strides_for_shape(const Shape& from, const Dims& strides, const Shape& to);

}  // namespace weft
