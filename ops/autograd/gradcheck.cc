// Gradients against central differences.
#include <cmath>
#include <sstream>
#include <string>

#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "weft/autograd.h"
#include "weft/functional.h"
#include "weft/ops.h"

namespace weft::autograd {
namespace {

using Tensors = std::vector<Tensor>;

class Gradcheck {
 public:
  Gradcheck(const char* name, const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options,
            SourceLocation at)
      : name_(name), f_(f), options_(options), at_(at) {
    if (!f) fail(ErrorKind::state, "the function is empty");
    if (Trace::current()) fail(ErrorKind::state, "a traced function has no values yet");
    if (!(options.eps > 0)) fail(ErrorKind::value, "eps " + number(options.eps) + ": a step above 0 is needed");
    bool any = false;
    for (const Tensor& input : inputs) {
      if (!input.defined()) fail(ErrorKind::state, "undefined tensor");
      checks_.push_back(input.requires_grad(at));
      any = any || checks_.back();
      if (checks_.back() && input.dtype() != kFloat64)
        fail(ErrorKind::dtype, TensorAccess::impl(input)->type.str() + ": differences of f32 have no digits left");
      inputs_.push_back(checks_.back() ? input.detach(at).clone(at).requires_grad_(true, at) : input);
    }
    if (!any) fail(ErrorKind::state, "no input requires gradients");
  }

  GradcheckReport run() {
    const GradModeGuard on(true);
    const Tensors outputs = f_(inputs_);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (!outputs[k].defined()) fail(ErrorKind::state, "the function gives an undefined tensor");
      outputs_.push_back(is_floating(outputs[k].dtype()) && outputs[k].requires_grad(at_) ? outputs[k] : Tensor());
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (checks_[i]) check_input(i);
    return report_;
  }

 private:
  using Columns = std::vector<std::vector<double>>;  // of each output: d output / d element

  void check_input(std::size_t i) {
    std::vector<Columns> got(outputs_.size());  // [k][element of output]: by each element of the input
    for (std::size_t k = 0; k < outputs_.size(); ++k)
      if (outputs_[k].defined()) got[k] = rows(outputs_[k], inputs_[i]);
    for (std::int64_t e = 0; e < inputs_[i].numel(); ++e) {
      const Columns above = shifted(i, e, options_.eps), below = shifted(i, e, -options_.eps);
      for (std::size_t k = 0; k < outputs_.size(); ++k)
        for (std::size_t o = 0; o < got[k].size(); ++o)
          compare({k, i, static_cast<std::int64_t>(o), e, (above[k][o] - below[k][o]) / (2 * options_.eps),
                   got[k][o][static_cast<std::size_t>(e)]});
    }
  }

  // The gradient of each element of y by x.
  Columns rows(const Tensor& y, const Tensor& x) const {
    Columns result;
    for (std::int64_t o = 0; o < y.numel(); ++o) {
      std::vector<double> unit(static_cast<std::size_t>(y.numel()));
      unit[static_cast<std::size_t>(o)] = 1;
      const Tensor seed = from_data(std::span<const double>(unit), y.shape(), at_).to(y.dtype(), at_);
      const Tensor gradient =
          grad({y}, {x}, {.grad_outputs = {seed}, .retain_graph = true, .allow_unused = true}, at_)[0];
      result.push_back(gradient.defined() ? gradient.to_vector<double>(at_)
                                          : std::vector<double>(static_cast<std::size_t>(x.numel())));
    }
    return result;
  }

  // The outputs where element e of input i is larger by `step`.
  Columns shifted(std::size_t i, std::int64_t e, double step) const {
    Tensors inputs = inputs_;
    std::vector<double> values = inputs_[i].to_vector<double>(at_);
    values[static_cast<std::size_t>(e)] += step;
    inputs[i] = from_data(std::span<const double>(values), inputs_[i].shape(), at_).requires_grad_(true, at_);
    const Tensors outputs = f_(inputs);
    bool same = outputs.size() == outputs_.size();
    for (std::size_t k = 0; same && k < outputs.size(); ++k)
      same = outputs[k].defined() && (!outputs_[k].defined() || outputs[k].shape() == outputs_[k].shape());
    if (!same) fail(ErrorKind::state, "the function gives other shapes for other values");
    Columns result;
    for (const Tensor& output : outputs) result.push_back(output.to(kFloat64, at_).to_vector<double>(at_));
    return result;
  }

  void compare(const GradcheckReport::Mismatch& pair) {
    constexpr std::size_t kMostKept = 100;
    ++report_.compared;
    const bool near = std::abs(pair.got - pair.expected) <= options_.atol + options_.rtol * std::abs(pair.expected);
    if (!near && report_.mismatches.size() < kMostKept) report_.mismatches.push_back(pair);
  }

  [[noreturn]] void fail(ErrorKind kind, const std::string& text) const {
    throw Error(kind, std::string("[") + name_ + "] " + text, at_);
  }
  static std::string number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
  }

  const char* name_;
  const TensorsFunction& f_;
  const GradcheckOptions& options_;
  SourceLocation at_;
  std::vector<bool> checks_;
  Tensors inputs_, outputs_;
  GradcheckReport report_;
};

}  // namespace

std::string GradcheckReport::str() const {
  std::ostringstream text;
  for (const Mismatch& m : mismatches)
    text << "output " << m.output << " element " << m.output_element << " by input " << m.input << " element "
         << m.input_element << ": expected " << m.expected << ", got " << m.got << '\n';
  return text.str();
}

GradcheckReport gradcheck(const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options,
                          SourceLocation at) {
  return Gradcheck("gradcheck", f, inputs, options, at).run();
}

// The gradients of f as a function of its inputs, weighted by numbers that differ from element to element.
GradcheckReport gradgradcheck(const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options,
                              SourceLocation at) {
  const TensorsFunction gradients = [&](const Tensors& given) {
    Tensors wrt, roots, seeds;
    for (const Tensor& input : given)
      if (input.requires_grad(at)) wrt.push_back(input);
    for (const Tensor& output : f(given)) {
      if (!is_floating(output.dtype()) || !output.requires_grad(at)) continue;
      roots.push_back(output);
      seeds.push_back((arange(output.numel()).to(output.dtype(), at) * 0.37 + 0.5).view(output.shape(), at));
    }
    Tensors result;
    if (roots.empty()) return result;
    for (Tensor& gradient : grad(roots, wrt, {.grad_outputs = seeds, .create_graph = true, .allow_unused = true}, at))
      if (gradient.defined()) result.push_back(std::move(gradient));
    return result;
  };
  return Gradcheck("gradgradcheck", gradients, inputs, options, at).run();
}

}  // namespace weft::autograd
