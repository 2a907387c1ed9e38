// Layout for graphs of any size: the steps are walked once in serial order; a dead buffer becomes a free block that
// remembers the steps that must have ended before its bytes are written again.
#include <algorithm>
#include <array>

#include "graph/alignment.h"
#include "graph/rows.h"
#include "runtime/planning/memory.h"

namespace weft {
namespace {

constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);

class FreeList {
 public:
  FreeList(const Reachability& order, const ArenaBuffers& arena)
      : order_(order), arena_(arena), free_(order.num_chains()), block_of_(arena.buffers.size(), kNone) {}

  ArenaLayout run() {
    ArenaLayout layout;
    layout.offsets.assign(arena_.buffers.size(), 0);
    const Rows<std::uint32_t> births = buffers_by_step([](const ArenaBuffer& b) { return b.writer; });
    const Rows<std::uint32_t> deaths = buffers_by_step([&](const ArenaBuffer& b) {
      const auto touches = arena_.last_touches(b);
      return *std::max_element(touches.begin(), touches.end());
    });
    for (StepId s = 0; s < order_.size(); ++s) {
      for (const std::uint32_t b : births[s]) layout.offsets[b] = allocate(b);
      for (const std::uint32_t b : deaths[s]) release(b);
    }
    layout.bytes = end_;
    return layout;
  }

 private:
  static constexpr std::size_t kGuards = 8;
  static constexpr std::size_t kManyTouches = 64;
  static constexpr int kTries = 8;

  // The last steps that touch the bytes of a free block. Too many to keep: the block stays unused.
  struct Guards {
    std::array<StepId, kGuards> steps;
    std::uint8_t count = 0;
    bool too_many = false;
  };
  // Blocks tile the arena; neighbours are linked in address order.
  struct Block {
    std::size_t offset;
    std::size_t bytes;
    std::uint32_t previous;
    std::uint32_t next;
    bool free = false;
    std::uint32_t stamp = 0;  // entries of free_ with another stamp are stale
    Guards guards;
  };
  struct Entry {
    std::uint32_t block;
    std::uint32_t stamp;
  };

  // The buffers that have bytes.
  template <class F>
  Rows<std::uint32_t> buffers_by_step(F step_of) const {
    return Rows<std::uint32_t>(order_.size(), [&](auto add) {
      for (std::uint32_t i = 0; i < arena_.buffers.size(); ++i)
        if (arena_.buffers[i].bytes > 0) add(step_of(arena_.buffers[i]), i);
    });
  }

  std::size_t allocate(std::uint32_t buffer) {
    const std::size_t bytes = aligned(arena_.buffers[buffer].bytes);
    std::uint32_t block = find(arena_.buffers[buffer], bytes);
    if (block == kNone) {
      block = add_block(end_, bytes, last_, kNone);
      end_ += bytes;
    } else {
      take(block, bytes);
    }
    block_of_[buffer] = block;
    return blocks_[block].offset;
  }

