// The steps of a run as oneTBB tasks: two ways to spawn a step, and to wait for all of them.
//
// Of a run with n steps: expect(n), then spawn() what is ready and run_and_wait() for one of these. A Graph has
// run_task(StepId), which runs a step that is ready and what it makes ready, and ends with done(the number of these).
#pragma once

#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>

#include <vector>

#include "runtime/planning/plan.h"
#include "runtime/running/tsan.h"

// Whether this oneTBB has the tasks that OwnTasks is written for: they are not part of its documented interface.
#ifndef WEFT_HAS_OWN_TBB_TASKS
#define WEFT_HAS_OWN_TBB_TASKS (TBB_VERSION_MAJOR >= 2021 && TBB_VERSION_MAJOR <= 2023)
#endif

namespace weft {

// Tasks of the documented interface, for any oneTBB. Each is allocated when it is spawned.
template <class Graph>
class GroupTasks {
 public:
  GroupTasks(Graph& graph, std::size_t steps) : graph_(graph), handed_over_(steps) {}
  ~GroupTasks() noexcept {}  // a group of which all has been waited for does not throw

  void expect(std::size_t) {}
  void spawn(StepId s) { group_.run(task(s)); }
  void run_and_wait(StepId first) {
    group_.run_and_wait(task(first));
    tsan_acquire(this);
  }
  void done(std::uint32_t) { tsan_release(this); }

 private:
  // Nothing of this object is read before what was written to it is known to ThreadSanitizer.
  auto task(StepId s) {
    char* const place = &handed_over_[s];
    tsan_release(place);
    return [this, s, place] {
      tsan_acquire(place);
      graph_.run_task(s);
    };
  }

  Graph& graph_;
  std::vector<char> handed_over_;  // of each step: the address that ThreadSanitizer knows its hand-over by
  // Of its own: a host that cancels its tasks does not cancel the steps, which must be counted down.
  tbb::task_group_context context_{tbb::task_group_context::isolated};
  tbb::task_group group_{context_};
};

#if WEFT_HAS_OWN_TBB_TASKS

namespace d1 = tbb::detail::d1;

// Tasks as objects of the Run, made once: d1::task is what TBB's own algorithms are made of. It allocates nothing, and
// it leaves the ordering of steps to the counters of the graph alone, where ThreadSanitizer can see it.
template <class Graph>
class OwnTasks {
 public:
  OwnTasks(Graph& graph, std::size_t steps) : tasks_(steps), context_(d1::task_group_context::isolated) {
    for (StepId s = 0; s < steps; ++s) {
      tasks_[s].graph = &graph;
      tasks_[s].step = s;
    }
  }

  void expect(std::size_t steps) { steps_left_.reserve(static_cast<std::uint32_t>(steps)); }
  void spawn(StepId s) {
    tsan_release(&tasks_[s]);
    d1::spawn(tasks_[s], context_);
  }
  void run_and_wait(StepId first) {
    tsan_release(&tasks_[first]);
    d1::execute_and_wait(tasks_[first], context_, steps_left_, context_);
    tsan_acquire(&steps_left_);
    // The wait has seen the counter at 0, but inside of TBB: here ThreadSanitizer sees it, too.
    if (kThreadSanitizer) steps_left_.reserve(0);
  }
  void done(std::uint32_t steps) {
    tsan_release(&steps_left_);
    steps_left_.release(steps);
  }

 private:
  struct StepTask final : d1::task {
    Graph* graph = nullptr;
    StepId step = 0;

    d1::task* execute(d1::execution_data&) override {
      tsan_acquire(this);
      graph->run_task(step);
      return nullptr;
    }
    // Reached only if the context is cancelled, which nobody does; the steps must be counted down all the same.
    d1::task* cancel(d1::execution_data& data) override { return execute(data); }
  };

  std::vector<StepTask> tasks_;
  d1::wait_context steps_left_{0};
  d1::task_group_context context_;
};

#else

template <class Graph>
using OwnTasks = GroupTasks<Graph>;

#endif

}  // namespace weft
