// The long steps of a run that may start now, for all workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "runtime/planning/urgency.h"

namespace weft {

// Hands out the most urgent step, but rather one whose data may be in the worker's cache: as long as another one is not
// more urgent by more than the time that it takes. Of calls in parts, each worker has the parts at the same place, so
// that it meets the same columns of parameters and values in all of them; it has other steps that it ran the last time.
class ReadySteps {
 public:
  static constexpr std::size_t kNoWorker = static_cast<std::size_t>(-1);
  // Steps that are shorter stay with the worker that made them ready: there, choosing would cost more than it gains.
  static constexpr float kLongSeconds = 5e-6F;

  explicit ReadySteps(const Plan& plan);

  // Before the steps of a run, which has workers 0 .. workers - 1, so many of them at once. Allocates only when the
  // first number grows.
  void provide_workers(std::size_t workers, std::size_t at_once);

  // `worker` made the step ready, and has it if nothing else is known. Any number of threads.
  void push(StepId s, std::size_t worker);
  // There must be a step.
  StepId pop(std::size_t worker);
  // In place of a push and a pop.
  StepId exchange(StepId s, std::size_t worker);

 private:
  class Lock;

  std::size_t preferred_worker(StepId s, std::size_t worker) const;
  void insert(StepId s, std::size_t worker);
  StepId take(std::size_t worker);

  const Plan& plan_;
  LessUrgent<float> less_urgent_;
  std::atomic_flag busy_;
  std::size_t at_once_ = 1;
  std::vector<std::uint32_t> ran_;          // of each step: the worker that ran it last
  std::vector<std::vector<StepId>> heaps_;  // of the ready steps, by preferred worker
};

}  // namespace weft
