#include "graph/variable.h"

#include <cstring>
#include <thread>
#include <utility>

namespace weft {

// ---- Reading

void Variable::note_reader() {
  const void* const writer = last_writer_.load(std::memory_order_relaxed);
  if (writer && writer != this_thread() && foreign_reads_.load(std::memory_order_relaxed) != kPatience)
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

// ---- Writing

bool Variable::try_lock() {
  std::uint32_t now = state_.load(std::memory_order_relaxed);
  do {
    if (now & kWriter) return false;
  } while (!state_.compare_exchange_weak(now, now | kWriter, std::memory_order_acquire, std::memory_order_relaxed));
  return true;
}

void Variable::hide_from_readers() {
  state_.fetch_or(kHidden, std::memory_order_acquire);
  while (state_.load(std::memory_order_acquire) & kReaders) std::this_thread::yield();
}

// Where others have a handle of the buffer, or read the variable from time to time.
Variable::Bytes Variable::begin_write_of_shared() {
  const std::uint32_t readers = foreign_reads_.load(std::memory_order_relaxed);
  if (readers > 0) foreign_reads_.store(readers - 1, std::memory_order_relaxed);
  if (pinned_ || (is_sole_owner(buffer_) && (readers == 0 || exposed()))) {
    beside_.reset();
    return {buffer_->data(), buffer_->data()};
  }
  if (!beside_ || !is_sole_owner(beside_)) beside_ = std::make_shared<Buffer>(type_.bytes());
  writes_beside_ = true;
  state_.fetch_and(~kHidden, std::memory_order_release);
  wake_fence();
  wake();
  return {buffer_->data(), beside_->data()};
}

void Variable::take_next() {
  buffer_.swap(beside_);
  writes_beside_ = false;
  // Readers will let go of it, and then it is written again; somebody who holds it for another reason keeps it.
  if (foreign_reads_.load(std::memory_order_relaxed) == 0) beside_.reset();
}

void Variable::abandon_write() { writes_beside_ = false; }

void Variable::lock() {
  while (!try_lock_hidden()) wait_for_writer();
}

void Variable::assign(std::shared_ptr<Buffer> buffer) {
  lock();
  if (pinned_ && buffer->bytes() > 0)
    std::memcpy(buffer_->data(), buffer->data(), buffer->bytes());
  else
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
  if (!pinned_ && !is_sole_owner(buffer_)) {
    buffer_ = copy_of(*buffer_);
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  return buffer_->data();
}

}  // namespace weft
