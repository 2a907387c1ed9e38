// Where in the arena each buffer goes. Two buffers may share bytes only where everything that touches one happens
// before the first touch of the other in the step DAG, whatever order and however many threads run it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/planning/reachability.h"

namespace weft {

struct ArenaBuffer {
  std::size_t bytes = 0;
  StepId writer = 0;               // the first of the steps that touch it first
  std::uint32_t first_reader = 0;  // of ArenaBuffers::readers: the steps that touch it last
  std::uint32_t num_readers = 0;   // 0: the writer is the only one
  std::uint32_t num_writers = 1;   // consecutive steps
};

// Each reader must depend on one of the writers. Any other step that touches the buffer must lie before a reader.
struct ArenaBuffers {
  std::vector<ArenaBuffer> buffers;
  std::vector<StepId> readers;

  std::span<const StepId> last_touches(const ArenaBuffer& b) const {
    if (b.num_readers == 0) return {&b.writer, 1};
    return {readers.data() + b.first_reader, b.num_readers};
  }
};

struct ArenaLayout {
  std::vector<std::size_t> offsets;  // multiples of kAlignment
  std::size_t bytes = 0;
};

// Near-linear; of better quality for up to kGreedyBuffers buffers.
inline constexpr std::size_t kGreedyBuffers = 512;
ArenaLayout lay_out(const Reachability& order, const ArenaBuffers& arena);
// What lay_out does for any number of buffers.
ArenaLayout lay_out_in_order(const Reachability& order, const ArenaBuffers& arena);

}  // namespace weft