  // The smallest of a few free blocks that are proven to be free when a buffer is first touched.
  std::uint32_t find(const ArenaBuffer& buffer, std::size_t bytes) {
    std::uint32_t best = kNone;
    for (const Reachability::Mark& mark : order_.marks(buffer.writer)) {
      std::vector<Entry>& entries = free_[mark.chain];
      int tries = kTries;
      for (std::size_t i = entries.size(); i-- > 0 && tries > 0;) {
        const Block& block = blocks_[entries[i].block];
        if (!block.free || block.stamp != entries[i].stamp) {
          entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
        --tries;
        if (block.bytes < bytes || (best != kNone && block.bytes >= blocks_[best].bytes)) continue;
        if (proven(block.guards, buffer)) best = entries[i].block;
        if (best != kNone && blocks_[best].bytes == bytes) return best;
      }
    }
    return best;
  }

  bool proven(const Guards& guards, const ArenaBuffer& buffer) const {
    return std::all_of(guards.steps.begin(), guards.steps.begin() + guards.count,
                       [&](StepId g) { return order_.before_all(g, buffer.writer, buffer.num_writers); });
  }

  void take(std::uint32_t block, std::size_t bytes) {
    blocks_[block].free = false;
    ++blocks_[block].stamp;
    if (blocks_[block].bytes == bytes) return;
    const std::uint32_t rest =
        add_block(blocks_[block].offset + bytes, blocks_[block].bytes - bytes, block, blocks_[block].next);
    blocks_[block].bytes = bytes;
    blocks_[rest].guards = blocks_[block].guards;
    publish(rest);
  }

  std::uint32_t add_block(std::size_t offset, std::size_t bytes, std::uint32_t previous, std::uint32_t next) {
    std::uint32_t block = static_cast<std::uint32_t>(blocks_.size());
    if (unused_.empty()) {
      blocks_.emplace_back();
    } else {
      block = unused_.back();
      unused_.pop_back();
    }
    Block& b = blocks_[block];
    b.offset = offset;
    b.bytes = bytes;
    b.previous = previous;
    b.next = next;
    if (previous != kNone) blocks_[previous].next = block;
    (next != kNone ? blocks_[next].previous : last_) = block;
    return block;
  }

  void release(std::uint32_t buffer) {
    std::uint32_t block = block_of_[buffer];
    blocks_[block].guards = make_guards(arena_.last_touches(arena_.buffers[buffer]));
    block = merge(blocks_[block].previous, block);
    if (blocks_[block].next != kNone) block = merge_if_free(block, blocks_[block].next);
    publish(block);
  }

  void publish(std::uint32_t block) {
    Block& b = blocks_[block];
    b.free = true;
    ++b.stamp;
    if (!b.guards.too_many) free_[order_.chain(b.guards.steps[0])].push_back({block, b.stamp});
  }

  // Joins `block` to a free `before`, where the guards of both can be kept. Returns the block that holds its bytes.
  std::uint32_t merge(std::uint32_t before, std::uint32_t block) {
    if (before == kNone || !blocks_[before].free || !join(before, block)) return block;
    return before;
  }
  std::uint32_t merge_if_free(std::uint32_t block, std::uint32_t after) {
    if (blocks_[after].free) join(block, after);
    return block;
  }

  bool join(std::uint32_t left, std::uint32_t right) {
    Block& l = blocks_[left];
    Block& r = blocks_[right];
    if (l.guards.too_many || r.guards.too_many) return false;
    std::array<StepId, 2 * kGuards> all;
    const auto middle = std::copy_n(l.guards.steps.begin(), l.guards.count, all.begin());
    const auto end = std::copy_n(r.guards.steps.begin(), r.guards.count, middle);
    const Guards guards = make_guards({all.begin(), end});
    // A longer list would make both parts harder to use than they are now.
    if (guards.too_many || guards.count > std::max(l.guards.count, r.guards.count)) return false;
    l.guards = guards;
    l.bytes += r.bytes;
    l.next = r.next;
    (r.next != kNone ? blocks_[r.next].previous : last_) = left;
    l.free = r.free = false;
    ++l.stamp;
    ++r.stamp;
    unused_.push_back(right);
    return true;
  }

  // The touches that are not known to lie before another one.
  Guards make_guards(std::span<const StepId> touches) const {
    Guards guards;
    guards.too_many = touches.size() > kManyTouches;
    if (guards.too_many) return guards;
    for (const StepId s : touches) {
      const auto after = [&](StepId t) { return t != s && order_.before(s, t); };
      if (std::any_of(touches.begin(), touches.end(), after)) continue;
      const auto end = guards.steps.begin() + guards.count;
      if (std::find(guards.steps.begin(), end, s) != end) continue;
      if (guards.count == kGuards) {
        guards.too_many = true;
        return guards;
      }
      guards.steps[guards.count++] = s;
    }
    return guards;
  }

  const Reachability& order_;
  const ArenaBuffers& arena_;
  std::vector<std::vector<Entry>> free_;  // by the chain of the first guard
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> unused_;  // entries of blocks_
  std::vector<std::uint32_t> block_of_;
  std::uint32_t last_ = kNone;
  std::size_t end_ = 0;
};

}  // namespace

ArenaLayout lay_out_in_order(const Reachability& order, const ArenaBuffers& arena) {
  return FreeList(order, arena).run();
}

}  // namespace weft
