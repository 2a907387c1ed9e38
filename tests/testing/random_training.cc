#include "tests/testing/random_training.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "graph/autodiff.h"
#include "graph/builder.h"
#include "ops/values.h"

namespace weft {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, bool large) : random_(seed), large_(large) {
    const std::int64_t rows[] = {1, 2, 7, 16, 33, 50}, large_rows[] = {128, 130, 257};
    rows_ = large ? large_rows[below(3)] : rows[below(6)];
    for (std::int64_t& width : widths_) width = random_width();
  }

  Training make() {
    Value h = variable({DType::f32, {rows_, widths_[0]}}, 1, false);  // an argument: nothing writes it
    target_ = variable({DType::f32, {rows_, widths_[0]}}, 1, false);
    seen_ = {h};
    for (std::size_t layers = large_ ? 3 : 3 + below(4); layers > 0; --layers) seen_.push_back(h = layer(h));
    const Value loss = loss_of(dense(h, widths_[0]));
    const Value seeds[] = {ones_like(loss)};
    const std::vector<Value> gradients = differentiate(builder_, {&loss, 1}, seeds, parameters_);
    std::vector<Value> results = {loss};
    if (below(2) == 0) results.push_back(seen_[below(seen_.size())]);            // something that a step shows beside
    if (below(3) == 0) results.push_back(sum(square(gradients[0]), {}, false));  // the norm of a gradient
    const std::size_t optimizer = below(3);
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (gradients[i].defined()) update(parameters_[i], gradients[i], optimizer);
    for (const Value& v : results) graph().outputs().push_back(v.id());
    for (const auto& [number, value] : writes_) {
      training_.program.writes.push_back(number);
      graph().outputs().push_back(value.id());
    }
    training_.program.num_variables = training_.inputs.size() - kArguments;
    return std::move(training_);
  }

 private:
  static constexpr std::size_t kArguments = 2;

  Graph& graph() { return training_.program.graph; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  std::int64_t random_width() {
    const std::int64_t widths[] = {1, 2, 5, 10, 31, 64, 100}, large_widths[] = {64, 300, 517};
    return large_ ? large_widths[below(3)] : widths[below(7)];
  }

  // Values from -scale to scale.
  Value variable(const TensorType& type, double scale, bool trained) {
    HostTensor values(type);
    for (std::int64_t i = 0; i < values.numel(); ++i)
      values.set(i, scale * (static_cast<double>(below(1 << 16)) / (1 << 15) - 1));
    training_.inputs.push_back(std::move(values));
    return builder_.value({graph().add_input(type, trained), 0});
  }

  // Half of the parameters serve twice where they can.
  Value parameter(const Shape& shape, double scale) {
    for (const Value& p : parameters_)
      if (p.shape() == shape && below(2) == 0) return p;
    return parameters_.emplace_back(variable({DType::f32, shape}, scale, true));
  }

  void write(const Value& old, const Value& value) {
    const auto at = std::find(graph().inputs().begin(), graph().inputs().end(), old.id().node);
    writes_.emplace_back(static_cast<std::uint32_t>(at - graph().inputs().begin() - kArguments), value);
  }

  Value activated(const Value& x) {
    switch (below(6)) {
      case 0:
        return relu(x);
      case 1:
        return tanh(x);
      case 2:
        return sigmoid(x);
      case 3:
        return gelu(x);
      case 4:
        return where(gt(x, number(builder_, DType::f32, 0)), x, x * 0.1);
      default:
        return x;
    }
  }

  // One for all, for each column, or for each row.
  Value broadcast_parameter(std::int64_t columns) {
    const Shape shapes[] = {{}, {1}, {columns}, {1, columns}, {rows_, 1}};
    return parameter(shapes[below(5)], 0.5);
  }

  Value dense(const Value& x, std::int64_t out) {
    const std::int64_t in = x.shape()[1];
    const std::size_t form = below(3);
    const Value w = parameter(form == 0 ? Shape{in, out} : Shape{out, in}, 1 / std::sqrt(static_cast<double>(in)));
    const Value y = form == 2 ? matmul(x, transpose(w, 0, 1)) : matmul(x, false, w, form == 1);
    return activated(below(6) == 0 ? y : y + broadcast_parameter(out));
  }

  // As a batch normalisation does it: the old statistics are read while the new ones are written.
  Value normalised(const Value& x) {
    const std::int64_t dim = static_cast<std::int64_t>(below(2));
    const Value centred = x - mean(x, {dim}, true);
    const Value y = centred / sqrt(mean(square(centred), {dim}, true) + 0.1);
    if (dim == 1) return y;
    const Value running = variable({DType::f32, {x.shape()[1]}}, 0.1, false);
    write(running, running * 0.875 + mean(x, {0}, false) * 0.125);
    return below(2) == 0 ? y : y - running;
  }

  Value folded(const Value& x) {
    if (rows_ % 2 != 0) return tanh(reshape(x, {x.shape().numel()}) * 0.5);
    const Value y = tanh(reshape(x, {2, rows_ / 2, x.shape()[1]}));
    return y * parameter({2, 1, 1}, 1) + parameter({rows_ / 2, 1}, 1);
  }

  Value layer(const Value& x) {
    std::vector<Value> alike;
    for (const Value& v : seen_)
      if (v.shape() == x.shape()) alike.push_back(v);
    const Value other = alike[below(alike.size())];
    switch (below(10)) {
      case 0:
        return x + other;
      case 1:
        return x * sigmoid(other);
      case 2:
        return maximum(x * broadcast_parameter(x.shape()[1]), other);
      case 3:
        return normalised(x);
      case 4:
        return reshape(folded(x), x.shape());
      case 5:
        return x + softmax(other, 1);
      default:
        return dense(x, widths_[below(2)]);
    }
  }

  Value loss_of(const Value& y) {
    const Value error = below(3) == 0 ? neg(log_softmax(y, 1) * softmax(target_, 1)) : square(y - target_);
    const Value loss = mean(error, {}, false);
    return below(2) == 0 ? loss : loss + mean(square(parameters_[0]), {}, false) * 0.125;
  }

  // What makes a step where the optimizer wants to know how many there were.
  Value counted() {
    if (!counter_.defined()) {
      const Value before = variable({DType::i64, {}}, 0, false);
      counter_ = before + full(builder_, {DType::i64, {}}, 1);
      write(before, counter_);
    }
    return counter_;
  }

  void update(const Value& p, const Value& gradient, std::size_t optimizer) {
    const Value rate = number(builder_, DType::f64, 0.01);
    const double decay = below(2) == 0 ? 0 : 0.125;
    if (optimizer == 0) return write(p, p - gradient * 0.05);
    const Value first = variable(p.type(), 0, false);
    if (optimizer == 1) {
      const bool damped = below(3) == 0;
      std::vector<Value> operands{p, gradient, first, rate};
      if (damped) operands.push_back(counted());
      const Value next = builder_.record(*find_op("sgd_step"), operands,
                                         Attrs{{"dampening", damped ? 0.25 : 0.0},
                                               {"momentum", 0.9},
                                               {"nesterov", below(2) == 0},
                                               {"weight_decay", decay}});
      write(p, next);
      return write(first, next.output(1));
    }
    const Value second = variable(p.type(), 0, false);
    const Value factors = builder_.record(*find_op("adam_factors"), {rate, counted()},
                                          Attrs{{"beta1", 0.9}, {"beta2", 0.999}, {"decay", decay}});
    const Value next = builder_.record(*find_op("adam_step"),
                                       {p, gradient, first, second, factors, factors.output(1), factors.output(2)},
                                       Attrs{{"beta1", 0.9}, {"beta2", 0.999}, {"eps", 1e-8}, {"l2", 0.0}});
    write(p, next);
    write(first, next.output(1));
    write(second, next.output(2));
  }

  std::mt19937_64 random_;
  bool large_;
  std::int64_t rows_ = 1;
  std::array<std::int64_t, 2> widths_{};
  Training training_;
  Builder builder_{training_.program.graph};
  Value target_, counter_;
  std::vector<Value> seen_, parameters_;
  std::vector<std::pair<std::uint32_t, Value>> writes_;
};

}  // namespace

Training random_training(std::uint64_t seed, bool large) { return Generator(seed, large).make(); }

}  // namespace weft
