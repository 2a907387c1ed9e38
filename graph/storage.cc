#include "graph/storage.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "graph/alignment.h"
#include "weft/error.h"

namespace weft {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
std::atomic<std::size_t> g_live_bytes{0};
std::atomic<std::size_t> g_allocations{0};

}  // namespace

Buffer::Buffer(std::size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const bool huge = bytes >= kHugePage / 2;
  const std::size_t alignment = huge ? kHugePage : kAlignment;
  const std::size_t rounded = round_up(bytes, alignment);
  data_ = rounded < bytes ? nullptr : std::aligned_alloc(alignment, rounded);
  if (!data_) throw Error("[memory] cannot allocate " + std::to_string(bytes) + " bytes");
  if (huge) madvise(data_, rounded, MADV_HUGEPAGE);  // advice: its failure changes nothing but speed
  g_live_bytes.fetch_add(bytes, std::memory_order_relaxed);
  g_allocations.fetch_add(1, std::memory_order_relaxed);
}

Buffer::~Buffer() {
  if (!data_) return;
  std::free(data_);
  g_live_bytes.fetch_sub(bytes_, std::memory_order_relaxed);
}

std::size_t Buffer::live_bytes() { return g_live_bytes.load(std::memory_order_relaxed); }

std::size_t Buffer::allocations() { return g_allocations.load(std::memory_order_relaxed); }

bool is_sole_owner(const std::shared_ptr<Buffer>& buffer) {
  if (buffer.use_count() != 1) return false;
#ifdef __SANITIZE_THREAD__
  // ThreadSanitizer knows no fences. Counting up and down again acquires as well.
  const std::shared_ptr<Buffer> acquire = buffer;
#else
  std::atomic_thread_fence(std::memory_order_acquire);  // use_count() alone is a relaxed load
#endif
  return true;
}

void Variable::lock_shared() {
  int now = lock_.load(std::memory_order_relaxed);
  for (;;) {
    if (now < 0) {
      waiting_readers_.fetch_add(1, std::memory_order_relaxed);
      lock_.wait(now, std::memory_order_relaxed);
      waiting_readers_.fetch_sub(1, std::memory_order_relaxed);
      now = lock_.load(std::memory_order_relaxed);
    } else if (lock_.compare_exchange_weak(now, now + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
      return;
    }
  }
}

void Variable::unlock_shared() {
  if (lock_.fetch_sub(1, std::memory_order_release) == 1) lock_.notify_all();
}

// A writer that comes again at once would always be faster than readers who have to wake first: it lets them go ahead.
void Variable::lock() {
  constexpr int kPatience = 200;
  for (int i = 0; i < kPatience && waiting_readers_.load(std::memory_order_relaxed) > 0 &&
                  lock_.load(std::memory_order_relaxed) == 0;
       ++i)
    std::this_thread::yield();
  int free = 0;
  while (!lock_.compare_exchange_weak(free, -1, std::memory_order_acquire, std::memory_order_relaxed)) {
    if (free != 0) lock_.wait(free, std::memory_order_relaxed);
    free = 0;
  }
}

void Variable::unlock() {
  lock_.store(0, std::memory_order_release);
  lock_.notify_all();
}

std::shared_ptr<const Buffer> Variable::read() {
  lock_shared();
  std::shared_ptr<const Buffer> now = buffer_;
  unlock_shared();
  return now;
}

std::shared_ptr<const Buffer> Variable::copy() {
  const std::shared_ptr<const Buffer> now = read();
  auto fresh = std::make_shared<Buffer>(now->bytes());
  if (now->bytes() > 0) std::memcpy(fresh->data(), now->data(), now->bytes());
  return fresh;
}

void Variable::assign(std::shared_ptr<Buffer> buffer) {
  lock();
  buffer_.swap(buffer);
  unlock();
}

void* Variable::own_bytes(bool keep_value) {
  if (is_sole_owner(buffer_)) return buffer_->data();
  auto fresh = std::make_shared<Buffer>(type_.bytes());
  if (keep_value && buffer_ && type_.bytes() > 0) std::memcpy(fresh->data(), buffer_->data(), type_.bytes());
  buffer_ = std::move(fresh);
  return buffer_->data();
}

void* Variable::write() {
  lock();
  try {
    void* bytes = own_bytes(true);
    unlock();
    return bytes;
  } catch (...) {
    unlock();
    throw;
  }
}

}  // namespace weft
