// Steps as dependency-counted oneTBB tasks. Only this file and tbb_tasks.h know TBB.
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "runtime/running/executor.h"
#include "runtime/running/faster_way.h"
#include "runtime/running/float_environment.h"
#include "runtime/running/ready_steps.h"
#include "runtime/running/run.h"
#include "runtime/running/tbb_tasks.h"

namespace weft {
namespace {

// For //tests:runtime/running/seeded_bugs_test alone, which counts relaxed to see that the race test finds it.
#ifndef WEFT_COUNTER_ORDER
#define WEFT_COUNTER_ORDER acq_rel
#endif
constexpr std::memory_order kCount = std::memory_order::WEFT_COUNTER_ORDER;

constexpr std::size_t kNoWorker = ReadySteps::kNoWorker;

// Workers that may be at it at once.
int concurrency() {
  const auto allowed = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
  return std::min(tbb::this_task_arena::max_concurrency(), static_cast<int>(allowed));
}

// The counters of one Run, and its tasks.
template <template <class Graph> class Tasks>
class TaskGraph final : public ExecutorState {
 public:
  explicit TaskGraph(Run& run)
      : run_(run),
        plan_(run.plan()),
        waiting_for_(plan_.steps.size()),
        tasks_(*this, plan_.steps.size()),
        ready_(plan_) {}

  FasterWay& ways() { return ways_; }

  void execute() {
    for (std::size_t s = 0; s < waiting_for_.size(); ++s)
      waiting_for_[s].store(plan_.dependencies[s], std::memory_order_relaxed);
    ready_.provide_workers(static_cast<std::size_t>(tbb::this_task_arena::max_concurrency()),
                           static_cast<std::size_t>(concurrency()));
    tasks_.expect(plan_.steps.size());
    for (std::size_t i = plan_.source_steps.size(); i-- > 1;) spawn(plan_.source_steps[i], kNoWorker);
    if (is_long(plan_.source_steps[0])) ready_.push(plan_.source_steps[0], kNoWorker);
    tasks_.run_and_wait(plan_.source_steps[0]);
  }

  void run_task(StepId s) {
    const FloatEnvironment environment(run_.flushes_denormals());
    run_from(s);
  }

  // Runs a ready step, then successors as long as this thread makes one ready. In place of a long step it runs the most
  // urgent long one: there is a task for each. Nothing touches the Run after this.
  void run_from(StepId s) {
    const auto worker = static_cast<std::size_t>(tbb::this_task_arena::current_thread_index());
    std::uint32_t done = 0;
    if (is_long(s)) s = ready_.pop(worker);
    while (s != kNoStep) {
      run_.step(s, worker);
      ++done;
      s = count_down(s, worker);
      if (s != kNoStep && is_long(s)) s = ready_.exchange(s, worker);
    }
    tasks_.done(done);
  }

 private:
  bool is_long(StepId s) const { return plan_.seconds[s] >= ReadySteps::kLongSeconds; }

  void spawn(StepId s, std::size_t worker) {
    if (is_long(s)) ready_.push(s, worker);
    tasks_.spawn(s);
  }

  // Returns the most urgent of the successors that became ready, after spawning the others.
  StepId count_down(StepId s, std::size_t worker) {
    StepId next = kNoStep;
    const std::span<const StepId> successors = plan_.successors_of(s);
    // Backwards: TBB runs last what was spawned first, which leaves the most urgent steps to this thread.
    for (std::size_t i = successors.size(); i-- > 0;) {
      // A step that waits for nothing else needs no counting.
      if (plan_.dependencies[successors[i]] > 1 && waiting_for_[successors[i]].fetch_sub(1, kCount) != 1) continue;
      if (next != kNoStep) spawn(next, worker);
      next = successors[i];
    }
    return next;
  }

  Run& run_;
  const Plan& plan_;
  std::vector<std::atomic<std::uint32_t>> waiting_for_;
  Tasks<TaskGraph> tasks_;
  ReadySteps ready_;
  FasterWay ways_;
};

template <template <class Graph> class Tasks>
class TbbExecutor final : public Executor {
 public:
  explicit TbbExecutor(double least_gain_seconds, bool chooses = false)
      : least_gain_seconds_(least_gain_seconds), chooses_(chooses) {}

  void run(Run& run) override {
    const PlanStats& stats = run.plan().stats;
    const bool gains = stats.estimated_seconds - stats.critical_seconds > least_gain_seconds_;
    if (!gains || run.plan().steps.empty() || concurrency() < 2) return serial_executor().run(run);
    run.provide_scratch(static_cast<std::size_t>(tbb::this_task_arena::max_concurrency()));
    auto* graph = dynamic_cast<TaskGraph<Tasks>*>(run.executor_state().get());
    if (!graph) {
      auto made = std::make_unique<TaskGraph<Tasks>>(run);
      graph = made.get();
      run.executor_state() = std::move(made);
    }
    if (!chooses_) return execute(*graph);
    using Clock = std::chrono::steady_clock;
    const FasterWay::Way way = graph->ways().next();
    const Clock::time_point begin = Clock::now();
    way == FasterWay::Way::serial ? serial_executor().run(run) : execute(*graph);
    if (!run.failed()) graph->ways().took(way, std::chrono::duration<double>(Clock::now() - begin).count());
  }

 private:
  // Isolated: while this thread waits it must not start an unrelated task of its caller, which may wait for a lock that
  // this caller holds.
  static void execute(TaskGraph<Tasks>& graph) {
    tbb::this_task_arena::isolate([&] { graph.execute(); });
  }

  double least_gain_seconds_;
  bool chooses_;
};

}  // namespace

Executor& tbb_executor() {
  // What waking a worker and waiting for it costs.
  constexpr double kLeastGainSeconds = 20e-6;
  // Never destroyed: programs may outlive main.
  static auto& executor = *new TbbExecutor<OwnTasks>(kLeastGainSeconds, /*chooses=*/true);
  return executor;
}

std::unique_ptr<Executor> make_tbb_executor(double least_gain_seconds) {
  return std::make_unique<TbbExecutor<OwnTasks>>(least_gain_seconds);
}

std::unique_ptr<Executor> make_task_group_executor(double least_gain_seconds) {
  return std::make_unique<TbbExecutor<GroupTasks>>(least_gain_seconds);
}

}  // namespace weft
