// RNN, LSTM and GRU: products of all steps around the steps themselves.
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/random/random.h"
#include "ops/recurrent/recurrent_values.h"
#include "weft/recurrent.h"

namespace weft::nn {
namespace {

void check(const char* name, RecurrentCell cell, std::int64_t in, std::int64_t hidden, const RecurrentOptions& options,
           SourceLocation at) {
  const auto require = [&](bool ok, const char* rule) {
    if (!ok)
      throw Error(ErrorKind::value,
                  std::string("[") + name + "] " + std::to_string(in) + " to " + std::to_string(hidden) + ": " + rule,
                  at);
  };
  require(in >= 0, "a negative extent");
  require(hidden > 0, "the hidden size must be positive");
  require(options.num_layers > 0, "needs a layer");
  require(options.dropout >= 0 && options.dropout <= 1, "dropout is not a probability");
  require(options.proj_size >= 0 && options.proj_size < hidden, "proj_size must be smaller than the hidden size");
  require(options.proj_size == 0 || cell == RecurrentCell::lstm, "proj_size is for LSTM only");
  require(options.nonlinearity == Nonlinearity::tanh || cell == RecurrentCell::relu, "nonlinearity is for RNN only");
}

}  // namespace

RecurrentLayers::RecurrentLayers(const char* name, int cell, std::int64_t in, std::int64_t hidden,
                                 const RecurrentOptions& options, DType dtype, SourceLocation at)
    : name_(name), cell_(cell), in_(in), hidden_(hidden), options_(options) {
  const auto kind = static_cast<RecurrentCell>(cell);
  check(name, kind, in, hidden, options, at);
  const std::int64_t directions = options.bidirectional ? 2 : 1, gates = gates_of(kind) * hidden;
  const std::int64_t width = options.proj_size > 0 ? options.proj_size : hidden;
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  for (std::int64_t layer = 0; layer < options.num_layers; ++layer) {
    for (std::int64_t direction = 0; direction < directions; ++direction) {
      const std::string suffix = "_l" + std::to_string(layer) + (direction == 1 ? "_reverse" : "");
      const auto parameter = [&](const char* what, DimsRef shape) {
        return register_uniform(what + suffix, shape, bound, dtype, at);
      };
      Weights& w = weights_.emplace_back();
      w.ih = parameter("weight_ih", {gates, layer == 0 ? in : width * directions});
      w.hh = parameter("weight_hh", {gates, width});
      if (options.bias) w.bias_ih = parameter("bias_ih", gates);
      if (options.bias) w.bias_hh = parameter("bias_hh", gates);
      if (options.proj_size > 0) w.hr = parameter("weight_hr", {width, hidden});
    }
  }
}

// One call.
class RecurrentCall {
 public:
  RecurrentCall(const RecurrentLayers& module, const Operand& x, const RecurrentState& first, const Tensor& lengths)
      : m_(module), cell_(static_cast<RecurrentCell>(m_.cell_)), scope_(std::array{&x}, m_.name_) {
    if (m_.weights_.empty()) fail(ErrorKind::state, "the module was moved from");
    const Value& in = x_();
    if (in.rank() != 2 && in.rank() != 3) fail(ErrorKind::shape, "wants 3 dims, or 2 without a batch");
    if (in.shape()[in.rank() - 1] != m_.in_) fail(ErrorKind::shape, "another width than that of the module");
    batched_ = in.rank() == 3;
    sequence_ = !batched_ ? unsqueeze(in, 1) : m_.options_.batch_first ? transpose(in, 0, 1) : in;
    if (sequence_.shape()[0] == 0) fail(ErrorKind::shape, "there are no steps");
    if (lengths.defined()) lengths_ = checked_lengths(lengths, x.at());
    if (first.c.defined() && cell_ != RecurrentCell::lstm) fail(ErrorKind::value, "only LSTM has a state c");
    h_ = first_state(first.h, width(), "h");
    if (cell_ == RecurrentCell::lstm) c_ = first_state(first.c, m_.hidden_, "c");
  }

  RecurrentResult operator()() {
    std::vector<Value> last_h, last_c;
    Value x = sequence_;
    for (std::int64_t layer = 0; layer < m_.options_.num_layers; ++layer) {
      if (layer > 0) x = dropped(x);
      std::vector<Value> outputs;
      for (std::int64_t direction = 0; direction < directions(); ++direction)
        outputs.push_back(run_direction(x, layer * directions() + direction, last_h, last_c));
      x = outputs.size() == 1 ? outputs[0] : cat(outputs, 2);
    }
    const Value output = !batched_ ? squeeze(x, 1) : m_.options_.batch_first ? transpose(x, 0, 1) : x;
    return {scope_.tensor(output), states(last_h), cell_ == RecurrentCell::lstm ? states(last_c) : Tensor()};
  }

 private:
  const Value& x_() const { return scope_.values()[0]; }
  [[noreturn]] void fail(ErrorKind kind, std::string_view rule) const { fail_call(kind, m_.name_, x_(), rule); }
  std::int64_t directions() const { return m_.options_.bidirectional ? 2 : 1; }
  std::int64_t width() const { return m_.options_.proj_size > 0 ? m_.options_.proj_size : m_.hidden_; }
  std::int64_t batch() const { return sequence_.shape()[1]; }

