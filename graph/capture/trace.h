// Trace: what compile() records while it runs the user's function once: the calls, and what they do to tensors from
// outside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "graph/capture/tensor_impl.h"

namespace weft {

// How a program reaches a tensor at each run.
struct Origin {
  enum class Kind : std::uint8_t { captured, argument, constant } kind = Kind::captured;
  std::size_t index = 0;  // of the argument
  int grads = 0;          // so many times .grad of it
  bool operator==(const Origin&) const = default;
};

// While a Trace is in force in a thread, everything that the thread captures belongs to it. Tensors from outside are
// read as inputs of the program; writes to them and changes of their .grad are effects that each run will have, and
// they themselves stay as they were.
class Trace {
 public:
  // A tensor from outside, with storage of its own.
  struct Outside {
    std::shared_ptr<TensorImpl> tensor;
    CapturedValue input;  // what stands for its value before the run
    CapturedValue now;
    bool written = false;
    bool becomes_leaf = false;  // requires_grad_() was called
    bool sets_grad = false;     // the program sets its .grad
  };
  // The .grad of a tensor from outside.
  struct GradField {
    std::shared_ptr<TensorImpl> owner;
    std::shared_ptr<TensorImpl> before, now;
    std::shared_ptr<TensorImpl> shadow;  // what stands for `before` in the hands of the function
    bool read = false;                   // the program depends on whether there was one
    bool written = false;                // the program sets the field
    bool is_known = false;               // the function also reaches `before` otherwise
  };

  // With reads_calls_around, calls captured before it, in the trace around it or eagerly, are read as they are; else
  // only values are.
  explicit Trace(bool reads_calls_around = false);
  ~Trace();
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // The trace in force in this thread, or null.
  static Trace* current();
  std::uint64_t id() const { return id_; }
  // Whether calls of this trace (0: eager ones) are read as they are.
  bool reads_calls_of(std::uint64_t trace) const;

  // A tensor that the function is given. `shadow` stands for it in the hands of the function, so that a trace knows
  // whether the function also reaches it otherwise.
  void add_argument(std::size_t index, const std::shared_ptr<TensorImpl>& shadow,
                    const std::shared_ptr<TensorImpl>& tensor);
  // The tensor that a shadow stands for, or the tensor itself.
  const std::shared_ptr<TensorImpl>& without_shadow(const std::shared_ptr<TensorImpl>& tensor) const;
  // The first argument that is this tensor.
  std::optional<std::size_t> argument(const TensorImpl& tensor) const;
  // How the program reaches a tensor from outside; root: the captured tensor that it starts from.
  struct Path {
    Origin origin;
    std::shared_ptr<TensorImpl> root;
  };
  Path path_to(const std::shared_ptr<TensorImpl>& tensor) const;
  // Arguments that the function reaches by a handle of its own, too.
  const std::vector<std::size_t>& captured_arguments() const { return captured_arguments_; }
  // Arguments that gradients arrive at: the program depends on their hooks.
  void differentiates(std::size_t argument) { differentiated_arguments_.insert(argument); }
  const std::set<std::size_t>& differentiated_arguments() const { return differentiated_arguments_; }

  // The value now of a tensor from outside, which is no view.
  CapturedValue read(const std::shared_ptr<TensorImpl>& tensor);
  void write(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value);
  // From here on gradients end in the tensor: `value` is its version.
  void become_leaf(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value);
  bool knows(const std::shared_ptr<TensorImpl>& tensor) const { return index_.contains(without_shadow(tensor).get()); }
  // The same without reading it, of one that is known.
  const CapturedValue& now(const std::shared_ptr<TensorImpl>& tensor) const {
    return outside_[index_.at(without_shadow(tensor).get())].now;
  }
  // In the order in which they were met. Storage is met once: two tensors never share it.
  const std::vector<Outside>& outside() const { return outside_; }

  // To be called before the .grad of a tensor is looked at or changed.
  GradField& grad_field(const std::shared_ptr<TensorImpl>& owner);
  void set_grad(const std::shared_ptr<TensorImpl>& owner, std::shared_ptr<TensorImpl> grad);
  const std::vector<std::unique_ptr<GradField>>& grad_fields() const { return grad_fields_; }

  // Gradients that the function asked for: of what, and the leaves that got some.
  void note_gradients(const std::vector<CapturedValue>& roots, const std::vector<std::shared_ptr<TensorImpl>>& leaves);
  const std::vector<CapturedValue>& differentiated() const { return differentiated_; }
  bool has_gradient(const TensorImpl& leaf) const { return with_gradient_.contains(&leaf); }

  // Draws of random numbers so far, and the number of the next one.
  std::int64_t draws() const { return draws_; }
  std::int64_t next_draw() { return draws_++; }

  // What the function was told besides tensors: the program is right while this gives the same.
  void guard(std::function<bool()> holds) { guards_.push_back(std::move(holds)); }
  const std::vector<std::function<bool()>>& guards() const { return guards_; }

 private:
  // The tensor itself; notes that an argument or the .grad of a tensor is reached otherwise.
  const std::shared_ptr<TensorImpl>& reached(const std::shared_ptr<TensorImpl>& tensor);
  std::size_t meet(const std::shared_ptr<TensorImpl>& handle) { return enter(reached(handle)); }
  std::size_t enter(const std::shared_ptr<TensorImpl>& tensor);
  void hand_out_grad(GradField& field);

  std::uint64_t id_;
  std::vector<Outside> outside_;
  std::unordered_map<const TensorImpl*, std::size_t> index_;
  std::unordered_map<const TensorImpl*, std::size_t> arguments_;  // the tensors
  std::unordered_map<const TensorImpl*, std::shared_ptr<TensorImpl>> shadows_;
  std::vector<std::size_t> captured_arguments_;
  std::set<std::size_t> differentiated_arguments_;
  std::unordered_map<const TensorImpl*, std::pair<std::shared_ptr<TensorImpl>, int>> grad_owner_;  // of fields met
  std::vector<std::unique_ptr<GradField>> grad_fields_;
  std::unordered_map<const TensorImpl*, std::size_t> grad_field_index_;
  std::vector<std::function<bool()>> guards_;
  std::int64_t draws_ = 0;
  Trace* before_;
  std::vector<CapturedValue> differentiated_;
  std::set<const TensorImpl*> with_gradient_;
  bool reads_calls_around_;
};

// Suspends the trace of this thread: what the library computes meanwhile is not part of the user's function.
class TraceSuspended {
 public:
  TraceSuspended();
  ~TraceSuspended();
  TraceSuspended(const TraceSuspended&) = delete;
  TraceSuspended& operator=(const TraceSuspended&) = delete;

 private:
  Trace* before_;
};

}  // namespace weft
