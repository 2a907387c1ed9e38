// The generator behind rand, randn, randint and dropout: a seed and a count of draws.
#pragma once

#include <compare>
#include <cstdint>
#include <mutex>
#include <optional>

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

// One draw: its number in the stream that the seed gives.
struct Draw {
  std::int64_t seed = 0;
  std::int64_t number = 0;
  auto operator<=>(const Draw&) const = default;
};
// What the next draw will be. Nothing in a trace: its draws are those of its runs.
std::optional<Draw> next_draw();

// The next draw in its scope is this one. Afterwards the generator is where it was before. Other threads wait.
class DrawScope {
 public:
  explicit DrawScope(Draw next);
  ~DrawScope();
  DrawScope(const DrawScope&) = delete;
  DrawScope& operator=(const DrawScope&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  Draw before_;
};

// At the end of a trace: records that a run advances the generator by the draws it makes.
void finish_random(Trace& trace);

}  // namespace weft
