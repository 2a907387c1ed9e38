// Optimizer: the parameters, the learning rate, and one run for all updates of a step.
#include <cstring>
#include <unordered_set>

#include "graph/capture/capture.h"
#include "graph/capture/tensor_impl.h"
#include "weft/autograd.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft::optim {
namespace {

// State has storage from the start: updates are written into it.
Tensor zero_leaf(TensorType type, SourceLocation at) {
  auto buffer = make_buffer(type.bytes(), at);
  if (buffer->bytes() > 0) std::memset(buffer->data(), 0, buffer->bytes());
  return make_leaf(std::move(type), std::move(buffer));
}

double checked_lr(const char* name, double lr, SourceLocation at) {
  if (!(lr >= 0)) throw Error(std::string("[") + name + "] lr " + std::to_string(lr) + ": negative", at);
  return lr;
}

}  // namespace

Optimizer::Optimizer(const char* name, std::vector<Tensor> parameters, double lr, SourceLocation at)
    : name_(name), parameters_(std::move(parameters)), lr_(zero_leaf({kFloat64, {}}, at)) {
  *lr_.mutable_data_ptr<double>(at) = checked_lr(name, lr, at);
  const auto refuse = [&](ErrorKind kind, std::size_t i, const char* rule, const char* hint = "") {
    throw Error(kind, std::string("[") + name + "] parameter " + std::to_string(i) + " " + rule, at, hint);
  };
  if (parameters_.empty()) throw Error(ErrorKind::state, std::string("[") + name + "] there are no parameters", at);
  std::unordered_set<const TensorImpl*> seen;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& parameter = parameters_[i];
    if (!parameter.defined()) refuse(ErrorKind::state, i, "is undefined");
    if (!parameter.is_leaf())
      refuse(ErrorKind::state, i, "is the result of an operation", "optimize the leaves that it was made from");
    if (!is_floating(parameter.dtype())) refuse(ErrorKind::dtype, i, "is not floating");
    if (!seen.insert(TensorAccess::impl(parameter).get()).second) refuse(ErrorKind::state, i, "is there twice");
  }
}

double Optimizer::lr(SourceLocation at) const { return lr_.item(at); }

// An operation, not a plain write: inside of a traced function it happens in every run.
void Optimizer::set_lr(double lr, SourceLocation at) { lr_.fill_(checked_lr(name_, lr, at), at); }

std::vector<Tensor> Optimizer::zeros_like_parameters(SourceLocation at) const {
  std::vector<Tensor> state;
  for (const Tensor& parameter : parameters_) state.push_back(zero_leaf({parameter.dtype(), parameter.shape()}, at));
  return state;
}

std::vector<Tensor> Optimizer::counters(SourceLocation at) const {
  std::vector<Tensor> state;
  for (std::size_t i = 0; i < parameters_.size(); ++i) state.push_back(zero_leaf({kInt64, {}}, at));
  return state;
}

void Optimizer::zero_grad(SourceLocation at) {
  for (const Tensor& parameter : parameters_) parameter.set_grad({}, at);
}

void Optimizer::step(SourceLocation at) {
  NoGradGuard no_grad;
  Updates updates;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (const Tensor gradient = parameters_[i].grad(); gradient.defined()) update(i, gradient, updates, at);
  if (!updates.empty()) assign(std::move(updates), at);
}

}  // namespace weft::optim
