// Trace: what compile() gathers while it runs the user's function once.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "graph/capture/captured_graph.h"

namespace weft {

// While a Trace is in force in a thread, all operations of the thread are captured into its graph, and assignments to
// leaves and changes of .grad are effects that each run of the program will have.
class Trace {
 public:
  // What a trace knows of the .grad field of a tensor from outside.
  struct GradField {
    std::weak_ptr<TensorImpl> owner;
    std::shared_ptr<TensorImpl> before;
    bool read = false;     // the program depends on `before`
    bool written = false;  // the program sets the field
  };

  Trace();
  ~Trace();  // restores the fields as they were, and ends the trace
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // The trace in force in this thread, or null.
  static Trace* current();

  const std::shared_ptr<CapturedGraph>& graph() { return graph_; }
  // An argument of the program.
  Tensor add_argument(const TensorType& type, bool requires_grad);
  // To be called before the .grad of a tensor is looked at or changed.
  void touch_grad(TensorImpl& owner, bool read, bool write);
  // In the order in which they were touched first.
  const std::vector<GradField>& grad_fields() const { return grad_fields_; }
  // Random draws so far, and the number of the next one.
  std::int64_t draws() const { return draws_; }
  std::int64_t next_draw() { return draws_++; }

 private:
  std::shared_ptr<CapturedGraph> graph_;
  std::vector<GradField> grad_fields_;
  std::unordered_map<const TensorImpl*, std::size_t> grad_field_index_;
  std::int64_t draws_ = 0;
  Trace* before_;
};

}  // namespace weft
