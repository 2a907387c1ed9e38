// Single steps of recurrent networks, by ordinary operations.
#include <cmath>
#include <string>

#include "weft/ops.h"
#include "weft/recurrent.h"

namespace weft::nn {
namespace {

double checked_bound(const char* name, std::int64_t in, std::int64_t hidden, SourceLocation at) {
  if (in < 0 || hidden < 1)
    throw Error(ErrorKind::shape,
                std::string("[") + name + "] " + std::to_string(in) + " to " + std::to_string(hidden) +
                    ": the extents are out of range",
                at);
  return 1 / std::sqrt(static_cast<double>(hidden));
}

// One step of a cell: what input and state add to the gates.
template <class Cell>
class CellPass {
 public:
  CellPass(const char* name, const Cell& cell, const Operand& x, const Tensor& h) : name_(name), at_(x.at()) {
    const Tensor& in = x.tensor();
    if (!in.defined()) fail(ErrorKind::state, "undefined tensor");
    const std::int64_t hidden = cell.weight_hh.size(1);
    if ((in.dim() != 1 && in.dim() != 2) || in.size(in.dim() - 1) != cell.weight_ih.size(1))
      fail(ErrorKind::shape, "x " + in.shape().str() + ": wants [batch, in] or [in]");
    std::vector<std::int64_t> shape = in.shape().vec();
    shape.back() = hidden;
    shape_ = Shape(shape);
    dtype_ = in.dtype();
    h_ = state(h, "h");
    input = linear(x, cell.weight_ih, cell.bias_ih);
    sums = linear({h_, at_}, cell.weight_hh, cell.bias_hh);
  }

  // The state that was given, or zeros.
  Tensor state(const Tensor& given, const char* what) const {
    if (!given.defined()) return zeros(shape_, dtype_, at_);
    if (given.shape() != shape_)
      fail(ErrorKind::shape, std::string(what) + " " + given.shape().str() + ": must have the shape " + shape_.str());
    return given;
  }
  Operand gate(const Tensor& gates, std::int64_t i) const {
    const std::int64_t hidden = shape_[shape_.rank() - 1];
    return {narrow({gates, at_}, -1, i * hidden, hidden), at_};
  }
  Operand operand(const Tensor& x) const { return {x, at_}; }
  const Tensor& h() const { return h_; }

  Tensor input, sums;

 private:
  [[noreturn]] void fail(ErrorKind kind, const std::string& rule) const {
    throw Error(kind, std::string("[") + name_ + "] " + rule, at_);
  }

  const char* name_;
  SourceLocation at_;
  Shape shape_;
  DType dtype_;
  Tensor h_;
};

// The user may have put any tensor there.
std::string text(const char* name, const Tensor& weight_ih, const Tensor& weight_hh) {
  const auto columns = [](const Tensor& x) { return x.defined() && x.dim() == 2 ? std::to_string(x.size(1)) : "?"; };
  return std::string(name) + "(" + columns(weight_ih) + ", " + columns(weight_hh) + ")";
}

}  // namespace

RNNCell::RNNCell(std::int64_t in, std::int64_t hidden, bool bias, Nonlinearity nonlinearity, DType dtype,
                 SourceLocation at)
    : nonlinearity_(nonlinearity) {
  const double bound = checked_bound("RNNCell", in, hidden, at);
  weight_ih = register_uniform("weight_ih", {hidden, in}, bound, dtype, at);
  weight_hh = register_uniform("weight_hh", {hidden, hidden}, bound, dtype, at);
  if (bias) bias_ih = register_uniform("bias_ih", hidden, bound, dtype, at);
  if (bias) bias_hh = register_uniform("bias_hh", hidden, bound, dtype, at);
}
Tensor RNNCell::forward(const Operand& x) { return forward(x, Tensor()); }
Tensor RNNCell::forward(const Operand& x, const Tensor& h) {
  const CellPass pass("RNNCell", *this, x, h);
  const Operand sum = pass.operand(add(pass.operand(pass.input), pass.operand(pass.sums)));
  return nonlinearity_ == Nonlinearity::relu ? relu(sum) : tanh(sum);
}
std::string RNNCell::str() const { return text("RNNCell", weight_ih, weight_hh); }

LSTMCell::LSTMCell(std::int64_t in, std::int64_t hidden, bool bias, DType dtype, SourceLocation at) {
  const double bound = checked_bound("LSTMCell", in, hidden, at);
  weight_ih = register_uniform("weight_ih", {4 * hidden, in}, bound, dtype, at);
  weight_hh = register_uniform("weight_hh", {4 * hidden, hidden}, bound, dtype, at);
  if (bias) bias_ih = register_uniform("bias_ih", 4 * hidden, bound, dtype, at);
  if (bias) bias_hh = register_uniform("bias_hh", 4 * hidden, bound, dtype, at);
}
Tensor LSTMCell::forward(const Operand& x) { return forward(x, RecurrentState()).h; }
RecurrentState LSTMCell::forward(const Operand& x, const RecurrentState& state) {
  const CellPass pass("LSTMCell", *this, x, state.h);
  const auto o = [&](const Tensor& v) { return pass.operand(v); };
  const Tensor gates = add(o(pass.input), o(pass.sums));
  const Tensor in = sigmoid(pass.gate(gates, 0)), forget = sigmoid(pass.gate(gates, 1)), g = tanh(pass.gate(gates, 2)),
               out = sigmoid(pass.gate(gates, 3));
  const Tensor c = add(o(mul(o(forget), o(pass.state(state.c, "c")))), o(mul(o(in), o(g))));
  return {mul(o(out), o(tanh(o(c)))), c};
}
std::string LSTMCell::str() const { return text("LSTMCell", weight_ih, weight_hh); }

GRUCell::GRUCell(std::int64_t in, std::int64_t hidden, bool bias, DType dtype, SourceLocation at) {
  const double bound = checked_bound("GRUCell", in, hidden, at);
  weight_ih = register_uniform("weight_ih", {3 * hidden, in}, bound, dtype, at);
  weight_hh = register_uniform("weight_hh", {3 * hidden, hidden}, bound, dtype, at);
  if (bias) bias_ih = register_uniform("bias_ih", 3 * hidden, bound, dtype, at);
  if (bias) bias_hh = register_uniform("bias_hh", 3 * hidden, bound, dtype, at);
}
Tensor GRUCell::forward(const Operand& x) { return forward(x, Tensor()); }
Tensor GRUCell::forward(const Operand& x, const Tensor& h) {
  const CellPass pass("GRUCell", *this, x, h);
  const auto o = [&](const Tensor& v) { return pass.operand(v); };
  const auto gate = [&](std::int64_t i) { return sigmoid(o(add(pass.gate(pass.input, i), pass.gate(pass.sums, i)))); };
  const Tensor reset = gate(0), update = gate(1);
  const Tensor fresh = tanh(o(add(pass.gate(pass.input, 2), o(mul(o(reset), pass.gate(pass.sums, 2))))));
  return add(o(mul(o(sub(o(pass.h()), o(fresh))), o(update))), o(fresh));
}
std::string GRUCell::str() const { return text("GRUCell", weight_ih, weight_hh); }

}  // namespace weft::nn
