// Iteration over operands that broadcast to a dense result.
#pragma once

#include <array>
#include <cstdint>

#include "weft/shape.h"

namespace weft {

// The result is cut into runs of consecutive elements in which each operand either moves with the result or stays on
// one element: dense row-major operands give no other steps once neighbouring dims are merged.
struct BroadcastLoops {
  static constexpr std::size_t kMaxOperands = 3;
  using Offsets = std::array<std::int64_t, kMaxOperands>;

  std::int64_t runs = 0;
  std::int64_t run = 1;                    // elements of each run
  std::array<bool, kMaxOperands> moves{};  // within a run
  int rank = 0;                            // dims outside of the run, the innermost first
  std::array<std::int64_t, Shape::kMaxRank> extent{};
  std::array<Offsets, Shape::kMaxRank> step{};  // elements of each operand for one step in the dim
};

// Walks the runs in the order of the result. No allocation.
class RunCursor {
 public:
  explicit RunCursor(const BroadcastLoops& loops) : loops_(loops), left_(loops.runs) {}

  bool done() const { return left_ == 0; }
  std::int64_t offset(std::size_t operand) const { return offset_[operand]; }
  std::int64_t result() const { return result_; }
  void next() {
    --left_;
    result_ += loops_.run;
    for (std::size_t d = 0; d < static_cast<std::size_t>(loops_.rank); ++d) {
      ++index_[d];
      for (std::size_t i = 0; i < BroadcastLoops::kMaxOperands; ++i) offset_[i] += loops_.step[d][i];
      if (index_[d] < loops_.extent[d]) return;
      for (std::size_t i = 0; i < BroadcastLoops::kMaxOperands; ++i) offset_[i] -= loops_.step[d][i] * index_[d];
      index_[d] = 0;
    }
  }

 private:
  const BroadcastLoops& loops_;
  std::int64_t left_;
  std::int64_t result_ = 0;
  BroadcastLoops::Offsets offset_{};
  std::array<std::int64_t, Shape::kMaxRank> index_{};
};

}  // namespace weft
