// Recurrent networks: layers and single cells. Names, parameters, first values, defaults and numbers are PyTorch's.
//
//   nn::LSTM lstm(32, 64, {.num_layers = 2, .batch_first = true});
//   Tensor y = lstm(x);                        // x [batch, steps, 32], y [batch, steps, 64]
//   auto [output, h, c] = lstm(x, {h0, c0});   // with the first and the last state
//
// A layer multiplies the inputs of all steps by its weights at once; its steps are one kernel, whose parts own rows of
// the batch. Its gradient has no derivative of its own: to differentiate twice throws Error; cells can.
//
// Sequences are [steps, batch, width], with batch_first [batch, steps, width], and without a batch [steps, width].
// States are [num_layers * directions, batch, width], or without a batch [num_layers * directions, width].
//
// Threads: as weft/module.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/module.h"

namespace weft::nn {

enum class Nonlinearity : std::uint8_t { tanh, relu };

struct RecurrentOptions {
  std::int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;  // of what a layer gives to the next one, in training
  bool bidirectional = false;
  Nonlinearity nonlinearity = Nonlinearity::tanh;  // of RNN only
  std::int64_t proj_size = 0;                      // of LSTM only: h is weight_hr times what the cell gives
};
struct RecurrentState {
  Tensor h = {}, c = {};  // zeros where undefined; c of LSTM only
};
struct RecurrentResult {
  Tensor output;  // of the last layer, [.., directions * width]
  Tensor h, c;    // the state after the last step; c of LSTM only
};

// What RNN, LSTM and GRU have in common. Parameters of layer k: weight_ih_lk [gates * hidden, in], weight_hh_lk [gates
// * hidden, width], bias_ih_lk and bias_hh_lk [gates * hidden], weight_hr_lk [proj_size, hidden] of an LSTM that
// projects; those of the other direction end in _reverse. All start as U(-1/sqrt(hidden), 1/sqrt(hidden)).
class RecurrentLayers : public Module {
 public:
  // The output.
  Tensor forward(const Operand& x) override;
  using Module::operator();
  // The output and the last states. lengths, i64 or i32 [batch], in any order: a sample has as many steps (as in
  // PyTorch's packed sequences); its output is 0 behind them, its last state is that of its last step, and the other
  // direction begins there. Longer ones than the sequence have all of its steps.
  RecurrentResult forward(const Operand& x, const RecurrentState& first, const Tensor& lengths = {});
  RecurrentResult operator()(const Operand& x, const RecurrentState& first, const Tensor& lengths = {}) {
    check_no_hooks(x.at());
    return forward(x, first, lengths);
  }
  std::string str() const override;

 protected:
  RecurrentLayers(const char* name, int cell, std::int64_t in, std::int64_t hidden, const RecurrentOptions& options,
                  DType dtype, SourceLocation at);

 private:
  friend class RecurrentCall;
  struct Weights {
    Tensor ih, hh, bias_ih, bias_hh, hr;
  };
  const char* name_;
  int cell_;
  std::int64_t in_, hidden_;
  RecurrentOptions options_;
  std::vector<Weights> weights_;  // of each layer, and within it of each direction
};

// h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu (Elman 1990).
class RNN : public RecurrentLayers {
 public:
  // Throws Error for extents, probabilities and options that do not fit.
  RNN(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options = {}, DType dtype = kFloat32,
      SourceLocation at = SourceLocation::current());
};
// i, f, g, o = W_ih x + b_ih + W_hh h + b_hh; c = sigmoid(f) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c) (Hochreiter
// and Schmidhuber 1997).
class LSTM : public RecurrentLayers {
 public:
  LSTM(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options = {}, DType dtype = kFloat32,
       SourceLocation at = SourceLocation::current());
};
// r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h = (1 - z) n + z h (Cho
// et al. 2014).
class GRU : public RecurrentLayers {
 public:
  GRU(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options = {}, DType dtype = kFloat32,
      SourceLocation at = SourceLocation::current());
};

// One step of the same formulas, by ordinary operations. x [batch, in] or [in]; states [batch, hidden] or [hidden],
// zeros where undefined. Parameters weight_ih, weight_hh, bias_ih, bias_hh.
class RNNCell : public Module {
 public:
  RNNCell(std::int64_t in, std::int64_t hidden, bool bias = true, Nonlinearity nonlinearity = Nonlinearity::tanh,
          DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  using Module::operator();
  Tensor forward(const Operand& x, const Tensor& h);
  Tensor operator()(const Operand& x, const Tensor& h) {
    check_no_hooks(x.at());
    return forward(x, h);
  }
  std::string str() const override;

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

 private:
  Nonlinearity nonlinearity_;
};
class LSTMCell : public Module {
 public:
  LSTMCell(std::int64_t in, std::int64_t hidden, bool bias = true, DType dtype = kFloat32,
           SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;  // h
  using Module::operator();
  RecurrentState forward(const Operand& x, const RecurrentState& state);
  RecurrentState operator()(const Operand& x, const RecurrentState& state) {
    check_no_hooks(x.at());
    return forward(x, state);
  }
  std::string str() const override;

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;
};
class GRUCell : public Module {
 public:
  GRUCell(std::int64_t in, std::int64_t hidden, bool bias = true, DType dtype = kFloat32,
          SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& x) override;
  using Module::operator();
  Tensor forward(const Operand& x, const Tensor& h);
  Tensor operator()(const Operand& x, const Tensor& h) {
    check_no_hooks(x.at());
    return forward(x, h);
  }
  std::string str() const override;

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;
};

}  // namespace weft::nn
