// The steps of a recurrent layer in one direction, in composed operations.
#pragma once

#include <cstdint>

#include "ops/kernels/recurrent/cells.h"
#include "ops/values.h"

namespace weft {

// What one direction of a layer takes: the input's part of all gates, weight_ih x + bias, as [steps, batch, gates *
// hidden]; weight_hh [gates * hidden, width]; the first state h [batch, width]. Undefined where there is none: c
// [batch, hidden] of an LSTM; bias [hidden], that of n within what r multiplies, of a GRU; lengths i64 [batch], the
// steps that count of each sample; projection [width, hidden] of an LSTM, without which width is hidden.
struct RecurrentSteps {
  RecurrentCell cell;
  Value input, weight, h, c = {}, bias = {}, lengths = {}, projection = {};
  bool reverse = false;  // from the last step to the first
};

// The states after each step: h [steps, batch, width] and as output 1, of an LSTM, c [steps, batch, hidden]. A sample
// keeps its state in the steps that do not count.
Value recurrent_steps(const RecurrentSteps& x);

}  // namespace weft
