// Which of two ways to run a plan is the faster one.
#pragma once

#include <array>
#include <cstddef>

namespace weft {

// Runs go the way that was faster of late. The other one is tried again from time to time, for about 1 % of the time
// that runs take: what is faster changes with the machine, whose processors may share a core, or be shared with others.
// Bits do not depend on the way. One thread at a time.
class FasterWay {
 public:
  enum class Way : std::size_t { parallel, serial };

  // The way of the next run, of which took() is told.
  Way next();
  void took(Way way, double seconds);

 private:
  static constexpr int kTries = 3;

  // Of the last runs, the least: others on the machine only make a run longer. 0 where there was none.
  double least(Way way) const;
  Way other() const { return chosen_ == Way::parallel ? Way::serial : Way::parallel; }
  double cost_of_tries() const;

  std::array<std::array<double, kTries>, 2> seconds_{};  // of the last runs of each way
  std::array<std::size_t, 2> runs_{};
  Way chosen_ = Way::parallel;
  int tries_left_ = 0;
  double to_spend_ = 0;  // seconds
};

}  // namespace weft
