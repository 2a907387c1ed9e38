// Variable: a cell that holds the present buffer of a leaf, a gradient or a piece of optimizer state.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "graph/storage.h"
#include "graph/type.h"

namespace weft {

// Its value changes as a whole. A buffer that captured calls hold is never written: the next value gets another one. A
// buffer that nobody else holds is written in place, until readers of other threads have been met once: from then on
// steps write to another buffer, and readers do not wait for them.
class Variable {
 public:
  Variable(TensorType type, std::shared_ptr<Buffer> buffer) : buffer_(std::move(buffer)), type_(std::move(type)) {}

  const TensorType& type() const { return type_; }

  // ---- Any thread
  // The last complete value. Waits while bytes are written in place.
  std::shared_ptr<const Buffer> read();
  // Takes another value. Waits for other writers.
  void assign(std::shared_ptr<Buffer> buffer);
  // The bytes for the host to write, after copying them where somebody else holds them. Waits for other writers.
  void* write();

  // Somebody may write to the bytes at any time from here on: a pointer was handed out.
  void expose() { exposed_.store(true, std::memory_order_relaxed); }
  bool exposed() const { return exposed_.load(std::memory_order_relaxed); }
  // The value is always where it is now, in memory of the host, who may write to it and looks for what is written.
  // Before anybody else knows the variable.
  void pin() {
    pinned_ = true;
    expose();
  }

  // ---- For those who read and write several variables at once: VariableAccess in runtime/running/variable_access.h.
  // Whoever holds one variable must not wait for another: try_ functions fail instead.

  // The value, and a number that every change of the value changes. Fails while bytes are written in place.
  bool try_read(std::shared_ptr<const Buffer>& buffer, std::uint64_t& version);
  bool is_at(std::uint64_t version) const { return version_.load(std::memory_order_acquire) == version; }

  // The only writer from here on. Fails where there is one. `hidden`: readers wait from here on.
  bool try_lock();
  bool try_lock_hidden() {
    std::uint32_t free = 0;
    return state_.compare_exchange_strong(free, kWriter | kHidden, std::memory_order_acquire,
                                          std::memory_order_relaxed) ||
           (try_lock() && (hide_from_readers(), true));
  }
  // While locked. Readers wait, and none is at it any more.
  void hide() {
    if (!(state_.load(std::memory_order_relaxed) & kHidden)) hide_from_readers();
  }
  // While locked and hidden: where the value is, and where the next one goes, which may be the same bytes. They are
  // hidden still in that case; otherwise others can read. Throws Error when the bytes cannot be had.
  struct Bytes {
    const void* now = nullptr;
    void* next = nullptr;
  };
  Bytes begin_write() {
    if (last_writer_.load(std::memory_order_relaxed) != this_thread())
      last_writer_.store(this_thread(), std::memory_order_relaxed);
    if (beside_ || foreign_reads_.load(std::memory_order_relaxed) > 0 || !is_sole_owner(buffer_))
      return begin_write_of_shared();
    return {buffer_->data(), buffer_->data()};
  }
  // While locked and hidden: what next points to is the value.
  void end_write() {
    if (writes_beside_) take_next();
    version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  // While locked: the value stays what it was, as far as it was not written in place.
  void abandon_write();
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }
  // Lets others write, and read. Then, after wake_fence(), wake() those who wait.
  void unlock() {
    // Nobody else changes the state while it is hidden.
    if (state_.load(std::memory_order_relaxed) == (kWriter | kHidden))
      state_.store(0, std::memory_order_release);
    else
      state_.fetch_and(~(kWriter | kHidden), std::memory_order_release);
  }
  void wake() {
    if (waiting_.load(std::memory_order_relaxed) > 0) state_.notify_all();
  }
  static void wake_fence();

  // Waits until there was no writer, or none that hides the value, for a moment.
  void wait_for_writer() { wait_while(kWriter); }
  void wait_for_value();
  // A writer that comes again at once would always be faster than those who have to wake first: it lets them go ahead.
  void let_waiting_go_first();

 private:
  static constexpr std::uint32_t kWriter = 1U << 31, kHidden = 1U << 30, kReaders = kHidden - 1;
  // So many writes after a reader of another thread was met, the value is in place again.
  static constexpr std::uint32_t kPatience = 64;

  static const void* this_thread() {
    static thread_local char id;
    return &id;
  }
  void hide_from_readers();
  Bytes begin_write_of_shared();
  void take_next();
  void wait_while(std::uint32_t flag);
  void note_reader();
  void lock();

  // A run touches these of each of its variables: one line of the cache.
  alignas(64) std::atomic<std::uint32_t> state_{0};  // flags, and the number of those who take the buffer now
  std::atomic<std::uint32_t> waiting_{0};
  std::atomic<std::uint64_t> version_{0};
  std::atomic<const void*> last_writer_{nullptr};  // a thread
  std::atomic<std::uint32_t> foreign_reads_{0};
  std::atomic<bool> exposed_{false};
  bool writes_beside_ = false;  // known to the writer only
  bool pinned_ = false;         // never changes once others know the variable
  std::shared_ptr<Buffer> buffer_;
  // The next value beside the one that is there, or bytes to take for it. Known to the writer only.
  std::shared_ptr<Buffer> beside_;

  TensorType type_;
};

}  // namespace weft
