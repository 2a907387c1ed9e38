#include "runtime/running/arena_pool.h"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// Makes the system give its pages now, rather than in the first execution.
void touch(Buffer& buffer) {
  constexpr std::size_t kPage = 4096;
  volatile char* bytes = buffer.as<char>();
  for (std::size_t at = 0; at < buffer.bytes(); at += kPage) bytes[at] = 0;
}

}  // namespace

// The last buffer of each kind that this thread gave back. When the thread ends, others may have them; runs that come
// later, while statics are destroyed, do without.
struct KeptByThread {
  std::unique_ptr<Buffer> of_kind[2];
  ~KeptByThread();
};

namespace {

thread_local bool t_ended = false;
thread_local KeptByThread t_kept;

}  // namespace

KeptByThread::~KeptByThread() {
  t_ended = true;
  for (std::size_t kind = 0; kind < 2; ++kind)
    if (of_kind[kind])
      (kind == 0 ? ArenaPool::values() : ArenaPool::scratch()).give_back_shared(std::move(of_kind[kind]));
}

// Never destroyed: programs may run while statics are destroyed.
ArenaPool& ArenaPool::values() {
  static auto& pool = *new ArenaPool(0);
  return pool;
}
ArenaPool& ArenaPool::scratch() {
  static auto& pool = *new ArenaPool(1);
  return pool;
}

void ArenaPool::enter(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  needs_.insert(bytes);
  most_needed_.store(*needs_.rbegin(), std::memory_order_relaxed);
}

void ArenaPool::leave(std::size_t bytes) {
  std::vector<std::unique_ptr<Buffer>> dropped;
  const std::lock_guard lock(mutex_);
  needs_.erase(needs_.find(bytes));
  most_needed_.store(needs_.empty() ? 0 : *needs_.rbegin(), std::memory_order_relaxed);
  drop_unneeded(dropped);
  if (t_ended) return;
  auto& kept = t_kept.of_kind[kind_];
  if (kept && kept->bytes() > most_needed_.load(std::memory_order_relaxed)) dropped.push_back(std::move(kept));
}

std::unique_ptr<Buffer> ArenaPool::take(std::size_t bytes, const void* used_last) {
  if (!t_ended)
    if (auto& kept = t_kept.of_kind[kind_]; kept && kept->bytes() >= bytes) return std::move(kept);
  return take_shared(bytes, used_last);
}

void ArenaPool::give_back(std::unique_ptr<Buffer> buffer) {
  if (!t_ended && buffer->bytes() <= most_needed_.load(std::memory_order_relaxed))
    if (auto& kept = t_kept.of_kind[kind_]; !kept || kept->bytes() < buffer->bytes()) {
      kept.swap(buffer);
      if (!buffer) return;
    }
  give_back_shared(std::move(buffer));
}

void ArenaPool::drop_unneeded(std::vector<std::unique_ptr<Buffer>>& dropped) {
  const std::size_t most = most_needed_.load(std::memory_order_relaxed);
  const auto unneeded = [&](const auto& buffer) { return buffer->bytes() > most; };
  for (auto& buffer : free_)
    if (unneeded(buffer)) dropped.push_back(std::move(buffer));
  std::erase(free_, nullptr);
}

std::unique_ptr<Buffer> ArenaPool::take_shared(std::size_t bytes, const void* used_last) {
  std::unique_ptr<Buffer> small;
  {
    const std::lock_guard lock(mutex_);
    auto best = free_.end();
    for (auto at = free_.begin(); at != free_.end(); ++at) {
      if ((*at)->bytes() < bytes) continue;
      if (best == free_.end() || (*at)->data() == used_last) best = at;
    }
    if (best != free_.end()) {
      std::unique_ptr<Buffer> buffer = std::move(*best);
      free_.erase(best);
      return buffer;
    }
    if (!free_.empty()) {  // one that is too small makes room for the new one
      small = std::move(free_.back());
      free_.pop_back();
    }
  }
  small.reset();
  auto buffer = std::make_unique<Buffer>(bytes);
  touch(*buffer);
  return buffer;
}

void ArenaPool::give_back_shared(std::unique_ptr<Buffer> buffer) {
  std::vector<std::unique_ptr<Buffer>> dropped;
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(buffer));
  drop_unneeded(dropped);
}

}  // namespace weft
