// Equal primitives of all programs that live now are one: making one takes microseconds, its code far longer.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "ops/kernels/onednn/primitive.h"

namespace weft {

// By a key that says all. Never destroyed where it is static: programs may be planned while statics are destroyed.
template <class Key, class Value>
class PrimitiveCache {
 public:
  template <class F>
  std::shared_ptr<const Value> get(const Key& key, F make) {
    const std::lock_guard lock(mutex_);
    if (cache_.size() >= sweep_at_) {
      std::erase_if(cache_, [](const auto& entry) { return entry.second.expired(); });
      sweep_at_ = 2 * cache_.size() + 256;
    }
    std::weak_ptr<const Value>& entry = cache_[key];
    std::shared_ptr<const Value> value = entry.lock();
    if (!value) {
      const OneThread guard;
      value = std::make_shared<const Value>(make());
      entry = value;
    }
    return value;
  }

 private:
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const Value>> cache_;
  std::size_t sweep_at_ = 256;
};

}  // namespace weft
