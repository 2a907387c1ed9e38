// Run: all mutable state of one execution of a Plan.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/planning/plan.h"
#include "runtime/running/executor.h"

namespace weft {

// What an executor keeps with a Run from one execution to the next.
class ExecutorState {
 public:
  virtual ~ExecutorState() = default;
};

// Used by one caller at a time; Runs of one Plan are independent of each other.
class Run {
 public:
  explicit Run(std::shared_ptr<const Plan> plan);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const Plan& plan() const { return *plan_; }

  // Dense row-major bytes, 64-byte aligned, that stay valid through execute(). Bindings persist. The bytes of a result
  // and of a variable's next value must not overlap those of anything else that is bound, but for the variable's value
  // now: both may be the same.
  void bind_argument(std::size_t i, const void* bytes);
  void bind_variable(std::size_t j, const void* now, void* next);
  void bind_result(std::size_t k, void* bytes);

  // Runs the plan once. Everything that has bytes must be bound. Allocates nothing after the first time with an
  // executor. Throws Error, naming the node, its types and the user's line, after the last step has ended; variables
  // then keep their old values (if the op that failed is marked may_throw) and results are undefined.
  void execute(Executor& executor);

  // From now on kernels read and write denormal numbers as zero.
  void flush_denormals() { flush_denormals_ = true; }
  bool flushes_denormals() const { return flush_denormals_; }

  // The bytes that an execution holds: intermediates, and scratch for each worker that an executor came with so far.
  std::size_t arena_bytes() const { return plan_->stats.arena_bytes + workers_ * plan_->stats.scratch_bytes; }

  // From now on `watch` is told when each kernel began and ended, by the thread that ran it. Nothing is measured
  // before.
  using Clock = std::chrono::steady_clock;
  using StepWatcher = std::function<void(StepId, Clock::time_point begin, Clock::time_point end)>;
  void watch_steps(StepWatcher watch);

  // ---- For executors
  // Scratch for workers 0 .. n - 1. Comes before the first step that one of them runs; throws Error.
  void provide_scratch(std::size_t workers);
  // Runs the kernel of step s, or nothing after a failure. Never throws. A worker runs one step at a time.
  void step(StepId s, std::size_t worker = 0) noexcept {
    if (failed()) return;
    const Invocation& call = invocations_[s];
    try {
      (*call.run)({call.in, call.out, scratch_[worker]->data(), call.part});
    } catch (...) {
      fail(s);
    }
  }
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  void* arena() { return arena_->data(); }
  std::unique_ptr<ExecutorState>& executor_state() { return executor_state_; }

 private:
  // What the kernel of a step is called with.
  struct Invocation {
    const KernelFn* run;
    const void* const* in;
    void* const* out;
    std::uint32_t part;
  };

  void make_invocations();
  void* resolve(const Slot& slot) const;
  void take_memory();
  [[noreturn]] void refuse_memory(const std::exception_ptr& cause) const;
  void give_back_memory();
  void index_externals();
  void bind(std::size_t external, const void* bytes);
  void check_bound() const;
  void fail(StepId s) noexcept;
  [[noreturn]] void rethrow();

  std::shared_ptr<const Plan> plan_;
  // While it executes; taken from the pools of the process.
  std::unique_ptr<Buffer> arena_;
  std::vector<std::unique_ptr<Buffer>> scratch_;  // of each worker
  const char* arena_address_ = nullptr;           // of the last execution: what pointers_ are of
  std::size_t workers_ = 0;                       // the most so far
  std::vector<void*> pointers_;                   // of each of the plan's slots
  std::vector<Invocation> invocations_;           // of each step
  std::vector<KernelFn> instances_;
  std::vector<KernelFn> watched_;

  // Of each external: arguments, variables, results, next values of variables.
  std::vector<const void*> bound_;
  Rows<std::uint32_t> uses_;  // the slots that name it

  bool is_checked_ = false;  // everything was bound, and has been since
  bool flush_denormals_ = false;
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
  StepId failed_step_ = 0;
  std::unique_ptr<ExecutorState> executor_state_;
};

}  // namespace weft
