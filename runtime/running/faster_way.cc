#include "runtime/running/faster_way.h"

#include <algorithm>

namespace weft {
namespace {

constexpr double kShare = 0.01;
// So much faster must the other way be: less is chance.
constexpr double kGain = 0.97;
// A try costs this share of a run at least, so that ways that take the same time are not tried in turn all the time.
constexpr double kLeastCost = 0.1;

}  // namespace

double FasterWay::least(Way way) const {
  const auto w = static_cast<std::size_t>(way);
  const auto known = static_cast<std::ptrdiff_t>(std::min(runs_[w], seconds_[w].size()));
  return known == 0 ? 0 : *std::min_element(seconds_[w].begin(), seconds_[w].begin() + known);
}

// Of an unknown way: as if it took twice as long.
double FasterWay::cost_of_tries() const {
  const double now = least(chosen_), then = least(other());
  return kTries * (then == 0 ? now : std::max(then - now, kLeastCost * now));
}

FasterWay::Way FasterWay::next() {
  if (tries_left_ == 0 && least(chosen_) > 0 && to_spend_ >= cost_of_tries()) {
    tries_left_ = kTries;
    to_spend_ = 0;
  }
  return tries_left_ > 0 ? other() : chosen_;
}

void FasterWay::took(Way way, double seconds) {
  const auto w = static_cast<std::size_t>(way);
  seconds_[w][runs_[w]++ % seconds_[w].size()] = seconds;
  if (way == chosen_) {
    to_spend_ += kShare * seconds;
    return;
  }
  if (--tries_left_ > 0) return;
  if (least(way) < kGain * least(chosen_)) chosen_ = way;
}

}  // namespace weft
