// Updates of a parameter by a formula out of ordinary operations.
#pragma once

#include <string>

#include "graph/capture/capture.h"
#include "ops/values.h"
#include "weft/optimizer.h"

namespace weft::optim {

// One update: tensors as Values of the parameter's dtype, numbers as f64[], and what is written at its end.
class Formula {
 public:
  using Updates = std::vector<std::pair<Tensor, Tensor>>;

  Formula(const Tensor& param, const Tensor& grad, const Tensor& lr, Updates& updates, SourceLocation at)
      : scope_({param, grad, lr}, at), updates_(updates), param_(param) {}

  const Value& param() const { return scope_.values()[0]; }
  const Value& grad() const { return scope_.values()[1]; }
  // The gradient of the loss with weight_decay / 2 of the squared parameters.
  Value grad_with_decay(double weight_decay) const {
    return weight_decay != 0 ? grad() + param() * weight_decay : grad();
  }
  // The learning rate, f64[].
  const Value& lr() const { return scope_.values()[2]; }

  Value read(const Tensor& state) { return scope_.value_of(state); }
  // The number of this update from 1, f64[], of a count that is written.
  Value next_step(const Tensor& counter) {
    const Value step = read(counter);
    return cast(write(counter, step + number(step.builder(), DType::i64, 1)), DType::f64);
  }
  // A number, f64[], in the parameter's dtype.
  Value scalar(const Value& x) const { return cast(x, param().dtype()); }
  // base^exponent, f64[].
  static Value power(double base, const Value& exponent) {
    return pow(number(exponent.builder(), DType::f64, base), exponent);
  }

  // The tensor's new value, which it gives back.
  const Value& write(const Tensor& state, const Value& value) {
    updates_.emplace_back(state, scope_.tensor(value));
    return value;
  }
  void write_param(const Value& value) { write(param_, value); }

 private:
  CaptureScope scope_;
  Updates& updates_;
  const Tensor& param_;
};

// decay x + (1 - decay) y
inline Value average(double decay, const Value& x, const Value& y) { return x * decay + y * (1 - decay); }

}  // namespace weft::optim
