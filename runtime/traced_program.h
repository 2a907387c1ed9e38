// A function traced for one signature: its plan, the tensors that it reads and writes, and its effects.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "runtime/planned_trace.h"
#include "runtime/reports/trace_events.h"
#include "weft/function.h"

namespace weft {

// A program's handle of a tensor. The tensor counts them: one that only programs still hold cannot be named by any
// function.
class ProgramHandle {
 public:
  ProgramHandle() = default;
  ProgramHandle(std::shared_ptr<TensorImpl> tensor) : tensor_(std::move(tensor)) { count(1); }
  ProgramHandle(const ProgramHandle& other) : ProgramHandle(other.tensor_) {}
  ProgramHandle(ProgramHandle&& other) noexcept : tensor_(std::move(other.tensor_)) {}
  ProgramHandle& operator=(ProgramHandle other) noexcept {
    tensor_.swap(other.tensor_);
    return *this;
  }
  ~ProgramHandle() { count(-1); }

  const std::shared_ptr<TensorImpl>& get() const { return tensor_; }
  TensorImpl* operator->() const { return tensor_.get(); }
  bool is_last() const {
    const long programs = tensor_->program_handles.load();  // before the others are counted
    return tensor_.use_count() <= programs;
  }

 private:
  void count(long n) {
    if (tensor_) tensor_->program_handles.fetch_add(n);
  }
  std::shared_ptr<TensorImpl> tensor_;
};

class TracedProgram {
 public:
  using Body = std::function<detail::Bundle(const detail::Bundle&)>;
  // How a program is traced.
  struct TraceOptions {
    bool keep_structure = false;
    // Finds a plan of equal structure that is there already, or null.
    std::function<std::shared_ptr<PlannedTrace>(const PlannedTrace&)> find_plan;
    bool only_structure = false;           // the program is never run
    std::ostream* print_passes = nullptr;  // see CompileOptions
    bool keep_unfused = false;             // for explain()
  };
  struct RunOptions {
    Executor& executor;
    bool flush_denormals = false;
    // Takes the values of what the program reads and writes, from before the run: see explain().
    std::vector<std::shared_ptr<const Buffer>>* before = nullptr;
  };

  // Runs `body` once on handles of these inputs, and plans what it captured. The inputs stay as they are.
  TracedProgram(const Body& body, const detail::Bundle& inputs, SourceLocation at, const TraceOptions& options);

  // Whether a call with these inputs, now, would capture the same.
  bool matches(const detail::Bundle& inputs) const;
  // No call will match again: a tensor that the function named is gone.
  bool is_stale() const;
  // What the function gives back besides tensors.
  const detail::Bundle& results() const { return result_shape_; }
  const std::shared_ptr<PlannedTrace>& planned() const { return planned_; }

  // Runs the program, or nothing where another thread has changed a .grad since matches(). Any number of threads may;
  // those that write the same tensors, or set the .grad of the same ones, take turns.
  std::optional<std::vector<Tensor>> run(const std::vector<Tensor>& inputs, const RunOptions& options,
                                         SourceLocation at);

  const Plan& plan() const { return *planned_->plan; }
  // What each step takes, measured on copies of the variables and on arguments of zeros.
  std::vector<double> step_seconds(const RunOptions& options) const;
  // Where numbers that are not finite come from in the run that began with these values, or with what is there now
  // (traced_diagnosis.cc). For programs that keep the graph before fusion. Changes nothing.
  NonfiniteReport explain(const std::vector<std::shared_ptr<const Buffer>>& before, bool flush_denormals) const;
  std::vector<std::shared_ptr<const Buffer>> values_now(const std::vector<Tensor>& inputs, SourceLocation at) const;
  // The leaves that the function met, and these by their names.
  GradientAudit audit(const std::vector<std::pair<std::string, Tensor>>& parameters) const;
  // When each step ran, and where, in one run on the same: the fastest of `rounds`.
  std::vector<StepRecord> step_records(const RunOptions& options, int rounds = 1) const;
  std::size_t arena_bytes_in_use() const { return planned_->arena_bytes_in_use(); }

 private:
  using Session = PlannedTrace::Session;
  using Impl = std::shared_ptr<TensorImpl>;

