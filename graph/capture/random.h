// The generator behind rand, randn, randint and dropout: a seed and a count of draws.
#pragma once

#include <cstdint>

#include "graph/capture/capture.h"
#include "graph/capture/trace.h"

namespace weft {

// What a random op takes: draw number state[1] + offset of the stream that state[0] seeds.
struct RandomState {
  Value state;  // i64[2]
  std::int64_t offset = 0;
};

// Takes the next draw. In a trace the state is a variable that each run advances, so runs draw anew, and draw the
// numbers that the same lines would draw eagerly.
RandomState next_random(CaptureScope& scope);

// At the end of a trace: records that a run advances the generator by the draws it makes.
void finish_random(Trace& trace);

}  // namespace weft
