#include "runtime/planning/memory.h"

#include <algorithm>
#include <numeric>

#include "graph/alignment.h"

namespace weft {
namespace {

// Whether everything that touches a certainly ends before b is first touched; `before_b` are the steps that do.
bool precedes(const ArenaBuffers& arena, const ArenaBuffer& a, const std::vector<std::uint64_t>& before_b) {
  const std::span<const StepId> touches = arena.last_touches(a);
  return std::all_of(touches.begin(), touches.end(), [&](StepId s) { return (before_b[s / 64] >> (s % 64)) & 1; });
}

struct Interval {
  std::size_t begin;
  std::size_t end;
};

// The start of the smallest gap between the intervals (sorted by begin) that takes `bytes`, or their end.
std::size_t best_gap(const std::vector<Interval>& taken, std::size_t bytes) {
  std::size_t best = 0;
  std::size_t best_size = static_cast<std::size_t>(-1);
  std::size_t end = 0;
  for (const Interval& i : taken) {
    if (i.begin > end && i.begin - end >= bytes && i.begin - end < best_size) {
      best = end;
      best_size = i.begin - end;
    }
    end = std::max(end, i.end);
  }
  return best_size == static_cast<std::size_t>(-1) ? end : best;
}

// Largest first, each into the smallest gap among the buffers that it must not meet.
ArenaLayout greedy_by_size(const Reachability& order, const ArenaBuffers& arena) {
  const std::vector<ArenaBuffer>& buffers = arena.buffers;
  ArenaLayout layout;
  layout.offsets.assign(buffers.size(), 0);
  std::vector<std::uint32_t> by_size(buffers.size());
  std::iota(by_size.begin(), by_size.end(), 0U);
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<std::vector<std::uint64_t>> before;  // the first touch of each buffer
  for (const ArenaBuffer& b : buffers) before.push_back(order.common_ancestors(b.writer, b.num_writers));
  std::vector<std::uint32_t> placed;
  std::vector<Interval> taken;
  for (const std::uint32_t b : by_size) {
    const std::size_t bytes = aligned(buffers[b].bytes);
    if (bytes == 0) break;
    taken.clear();
    for (const std::uint32_t p : placed)
      if (!precedes(arena, buffers[p], before[b]) && !precedes(arena, buffers[b], before[p]))
        taken.push_back({layout.offsets[p], layout.offsets[p] + aligned(buffers[p].bytes)});
    std::sort(taken.begin(), taken.end(), [](const Interval& x, const Interval& y) { return x.begin < y.begin; });
    layout.offsets[b] = best_gap(taken, bytes);
    layout.bytes = std::max(layout.bytes, layout.offsets[b] + bytes);
    placed.push_back(b);
  }
  return layout;
}

}  // namespace

ArenaLayout lay_out(const Reachability& order, const ArenaBuffers& arena) {
  ArenaLayout layout = lay_out_in_order(order, arena);
  if (arena.buffers.size() > kGreedyBuffers || !order.exact()) return layout;
  ArenaLayout greedy = greedy_by_size(order, arena);
  return greedy.bytes < layout.bytes ? greedy : layout;
}

}  // namespace weft