  // An argument of the function. One with storage of its own is read and written as it is; a view, or the result of an
  // operation that has a history, is handed over by value.
  struct Argument {
    TensorType type;
    bool requires_grad = false;
    bool is_leaf = false;  // and gradients end in it
    bool by_value = false;
    bool captured = false;                    // the function also reaches it by a handle of its own
    std::optional<std::uint64_t> hooks = {};  // gradients arrive at it: the state of its hooks
    std::size_t same_as = 0;                  // the first argument that is this tensor
    std::optional<Dims> strides;              // of a view
    ProgramHandle tensor;                     // where captured
  };
  // A tensor that the program reads or writes. Those that are reached by way of a .grad come last.
  struct Bound {
    ProgramHandle root;                 // the captured tensor that the origin starts from, or the constant
    std::shared_ptr<Variable> storage;  // of a captured tensor, when it was traced
    Origin origin;
    bool requires_grad = false;
    bool written = false;
    bool becomes_leaf = false;
    bool sets_grad = false;  // the program sets its .grad
    TensorType type;
  };
  // The .grad of a tensor from outside.
  struct Field {
    Origin owner;
    ProgramHandle root;
    bool read = false, written = false;
    bool present = false;               // before the run
    ProgramHandle before;               // where it must be this tensor
    std::optional<std::size_t> result;  // after it: of results_; or none
  };
  struct Result {
    enum class Kind { output, captured, argument, fresh, same } kind = Kind::output;
    std::size_t index = 0;  // the plan's result, argument, fresh gradient, or earlier one of results_
    bool is_view = false;   // of a tensor of that kind, not that tensor itself
    TensorType type;
    // Of an output that requires gradients.
    bool requires_grad = false;
    std::optional<ValueId> live;       // its version, of history_
    std::optional<ValueId> live_base;  // of a view: the version of its base
    const OpDef* op = nullptr;
    const char* grad_name = nullptr;
    ProgramHandle tensor;  // what the origin of a captured one starts from
    Origin origin;
    std::vector<ViewStep> steps;                                   // of a view
    std::optional<Dims> strides;                                   // of a view, and of an output that was one
    bool tracks_grad = true, in_no_grad = false, of_leaf = false;  // see ViewPath
    // Of what the function made:
    bool is_leaf = false;
    std::shared_ptr<LeafHooks> hooks;  // of a leaf
    bool retains_grad = false;
    std::optional<std::size_t> grad;  // its .grad: of results_
  };
  // A call that results with a history stand on: what each run captures again, so that gradients flow through it.
  struct Live {
    std::shared_ptr<CapturedCall> call;
    std::vector<ValueId> operands;
    std::optional<std::size_t> bound;         // an input: of bound_
    std::optional<std::size_t> saved;         // its value: the plan's result
    std::optional<std::size_t> leaf;          // of results_: gradients end there
    std::optional<std::size_t> outside_leaf;  // of bound_: or there
  };
  // A leaf that the function met.
  struct AuditRow {
    std::weak_ptr<TensorImpl> tensor;
    std::optional<std::size_t> argument;  // which it is, instead
    TensorType type;
    bool has_gradient = false;
    std::string reason = {};
    SourceLocation where = {};
  };
  struct Execution;
  class Builder;
  struct RunOnCopies;

  Impl resolve(const Bound& bound, const Execution& execution) const;
  Impl tensor_at(const Origin& origin, const ProgramHandle& root, const std::vector<Tensor>& inputs) const;
  // Another number when the hooks of a tensor change; 0: none.
  static std::uint64_t hooks_of(const Impl& tensor);
  bool arguments_match(const std::vector<Tensor>& inputs) const;
  bool fields_match(const std::vector<Tensor>& inputs) const;
  // An argument that is a view of elements that the program writes and reaches otherwise, too.
  std::optional<std::size_t> find_overlap(const std::vector<Tensor>& inputs) const;

  // ---- The stages of a run
  void take_arguments(Execution& execution) const;
  bool take(Execution& execution, VariableAccess& access) const;
  bool find_uses(Execution& execution, std::size_t begin, std::size_t end) const;
  void keep_values(Execution& execution, std::vector<std::shared_ptr<const Buffer>>& values) const;
  void bind(Execution& execution, VariableAccess& access) const;
  void bind_fresh(Execution& execution, std::size_t variable) const;
  void make_leaves(Execution& execution) const;
  void set_grads(Execution& execution, const std::vector<Tensor>& results) const;
  void write_back(Execution& execution) const;
  // ---- Results: traced_results.cc
  void capture_history(Execution& execution) const;
  void publish_history(Execution& execution) const;
  void reuse_used_up(Execution& execution, const Result& result) const;
  Tensor wrap_used_up(Execution& execution, const Result& result) const;
  CapturedValue version(Execution& execution, const ValueId& live) const;
  Tensor wrap_output(Execution& execution, const Result& result) const;
  Tensor wrap_one(Execution& execution, const Result& result, const std::vector<Tensor>& earlier) const;
  std::vector<Tensor> wrap(Execution& execution) const;

  // Constant after construction.
  bool grad_mode_ = true;
  std::vector<std::uint64_t> numbers_;  // of the arguments
  std::vector<std::string> names_;
  detail::Bundle result_shape_;
  std::vector<Argument> arguments_;
  bool any_by_value_ = false;
  std::vector<Bound> bound_;
  std::size_t direct_ = 0;  // of bound_: those that are reached by way of no .grad
  // The plan's arguments are those of bound_ that are not written, and its variables those that are, then fresh_.
  std::vector<TensorType> fresh_;  // gradients that the program makes
  std::vector<Field> fields_;
  bool gives_old_grads_ = false;         // as results, or as another .grad
  std::vector<std::size_t> set_fields_;  // of fields_: those that are another one after a run
  bool writes_back_ = false;             // to views that were handed over by value, or flags
  // What a run makes tensors of, in this order: what several of the others are views of, what the function gives back,
  // and what becomes the .grad of a tensor.
  std::vector<Result> results_;
  std::size_t first_given_back_ = 0, num_given_back_ = 0;
  std::vector<TensorType> output_types_;
  std::vector<Live> history_;
  std::vector<std::function<bool()>> guards_;
  std::vector<AuditRow> audit_;
  bool differentiates_ = false;
  std::shared_ptr<PlannedTrace> planned_;
};

// One call on its way.
struct TracedProgram::Execution {
  Execution(PlannedTrace& from, const std::vector<Tensor>& given, SourceLocation where)
      : planned(from), inputs(given), at(where), session(from.take_session()) {}
  ~Execution() { planned.give_back(std::move(session)); }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  PlannedTrace& planned;
  const std::vector<Tensor>& inputs;
  SourceLocation at;
  std::unique_ptr<Session> session;
};

}  // namespace weft
