// The line that shows how far something is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "weft/progress.h"

namespace weft {

struct ProgressState {
  const std::string& title;
  const std::string& unit;
  std::int64_t total = 0, done = 0;  // total 0: not known
  double rate = 0, seconds = 0;      // a second; since it began
  const Metrics& metrics;
  bool last = false;
};

// At most `columns` columns of a terminal, where what is no ASCII counts as two.
std::string bar_line(const ProgressState& state, std::size_t columns);
std::string plain_line(const ProgressState& state);

}  // namespace weft
