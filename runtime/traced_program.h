// A function traced for one input signature: its plan, the variables it is bound to, and its effects on .grad fields.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "graph/capture/captured_graph.h"
#include "graph/capture/trace.h"
#include "runtime/planning/plan.h"
#include "runtime/running/run.h"
#include "runtime/running/variable_locks.h"
#include "weft/function.h"

namespace weft {

class TracedProgram {
 public:
  // Runs `body` once on symbolic arguments like `inputs`, and plans what it captured.
  TracedProgram(const Function::Body& body, const std::vector<Tensor>& inputs, SourceLocation at);

  // Whether the program is right for these inputs and for the .grad fields as they are now.
  bool matches(const std::vector<Tensor>& inputs) const;

  // Runs the program. Any number of threads may; those that write variables take turns.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, Executor& executor, SourceLocation at);

  const Plan& plan() const { return *plan_; }
  // What each step takes, measured on copies of the variables and on arguments of zeros.
  std::vector<double> step_seconds(Executor& executor) const;
  std::size_t arena_bytes_in_use() const;

 private:
  struct Argument {
    TensorType type;
    bool requires_grad;
  };
  struct GradGuard {
    std::weak_ptr<TensorImpl> owner;
    std::shared_ptr<TensorImpl> before;
  };
  struct GradEffect {
    std::weak_ptr<TensorImpl> owner;
    std::shared_ptr<TensorImpl> after;
  };
  struct Bound {
    std::shared_ptr<Variable> variable;
    bool written = false;
  };
  // What one execution at a time uses.
  struct Session {
    explicit Session(const std::shared_ptr<const Plan>& plan) : run(plan) {}
    Run run;
    std::vector<std::shared_ptr<Buffer>> results;
  };

  void take_gradients(Trace& trace, std::vector<std::pair<std::shared_ptr<Variable>, ValueId>>& writes);
  void build(Trace& trace, const std::vector<Tensor>& results, SourceLocation at);
  std::unique_ptr<Session> take_session();
  void give_back(std::unique_ptr<Session> session);
  void bind(Session& session);
  std::vector<Tensor> wrap(Session& session) const;
  void apply_effects() const;

  // Constant after construction.
  std::vector<Argument> arguments_;
  std::vector<TensorType> result_types_;
  std::vector<Bound> variables_;
  std::vector<VariableUse> uses_;  // of variables_, in the order of locking
  std::vector<GradGuard> guards_;
  std::vector<GradEffect> effects_;
  std::shared_ptr<const Plan> plan_;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<Session>> idle_;
  std::size_t sessions_ = 0;
};

}  // namespace weft
