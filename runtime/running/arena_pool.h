// The memory that runs work in, shared by all programs of the process: one buffer for each run at a time, as large as
// the largest program that is there needs, however many programs there are.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "graph/storage.h"

namespace weft {

// Any number of threads may use a pool. Each thread keeps the buffer that it gave back last for itself: taking that
// again costs a few nanoseconds.
class ArenaPool {
 public:
  // Of intermediate values, and of what kernels need to work.
  static ArenaPool& values();
  static ArenaPool& scratch();

  // A program that needs so many bytes is there, or no longer. What no program needs any more is given back.
  void enter(std::size_t bytes);
  void leave(std::size_t bytes);

  // A buffer of at least so many bytes; the one that was used last where it is free, so that its bytes may still be in
  // the cache. Allocates only where no free buffer is large enough. Throws Error.
  std::unique_ptr<Buffer> take(std::size_t bytes, const void* used_last);
  void give_back(std::unique_ptr<Buffer> buffer);

 private:
  explicit ArenaPool(std::size_t kind) : kind_(kind) {}

  std::unique_ptr<Buffer> take_shared(std::size_t bytes, const void* used_last);
  void give_back_shared(std::unique_ptr<Buffer> buffer);
  void drop_unneeded(std::vector<std::unique_ptr<Buffer>>& dropped);

  friend struct KeptByThread;
  const std::size_t kind_;
  std::atomic<std::size_t> most_needed_{0};
  std::mutex mutex_;  // guards what follows
  std::multiset<std::size_t> needs_;
  std::vector<std::unique_ptr<Buffer>> free_;
};

}  // namespace weft
