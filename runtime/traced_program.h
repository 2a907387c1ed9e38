// A function traced for one kind of call: its plan, the tensors that it reads and writes, and its effects.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/capture/extract.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "runtime/planning/plan.h"
#include "runtime/running/run.h"
#include "runtime/running/variable_locks.h"
#include "weft/function.h"

namespace weft {

// The plan of what a trace captured. Traces of one structure can share it.
struct PlannedTrace {
  // What one execution at a time uses.
  struct Session {
    explicit Session(const std::shared_ptr<const Plan>& plan) : run(plan) {}
    Run run;
    std::vector<std::shared_ptr<Buffer>> results;
    std::vector<VariableLocks::Use> uses;  // of the last run: the storage of what it reads and writes
    std::vector<std::size_t> lock_order;
    std::vector<std::shared_ptr<const Buffer>> held;  // keeps what is read through the run
  };

  std::vector<std::uint64_t> words;
  std::vector<Attrs> attrs;
  std::shared_ptr<const Plan> plan;

  bool same_structure(const PlannedTrace& other) const { return words == other.words && attrs == other.attrs; }
  std::unique_ptr<Session> take_session();
  void give_back(std::unique_ptr<Session> session);
  std::size_t arena_bytes_in_use() const;

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<Session>> idle_;
  std::size_t sessions_ = 0;
};

class TracedProgram {
 public:
  using Body = std::function<detail::Bundle(const detail::Bundle&)>;
  // A plan that is there already, given words and attributes; or null.
  using FindPlan = std::function<std::shared_ptr<PlannedTrace>(const PlannedTrace&)>;

  // Runs `body` once on handles of these inputs, and plans what it captured. The inputs stay as they are.
  TracedProgram(const Body& body, const detail::Bundle& inputs, SourceLocation at, const FindPlan& find_plan);

  // Whether a call with these inputs, now, would capture the same.
  bool matches(const detail::Bundle& inputs) const;
  // The function cannot name what it named when it was traced: no call will match again.
  bool is_stale() const;
  // What the function gives back besides tensors.
  const detail::Bundle& results() const { return result_shape_; }
  const std::shared_ptr<PlannedTrace>& planned() const { return planned_; }

  // Runs the program. Any number of threads may; those that write the same tensors take turns.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, Executor& executor, SourceLocation at);

  const Plan& plan() const { return *planned_->plan; }
  // What each step takes, measured on copies of the variables and on arguments of zeros.
  std::vector<double> step_seconds(Executor& executor) const;
  std::size_t arena_bytes_in_use() const { return planned_->arena_bytes_in_use(); }

 private:
  using Session = PlannedTrace::Session;
  using Impl = std::shared_ptr<TensorImpl>;

  // An argument of the function. One with storage of its own is read and written as it is; a view, or the result of an
  // operation that has a history, is handed over by value.
  struct Argument {
    TensorType type;
    bool requires_grad = false;
    bool by_value = false;
    bool captured = false;    // the function also reaches it by a handle of its own
    std::size_t same_as = 0;  // the first argument that is this tensor
    Impl tensor;              // where captured
  };
  // A tensor that the program reads or writes.
  struct Bound {
    Origin origin;
    Impl root;  // the captured tensor that the origin starts from, or the constant
    TensorType type;
    bool requires_grad = false;
    bool written = false;
    bool becomes_leaf = false;
    std::shared_ptr<Variable> storage;  // of a captured tensor, when it was traced
  };
  // The .grad of a tensor.
  struct Field {
    Origin owner;
    Impl root;
    bool read = false, written = false;
    bool present = false;              // before the run
    std::optional<std::size_t> fresh;  // after it: of fresh_
    std::optional<Origin> after;       // or this tensor; or none
    Impl after_root;
  };
  struct Result {
    enum class Kind { output, captured, argument, fresh, same } kind = Kind::output;
    std::size_t index = 0;  // the plan's result, argument, fresh gradient, earlier result
    bool is_view = false;   // of the captured tensor or the argument
    TensorType type;
    // Of an output that requires gradients.
    bool requires_grad = false;
    std::optional<std::size_t> live;  // the call of history_ that it is a result of
    std::uint32_t output = 0;
    const OpDef* op = nullptr;
    const char* grad_name = nullptr;
    Impl tensor;  // a captured one, or the base of a view of one, or what its origin starts from
    Origin origin;
    std::vector<ViewStep> steps;  // of a view
    Dims strides;
    bool tracks_grad = true;
  };
  // A call that results with a history stand on: what each run captures again, so that gradients flow through it.
  struct Live {
    std::shared_ptr<CapturedCall> call;
    std::vector<ValueId> operands;
    std::optional<std::size_t> bound;  // an input: of bound_
    std::optional<std::size_t> saved;  // its value: the plan's result
  };
  struct Call;
  class Builder;

  Impl resolve(const Origin& origin, const Impl& root, std::span<const Impl> arguments) const;
  Impl reach(const Origin& origin, const Impl& root, const Call& call) const;
  void bind(Call& call);
  void apply_effects(Call& call);
  std::vector<Tensor> wrap(Call& call);
  void capture_history(Call& call) const;
  void publish_history(Call& call) const;

  // Constant after construction.
  bool grad_mode_ = true;
  std::vector<std::uint64_t> numbers_;  // of the arguments
  std::vector<std::string> names_;
  detail::Bundle result_shape_;
  std::vector<Argument> arguments_;
  std::vector<Bound> bound_;
  // The plan's arguments are those of bound_ that are not written, and its variables those that are, then fresh_.
  std::vector<TensorType> fresh_;  // gradients that the program makes
  std::vector<Field> fields_;
  std::vector<Result> results_;
  std::vector<TensorType> output_types_;
  std::vector<Live> history_;
  std::vector<std::function<bool()>> guards_;
  std::shared_ptr<PlannedTrace> planned_;
};

}  // namespace weft
