// Where values live: buffers of bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "weft/error.h"

namespace weft {

// Bytes, aligned to kAlignment (to 2 MiB and backed by huge pages where large). Not initialised.
class Buffer {
 public:
  // Throws Error when the bytes cannot be had.
  explicit Buffer(std::size_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() { return data_; }
  const void* data() const { return data_; }
  template <class T>
  T* as() {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }

  // Bytes of all buffers that live now, in the process, but for those that somebody else keeps.
  static std::size_t live_bytes();
  // Buffers with bytes that were ever made, in the process.
  static std::size_t allocations();

 private:
  friend class BorrowedBuffer;
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

// Bytes that somebody else keeps, as a file that is mapped, until nobody has the owner any more. They are written as
// all others are. For std::make_shared only, which destroys it as what it is.
class BorrowedBuffer : public Buffer {
 public:
  BorrowedBuffer(std::shared_ptr<const void> owner, void* data, std::size_t bytes)
      : Buffer(0), owner_(std::move(owner)) {
    data_ = data;
    bytes_ = bytes;
  }
  ~BorrowedBuffer() { data_ = nullptr; }

 private:
  std::shared_ptr<const void> owner_;
};

// A new buffer, or the Error at the user's line.
std::shared_ptr<Buffer> make_buffer(std::size_t bytes, SourceLocation at);

// The same bytes in a buffer of its own. Throws Error.
std::shared_ptr<Buffer> copy_of(const Buffer& buffer);

// Whether this is the only handle of the buffer. What others did with it before they let go then happens before.
inline bool is_sole_owner(const std::shared_ptr<Buffer>& buffer) {
  if (buffer.use_count() != 1) return false;
#ifdef __SANITIZE_THREAD__
  // ThreadSanitizer knows no fences. Counting up and down again acquires as well.
  const std::shared_ptr<Buffer> acquire = buffer;
#else
  std::atomic_thread_fence(std::memory_order_acquire);  // use_count() alone is a relaxed load
#endif
  return true;
}

}  // namespace weft
