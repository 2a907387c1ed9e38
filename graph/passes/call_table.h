// A hash table of calls, for finding one that is there already.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace weft {

// A node apart from any graph.
struct Call {
  const OpDef* op;
  std::span<const ValueId> operands;
  const Attrs* attrs;
  const Types* outputs;

  // Of the first result.
  const TensorType& type() const { return (*outputs)[0]; }
};

inline std::uint64_t hash_call(const Call& call) {
  std::uint64_t h = reinterpret_cast<std::uintptr_t>(call.op) ^ call.attrs->hash();
  const auto mix = [&h](std::uint64_t word) { h = (h ^ (h >> 29) ^ word) * 0x9e3779b97f4a7c15ULL; };
  for (const ValueId& v : call.operands) mix(std::uint64_t{v.node} << 32 | v.output);
  mix(call.operands.size());
  return h ^ (h >> 32);
}

inline bool equal_calls(const Call& a, const Call& b) {
  return a.op == b.op && std::ranges::equal(a.operands, b.operands) && *a.attrs == *b.attrs;
}

// Numbers of calls by their hashes: open addressing, linear probing, at most half full.
class CallTable {
 public:
  // The number of a call with this hash for which is_equal(number) holds, or `number`, which is entered then.
  template <class F>
  std::uint32_t find_or_insert(std::uint64_t hash, std::uint32_t number, F is_equal) {
    if (2 * (used_ + 1) > entries_.size()) grow();
    std::size_t at = hash & (entries_.size() - 1);
    for (; entries_[at].number != kFree; at = (at + 1) & (entries_.size() - 1))
      if (entries_[at].hash == hash && is_equal(entries_[at].number)) return entries_[at].number;
    entries_[at] = {hash, number};
    ++used_;
    return number;
  }
  void reserve(std::size_t calls) {
    while (entries_.size() < 2 * calls) grow();
  }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t number = kFree;
  };
  void grow() {
    std::vector<Entry> old(std::max<std::size_t>(64, 2 * entries_.size()));
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.number == kFree) continue;
      std::size_t at = entry.hash & (entries_.size() - 1);
      while (entries_[at].number != kFree) at = (at + 1) & (entries_.size() - 1);
      entries_[at] = entry;
    }
  }

  std::vector<Entry> entries_;
  std::size_t used_ = 0;
};

}  // namespace weft
