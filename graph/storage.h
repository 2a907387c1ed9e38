// Where values live: buffers of bytes, and variables, the cells that name the buffer of a leaf at this moment.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

#include "graph/type.h"

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

  // Bytes of all buffers that live now, in the process.
  static std::size_t live_bytes();
  // Buffers with bytes that were ever made, in the process.
  static std::size_t allocations();

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

// Whether this is the only handle of the buffer. What others did with it before they let go then happens before.
bool is_sole_owner(const std::shared_ptr<Buffer>& buffer);

// A cell that holds the current buffer of a leaf, a gradient or a piece of optimizer state.
//
// Captured graphs hold the buffer itself, so a write while one of them does gives the variable a new buffer
// (copy-on-write) and the captured value stays as it was.
class Variable {
 public:
  Variable(TensorType type, std::shared_ptr<Buffer> buffer) : type_(std::move(type)), buffer_(std::move(buffer)) {}

  const TensorType& type() const { return type_; }

  // The value now. A buffer handed out is never written while it is held. Waits while a run writes the variable.
  std::shared_ptr<const Buffer> read();
  // Takes another value.
  void assign(std::shared_ptr<Buffer> buffer);
  // The bytes for writing in place, after copying them where somebody else holds them.
  void* write();

  // Somebody may write to the bytes at any time from here on: a pointer was handed out.
  void expose() { exposed_.store(true, std::memory_order_relaxed); }
  bool exposed() const { return exposed_.load(std::memory_order_relaxed); }
  // A buffer of its own with the value now.
  std::shared_ptr<const Buffer> copy();

  // A run holds the lock of each variable it touches, shared or exclusive, taken in address order.
  void lock_shared();
  void unlock_shared();
  void lock();
  void unlock();
  // While locked exclusively: the buffer, made this variable's own (its bytes copied only where keep_value).
  void* own_bytes(bool keep_value);
  // While locked: the buffer.
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }

 private:
  TensorType type_;
  std::shared_ptr<Buffer> buffer_;
  std::atomic<bool> exposed_{false};
  std::atomic<int> waiting_readers_{0};
  std::atomic<int> lock_{0};  // -1: a writer; n > 0: readers
};

}  // namespace weft
