// Executors: what runs the steps of a Run.
#pragma once

#include <memory>

namespace weft {

class Run;

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs every step after all steps that it depends on, and returns when all are done. After a failure (Run::failed)
  // the kernels of the remaining steps are left out. Called by Run::execute.
  virtual void run(Run& run) = 0;
};

// All on the calling thread, in plan order.
Executor& serial_executor();

// oneTBB tasks in the task arena of the caller, serial where that has one thread or the plan gains too little: where
// its estimated time on one thread is not well above that of its longest path, or where the calling thread alone was
// faster of late (faster_way.h).
Executor& tbb_executor();

// The same with another limit for the gain; below 0: tasks for every plan.
std::unique_ptr<Executor> make_tbb_executor(double least_gain_seconds);

// The same on the documented interface of oneTBB. The executors above use it with versions of oneTBB whose own tasks
// are not known to be as they expect.
std::unique_ptr<Executor> make_task_group_executor(double least_gain_seconds);

}  // namespace weft
