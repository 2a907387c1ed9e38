// A lock for a few instructions.
#pragma once

#include <atomic>
#include <thread>

namespace weft {

class SpinLock {
 public:
  void lock() {
    for (int tries = 0; taken_.exchange(true, std::memory_order_acquire); ++tries)
      if (tries > 64) std::this_thread::yield();  // the holder may wait for this processor
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

}  // namespace weft
