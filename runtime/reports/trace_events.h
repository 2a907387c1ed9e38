// One run of a plan on a time line: who ran which step when.
#pragma once

#include <ostream>
#include <span>
#include <vector>

#include "runtime/running/run.h"

namespace weft {

struct StepRecord {
  double begin = 0, end = 0;  // seconds since the run began
  int worker = 0;             // of the task arena
};

// One execution of a bound run: the fastest of `rounds`, after another one that warms it up. The run is of no use
// afterwards.
std::vector<StepRecord> record_steps(Run& run, Executor& executor, int rounds = 1);

// In the JSON of Chrome's trace viewer and Perfetto (complete events, microseconds): a lane for each worker with its
// steps, and "waiting" between them.
void write_trace_events(const Plan& plan, std::span<const StepRecord> records, std::ostream& out);

}  // namespace weft
