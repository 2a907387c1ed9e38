#include "graph/variable.h"

#include <thread>
#include <utility>

namespace weft {
namespace {

thread_local char t_this_thread;

}  // namespace

// ---- Reading

void Variable::note_reader() {
  const void* const writer = last_writer_.load(std::memory_order_relaxed);
  if (writer && writer != &t_this_thread && foreign_reads_.load(std::memory_order_relaxed) != kPatience)
    foreign_reads_.store(kPatience, std::memory_order_relaxed);
}

bool Variable::try_read(std::shared_ptr<const Buffer>& buffer, std::uint64_t& version) {
  note_reader();
  std::uint32_t now = state_.load(std::memory_order_relaxed);
  do {
    if (now & kHidden) return false;
  } while (!state_.compare_exchange_weak(now, now + 1, std::memory_order_acquire, std::memory_order_relaxed));
  buffer = buffer_;
  version = version_.load(std::memory_order_relaxed);
  state_.fetch_sub(1, std::memory_order_release);
  return true;
}

std::shared_ptr<const Buffer> Variable::read() {
  std::shared_ptr<const Buffer> now;
  std::uint64_t version;
  while (!try_read(now, version)) wait_for_value();
  return now;
}

// ---- Waiting

void Variable::wait_while(std::uint32_t flag) {
  waiting_.fetch_add(1);
  const std::uint32_t now = state_.load();
  if (now & flag) state_.wait(now);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

void Variable::wait_for_value() { wait_while(kHidden); }

void Variable::let_waiting_go_first() {
  constexpr int kPatienceWithOthers = 200;
  if (waiting_.load(std::memory_order_relaxed) == 0) return;
  for (int i = 0; i < kPatienceWithOthers && waiting_.load(std::memory_order_relaxed) > 0 &&
                  !(state_.load(std::memory_order_relaxed) & kWriter);
       ++i)
    std::this_thread::yield();
}

// Between unlock() and the look at waiting_ in wake(): either this thread sees who waits, or they see the lock open.
void Variable::wake_fence() {
#ifdef __SANITIZE_THREAD__
  // ThreadSanitizer knows no fences. This one orders no data.
  thread_local std::atomic<int> barrier{0};
  barrier.exchange(0);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

void Variable::wake() {
  if (waiting_.load(std::memory_order_relaxed) > 0) state_.notify_all();
}

// ---- Writing

bool Variable::try_lock() {
  std::uint32_t now = state_.load(std::memory_order_relaxed);
  do {
    if (now & kWriter) return false;
  } while (!state_.compare_exchange_weak(now, now | kWriter, std::memory_order_acquire, std::memory_order_relaxed));
  return true;
}

bool Variable::try_lock_hidden() {
  std::uint32_t free = 0;
  if (state_.compare_exchange_strong(free, kWriter | kHidden, std::memory_order_acquire, std::memory_order_relaxed))
    return true;
  if (!try_lock()) return false;
  hide();
  return true;
}

void Variable::hide() {
  if (state_.load(std::memory_order_relaxed) & kHidden) return;
  state_.fetch_or(kHidden, std::memory_order_acquire);
  while (state_.load(std::memory_order_acquire) & kReaders) std::this_thread::yield();
}

Variable::Bytes Variable::begin_write() {
  if (last_writer_.load(std::memory_order_relaxed) != &t_this_thread)
    last_writer_.store(&t_this_thread, std::memory_order_relaxed);
  const std::uint32_t readers = foreign_reads_.load(std::memory_order_relaxed);
  if (readers > 0) foreign_reads_.store(readers - 1, std::memory_order_relaxed);
  if (is_sole_owner(buffer_) && (readers == 0 || exposed())) {
    if (spare_) spare_.reset();
    return {buffer_->data(), buffer_->data()};
  }
  next_ = spare_ && is_sole_owner(spare_) ? std::move(spare_) : std::make_shared<Buffer>(type_.bytes());
  state_.fetch_and(~kHidden, std::memory_order_release);
  wake_fence();
  wake();
  return {buffer_->data(), next_->data()};
}

void Variable::end_write() {
  if (next_) {
    buffer_.swap(next_);
    if (foreign_reads_.load(std::memory_order_relaxed) > 0)
      spare_ = std::move(next_);  // readers will let go of it
    else
      next_.reset();
  }
  version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void Variable::abandon_write() {
  if (next_) spare_ = std::move(next_);
}

void Variable::unlock() {
  // Nobody else changes the state while it is hidden.
  if (state_.load(std::memory_order_relaxed) == (kWriter | kHidden))
    state_.store(0, std::memory_order_release);
  else
    state_.fetch_and(~(kWriter | kHidden), std::memory_order_release);
}

void Variable::lock() {
  while (!try_lock_hidden()) wait_for_writer();
}

void Variable::assign(std::shared_ptr<Buffer> buffer) {
  lock();
  buffer_.swap(buffer);
  version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  unlock();
  wake_fence();
  wake();
}

void* Variable::write() {
  lock();
  struct Unlock {
    Variable& of;
    ~Unlock() {
      of.unlock();
      wake_fence();
      of.wake();
    }
  } unlock_at_end{*this};
  if (!is_sole_owner(buffer_)) {
    buffer_ = copy_of(*buffer_);
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  return buffer_->data();
}

}  // namespace weft