  Value checked_lengths(const Tensor& lengths, SourceLocation at) {
    const Value value = scope_.value_of(as_index(lengths, at).tensor());
    if (value.dtype() != DType::i64) fail(ErrorKind::dtype, "lengths must be i64");
    if (value.shape() != Shape{batch()}) fail(ErrorKind::shape, "needs a length for each sample");
    return value;
  }

  // [layers * directions, batch, width]
  Value first_state(const Tensor& given, std::int64_t size, const char* name) {
    const std::int64_t count = m_.options_.num_layers * directions();
    const Shape shape{count, batch(), size};
    if (!given.defined()) return full(scope_.builder(), {x_().dtype(), shape}, 0);
    const Value value = scope_.value_of(given);
    const Shape wanted = batched_ ? shape : Shape{count, size};
    if (value.shape() != wanted) fail(ErrorKind::shape, std::string(name) + " must have the shape " + wanted.str());
    if (value.dtype() != x_().dtype()) fail(ErrorKind::dtype, std::string(name) + " has another dtype than x");
    return batched_ ? value : unsqueeze(value, 1);
  }
  static Value state(const Value& all, std::int64_t i) { return squeeze(slice(all, 0, i, i + 1, 1), 0); }

  // The output of a direction of a layer; its last states are appended.
  Value run_direction(const Value& x, std::int64_t i, std::vector<Value>& last_h, std::vector<Value>& last_c) {
    const RecurrentLayers::Weights& w = m_.weights_[static_cast<std::size_t>(i)];
    RecurrentSteps steps{.cell = cell_, .input = {}, .weight = scope_.value_of(w.hh), .h = state(h_, i)};
    if (steps.weight.dtype() != x.dtype()) fail(ErrorKind::dtype, "x has another dtype than the weights");
    steps.input = matmul(x, false, scope_.value_of(w.ih), true);
    if (w.bias_ih.defined()) add_biases(steps, scope_.value_of(w.bias_ih), scope_.value_of(w.bias_hh));
    if (c_.defined()) steps.c = state(c_, i);
    if (w.hr.defined()) steps.projection = scope_.value_of(w.hr);
    steps.lengths = lengths_;
    steps.reverse = i % directions() == 1;
    const Value h = recurrent_steps(steps);
    const std::int64_t last = steps.reverse ? 0 : h.shape()[0] - 1;
    last_h.push_back(slice(h, 0, last, last + 1, 1));
    if (c_.defined()) last_c.push_back(slice(h.output(1), 0, last, last + 1, 1));
    return lengths_.defined() ? where(counts(), h, zeros_like(h)) : h;
  }

  // The part of a GRU's n that r multiplies has its bias inside.
  void add_biases(RecurrentSteps& steps, const Value& by_input, const Value& by_state) {
    if (cell_ != RecurrentCell::gru) {
      steps.input = steps.input + (by_input + by_state);
      return;
    }
    const std::int64_t n = m_.hidden_;
    const std::array<Value, 2> outside{slice(by_state, 0, 0, 2 * n, 1),
                                       full(scope_.builder(), {by_state.dtype(), {n}}, 0)};
    steps.input = steps.input + (by_input + cat(outside, 0));
    steps.bias = slice(by_state, 0, 2 * n, 3 * n, 1);
  }

  // [steps, batch, 1]: which steps count.
  Value counts() {
    const Value step = unsqueeze(arange(scope_.builder(), sequence_.shape()[0]), 1);
    return unsqueeze(lt(step, unsqueeze(lengths_, 0)), 2);
  }

  Value dropped(const Value& x) {
    const double p = m_.options_.dropout;
    if (p == 0 || !m_.is_training()) return x;
    if (p == 1) return x * zeros_like(x);
    const Value kept = cast(ge(rand(next_random(scope_), x.type()), number(x.builder(), x.dtype(), p)), x.dtype());
    return x * (kept * (1 / (1 - p)));
  }

  Tensor states(const std::vector<Value>& last) {
    const Value all = cat(last, 0);
    return scope_.tensor(batched_ ? all : squeeze(all, 1));
  }

  const RecurrentLayers& m_;
  RecurrentCell cell_;
  CaptureScope scope_;
  bool batched_ = true;
  Value sequence_, lengths_, h_, c_;
};

Tensor RecurrentLayers::forward(const Operand& x) { return forward(x, RecurrentState()).output; }
RecurrentResult RecurrentLayers::forward(const Operand& x, const RecurrentState& first, const Tensor& lengths) {
  return RecurrentCall(*this, x, first, lengths)();
}
std::string RecurrentLayers::str() const {
  std::string text = std::string(name_) + "(" + std::to_string(in_) + ", " + std::to_string(hidden_);
  if (options_.num_layers > 1) text += ", num_layers=" + std::to_string(options_.num_layers);
  if (options_.bidirectional) text += ", bidirectional";
  return text + ")";
}

RNN::RNN(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options, DType dtype, SourceLocation at)
    : RecurrentLayers(
          "RNN",
          static_cast<int>(options.nonlinearity == Nonlinearity::relu ? RecurrentCell::relu : RecurrentCell::tanh), in,
          hidden, options, dtype, at) {}
LSTM::LSTM(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options, DType dtype, SourceLocation at)
    : RecurrentLayers("LSTM", static_cast<int>(RecurrentCell::lstm), in, hidden, options, dtype, at) {}
GRU::GRU(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options, DType dtype, SourceLocation at)
    : RecurrentLayers("GRU", static_cast<int>(RecurrentCell::gru), in, hidden, options, dtype, at) {}

}  // namespace weft::nn
