// Derivatives of functions of tensors. J v is made of two walks backward: v^T J is linear in v, and its gradient by v,
// weighted by w, is J w.
#include "weft/functional.h"

#include <algorithm>
#include <string>

#include "graph/capture/tensor_impl.h"
#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft::autograd {
namespace {

using Tensors = std::vector<Tensor>;

// One call of one of the functions below.
class Derivatives {
 public:
  Derivatives(const char* name, const TensorsFunction& f, const Tensors& inputs, const FunctionalOptions& options,
              SourceLocation at, bool differentiates_again = false)
      : name_(name), options_(options), at_(at), create_graph_(options.create_graph || differentiates_again) {
    if (!f) fail(ErrorKind::state, "the function is empty");
    if (inputs.empty()) fail(ErrorKind::state, "no inputs");
    check_floating(inputs);
    const GradModeGuard on(true);
    // Handles of its own, so that gradients arrive there and nowhere else.
    for (const Tensor& input : inputs)
      inputs_.push_back(options.create_graph && input.requires_grad(at) ? input.view(input.shape(), at)
                                                                        : input.detach(at).requires_grad_(true, at));
    outputs_ = f(inputs_);
    if (outputs_.empty()) fail(ErrorKind::state, "the function gives nothing");
    check_floating(outputs_);
  }

  const Tensors& inputs() const { return inputs_; }
  const Tensors& outputs() const { return outputs_; }

  [[noreturn]] void fail(ErrorKind kind, const std::string& text) const {
    throw Error(kind, std::string("[") + name_ + "] " + text, at_);
  }
  static std::string type(const Tensor& tensor) { return TensorAccess::impl(tensor)->type.str(); }

  // v as it is given for `like`; ones where there is none, for one tensor of one element.
  Tensors weights(const Tensors& v, const Tensors& like, const char* what) const {
    if (v.empty()) {
      if (like.size() != 1 || like[0].numel() != 1)
        fail(ErrorKind::shape, type(like[0]) + ": only " + what + " of one element needs no v");
      return {ones(like[0].shape(), like[0].dtype(), at_)};
    }
    if (v.size() != like.size())
      fail(ErrorKind::value, std::to_string(v.size()) + " tensors v for " + std::to_string(like.size()));
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (!v[i].defined()) fail(ErrorKind::state, "undefined tensor");
      const TensorType &is = TensorAccess::impl(v[i])->type, &wanted = TensorAccess::impl(like[i])->type;
      if (is != wanted)
        fail(kind_of_difference(is, wanted), wanted.str() + ", v: " + is.str() + ": v must have this shape and dtype");
    }
    return v;
  }

