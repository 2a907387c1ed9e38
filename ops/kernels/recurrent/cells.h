// What recurrent cells do with the gates of one step, in Highway vectors, for f32 and f64. Rows are samples of a batch;
// a gate has `hidden` numbers in each row. i, f, g, o are the gates of an LSTM, r, z, n those of a GRU.
#pragma once

#include <cstdint>

namespace weft {

enum class RecurrentCell : std::uint8_t { tanh, relu, lstm, gru };
constexpr std::int64_t gates_of(RecurrentCell cell) {
  return cell == RecurrentCell::lstm ? 4 : cell == RecurrentCell::gru ? 3 : 1;
}
// The numbers that a step keeps for its derivative beside its states, in units of `hidden`: of an LSTM the four gates,
// of a GRU its gates and the part of n that r multiplies.
constexpr std::int64_t kept_of(RecurrentCell cell) {
  return cell == RecurrentCell::lstm || cell == RecurrentCell::gru ? 4 : 0;
}

// One row. sums: what the state adds to each gate; input: what the input adds.
template <class T>
struct CellRow {
  std::int64_t hidden;
  const T *input, *sums, *bias;  // bias: of n, within what r multiplies; null: none
  const T *h, *c;                // the state before; c of an LSTM, null else
  T *next_h, *next_c, *kept;     // next_h: before the projection
};
void cell_step(RecurrentCell cell, const CellRow<float>& row);
void cell_step(RecurrentCell cell, const CellRow<double>& row);

// The derivative. by_h, by_c: slopes by the state after the step.
template <class T>
struct CellSlopes {
  std::int64_t hidden;
  const T *h, *c, *next_h, *next_c, *kept;
  const T *by_h, *by_c;
  T* by_input;  // [gates * hidden]
  T* by_sums;   // of a GRU; else it is by_input, and this is null
  T* before_h;  // the slope by the state before, without what goes through the sums
  T* before_c;  // may be by_c
};
void cell_slopes(RecurrentCell cell, const CellSlopes<float>& row);
void cell_slopes(RecurrentCell cell, const CellSlopes<double>& row);

}  // namespace weft
