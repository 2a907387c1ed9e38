// Grad mode, and gradients as values.
#pragma once

#include <vector>

#include "weft/tensor.h"

namespace weft {

// Whether operations captured in this thread are recorded for gradients. True in a new thread.
bool grad_enabled();
void set_grad_enabled(bool enabled);

// Sets grad mode for a scope and restores it, also when an exception leaves the scope. Nests.
class GradModeGuard {
 public:
  explicit GradModeGuard(bool enabled) : before_(grad_enabled()) { set_grad_enabled(enabled); }
  ~GradModeGuard() { set_grad_enabled(before_); }
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;

 private:
  bool before_;
};

// Operations in its scope give tensors that do not require gradients.
class NoGradGuard : public GradModeGuard {
 public:
  NoGradGuard() : GradModeGuard(false) {}
};

// While it is on, for all threads, backward() and grad() compute gradients call by call and throw Error at the first
// nan: it names the operation whose gradient that is, and stands in the line of its call; the hint names the first
// infinite gradient before it. Slow: for looking for a fault. Traced functions are not checked, since they have no
// values yet.
void set_detect_anomaly(bool enabled);
bool is_anomaly_enabled();

// Sets it for a scope and restores it.
class DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool enabled = true) : before_(is_anomaly_enabled()) { set_detect_anomaly(enabled); }
  ~DetectAnomalyGuard() { set_detect_anomaly(before_); }
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool before_;
};

struct GradOptions {
  std::vector<Tensor> grad_outputs = {};  // one for each output; undefined or missing: ones, for scalars only
  bool retain_graph = false;
  bool create_graph = false;  // the gradients can be differentiated again; retains the graph
  bool allow_unused = false;  // an input that no output depends on: an undefined tensor instead of Error
};

// d(sum_k sum(outputs[k] * grad_outputs[k])) / d(inputs[i]) for each i. Touches no .grad.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options = {}, SourceLocation at = SourceLocation::current());

}  // namespace weft