  // sum_k v[k] * d y[k] / d x[i]
  Tensors vjp(const Tensors& y, const Tensors& x, const Tensors& v, bool create_graph) const {
    Tensors roots, seeds;
    for (std::size_t k = 0; k < y.size(); ++k) {
      if (!y[k].requires_grad(at_)) continue;
      roots.push_back(y[k]);
      seeds.push_back(v[k]);
    }
    Tensors gradients(x.size());
    if (!roots.empty())
      gradients =
          grad(roots, x,
               {.grad_outputs = seeds, .retain_graph = true, .create_graph = create_graph, .allow_unused = true}, at_);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (gradients[i].defined()) continue;
      if (options_.strict) fail(ErrorKind::state, "no output depends on input " + std::to_string(i));
      gradients[i] = zeros(x[i].shape(), x[i].dtype(), at_);
    }
    return gradients;
  }
  Tensors vjp(const Tensors& v) const { return vjp(outputs_, inputs_, v, create_graph_); }

  // sum_i d y[k] / d x[i] * v[i]
  Tensors jvp(const Tensors& y, const Tensors& x, const Tensors& v) const {
    const GradModeGuard on(true);
    Tensors u;
    for (const Tensor& output : y) u.push_back(zeros(output.shape(), output.dtype(), at_).requires_grad_(true, at_));
    return vjp(vjp(y, x, u, true), u, v, options_.create_graph);
  }

  const Tensor& scalar() const {
    if (outputs_.size() != 1 || outputs_[0].numel() != 1)
      fail(ErrorKind::shape, type(outputs_[0]) + ": the function must give one element");
    return outputs_[0];
  }

  // What the user gets: with history where that is asked for.
  Tensors given(const Tensors& tensors) const {
    if (options_.create_graph) return tensors;
    Tensors plain;
    for (const Tensor& tensor : tensors) plain.push_back(tensor.detach(at_));
    return plain;
  }

  // d y / d x[i] for each element of y, as one tensor of both shapes.
  Tensors jacobian(const Tensor& y, const Tensors& x, bool create_graph) const {
    std::vector<Tensors> rows(x.size());
    const Tensor units = eye(y.numel(), y.dtype(), at_);
    for (std::int64_t e = 0; e < y.numel(); ++e) {
      const Tensors row = vjp({y}, x, {units.select(0, e, at_).view(y.shape(), at_)}, create_graph);
      for (std::size_t i = 0; i < x.size(); ++i) rows[i].push_back(row[i]);
    }
    Tensors result;
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::vector<std::int64_t> shape = y.shape().vec(), of_input = x[i].shape().vec();
      shape.insert(shape.end(), of_input.begin(), of_input.end());
      result.push_back(rows[i].empty() ? zeros(shape, x[i].dtype(), at_) : stack(rows[i], 0, at_).view(shape, at_));
    }
    return result;
  }

 private:
  void check_floating(const Tensors& tensors) const {
    for (const Tensor& tensor : tensors) {
      if (!tensor.defined()) fail(ErrorKind::state, "undefined tensor");
      if (!is_floating(tensor.dtype())) fail(ErrorKind::dtype, type(tensor) + ": only floating tensors have gradients");
    }
  }

  const char* name_;
  const FunctionalOptions& options_;
  SourceLocation at_;
  bool create_graph_;
  Tensors inputs_, outputs_;
};

using OutputsAnd = std::pair<Tensors, Tensors>;

}  // namespace

OutputsAnd vjp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, const FunctionalOptions& options,
               SourceLocation at) {
  const Derivatives d("vjp", f, inputs, options, at);
  const Tensors weights = d.weights(v, d.outputs(), "an output");
  return {d.given(d.outputs()), d.given(d.vjp(weights))};
}

OutputsAnd jvp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, const FunctionalOptions& options,
               SourceLocation at) {
  const Derivatives d("jvp", f, inputs, options, at);
  const Tensors weights = d.weights(v, d.inputs(), "an input");
  return {d.given(d.outputs()), d.given(d.jvp(d.outputs(), d.inputs(), weights))};
}

std::vector<Tensors> jacobian(const TensorsFunction& f, const Tensors& inputs, const FunctionalOptions& options,
                              SourceLocation at) {
  const Derivatives d("jacobian", f, inputs, options, at);
  std::vector<Tensors> result;
  for (const Tensor& y : d.outputs()) result.push_back(d.given(d.jacobian(y, d.inputs(), options.create_graph)));
  return result;
}

std::vector<Tensors> hessian(const TensorsFunction& f, const Tensors& inputs, const FunctionalOptions& options,
                             SourceLocation at) {
  const Derivatives d("hessian", f, inputs, options, at, true);
  const Tensors first = d.vjp({ones(d.scalar().shape(), d.scalar().dtype(), at)});
  std::vector<Tensors> result;
  for (const Tensor& gradient : first)
    result.push_back(d.given(d.jacobian(gradient, d.inputs(), options.create_graph)));
  return result;
}

OutputsAnd hvp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, const FunctionalOptions& options,
               SourceLocation at) {
  const Derivatives d("hvp", f, inputs, options, at, true);
  const Tensors first = d.vjp({ones(d.scalar().shape(), d.scalar().dtype(), at)});
  const Tensors weights = d.weights(v, d.inputs(), "an input");
  return {d.given(d.outputs()), d.given(d.jvp(first, d.inputs(), weights))};
}

OutputsAnd vhp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, const FunctionalOptions& options,
               SourceLocation at) {
  const Derivatives d("vhp", f, inputs, options, at, true);
  const Tensors first = d.vjp({ones(d.scalar().shape(), d.scalar().dtype(), at)});
  const Tensors weights = d.weights(v, d.inputs(), "an input");
  return {d.given(d.outputs()), d.given(d.vjp(first, d.inputs(), weights, options.create_graph))};
}

}  // namespace weft::autograd
