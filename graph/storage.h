// Where values live: buffers of bytes.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "weft/error.h"

namespace weft {

// Bytes, aligned to kAlignment (to 2 MiB and backed by huge pages where large) and not initialised; or bytes that
// somebody else keeps: memory of the host, a file that is mapped.
class Buffer {
 public:
  // Throws Error when the bytes cannot be had.
  explicit Buffer(std::size_t bytes);
  // Bytes that somebody else keeps, at least until the buffer goes: see on_release().
  Buffer(void* data, std::size_t bytes, bool writable)
      : data_(data), bytes_(bytes), is_foreign_(true), is_writable_(writable) {}
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
  bool is_writable() const { return is_writable_; }
  // What is called when the bytes that somebody else keeps are not needed any more. It must not throw.
  void on_release(std::function<void()> release) noexcept { release_ = std::move(release); }

  // Bytes of all buffers that live now, in the process, but for those that somebody else keeps.
  static std::size_t live_bytes();
  // Buffers with bytes that were ever made, in the process.
  static std::size_t allocations();

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  bool is_foreign_ = false, is_writable_ = true;
  std::function<void()> release_;
};

// A new buffer, or the Error at the user's line.
std::shared_ptr<Buffer> make_buffer(std::size_t bytes, SourceLocation at);

// The same bytes in a buffer of its own. Throws Error.
std::shared_ptr<Buffer> copy_of(const Buffer& buffer);

// Whether this is the only handle of a buffer that may be written. What others did with it before they let go then
// happens before.
inline bool is_sole_owner(const std::shared_ptr<Buffer>& buffer) {
  if (buffer.use_count() != 1 || !buffer->is_writable()) return false;
#ifdef __SANITIZE_THREAD__
  // ThreadSanitizer knows no fences. Counting up and down again acquires as well.
  const std::shared_ptr<Buffer> acquire = buffer;
#else
  std::atomic_thread_fence(std::memory_order_acquire);  // use_count() alone is a relaxed load
#endif
  return true;
}

}  // namespace weft
