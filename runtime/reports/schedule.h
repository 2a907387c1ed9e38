// Predicts a run of a plan by a number of workers.
#pragma once

#include <span>
#include <vector>

#include "runtime/running/run.h"
#include "weft/function.h"

namespace weft {

// The seconds that each step takes: the least of several executions of a bound run, which is of no use afterwards.
std::vector<double> measure_steps(Run& run, Executor& executor);

// The longest path of dependent steps where each takes so long.
std::vector<StepId> critical_path(const Plan& plan, std::span<const double> seconds);

// Replays the executor's choices with these times: the most urgent of the ready steps runs next, on the worker that is
// free first.
ScheduleReport simulate(const Plan& plan, std::span<const double> seconds, int workers);

}  // namespace weft
