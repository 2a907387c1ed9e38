// Functions whose gradient is the user's own: one call that stands between the results of forward() and those that the
// user gets. Gradients cross that call by backward().
#include "weft/custom_function.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "graph/autodiff.h"
#include "graph/capture/custom_call.h"
#include "graph/capture/versions.h"
#include "weft/autograd.h"

namespace weft::autograd {

namespace detail {

struct FunctionAccess {
  static variable_list& saved(AutogradContext& context) { return context.saved_; }
  static variable_list& saved_as(AutogradContext& context) { return context.saved_as_; }
  static const variable_list& non_differentiable(const AutogradContext& c) { return c.non_differentiable_; }
  static bool materializes(const AutogradContext& context) { return context.materialize_grads_; }
  static std::vector<bool>& needs(AutogradContext& context) { return context.needs_; }
};

}  // namespace detail

using Access = detail::FunctionAccess;

void AutogradContext::save_for_backward(const variable_list& tensors, SourceLocation at) {
  saved_.clear();
  saved_as_ = tensors;
  for (const Tensor& tensor : tensors)
    saved_.push_back(tensor.defined() ? make_captured(current_version(TensorAccess::impl(tensor), at)) : Tensor());
}

bool AutogradContext::needs_input_grad(std::size_t argument, SourceLocation at) const {
  if (argument >= needs_.size())
    throw Error(
        "[needs_input_grad] argument " + std::to_string(argument) + ": forward takes " + std::to_string(needs_.size()),
        at);
  return needs_[argument];
}

namespace {

CapturedValue version(const Tensor& tensor, SourceLocation at) {
  return current_version(TensorAccess::impl(tensor), at);
}

// The rule of one call of a Function.
struct FunctionRule final : CustomGradient {
  // Where something stands among the operands or the results of the call; neither: nowhere.
  struct Place {
    std::optional<std::size_t> operand, result;
  };
  std::function<variable_list(AutogradContext*, variable_list)> backward;
  AutogradContext context;  // without tensors
  std::vector<bool> is_tensor;
  std::vector<Place> arguments, saved, results;  // of forward()
  std::vector<TensorType> result_types;

  bool reads_values() const override { return !saved.empty(); }

  std::vector<Tensor> gradients(const CustomCall& call) const override {
    AutogradContext now = context;
    for (const Place& place : saved)
      Access::saved(now).push_back(place.operand  ? call.operands[*place.operand]
                                   : place.result ? call.results[*place.result]
                                                  : Tensor());
    for (std::size_t i = 0; i < arguments.size(); ++i)
      Access::needs(now)[i] = arguments[i].operand && call.needs[*arguments[i].operand];
    variable_list douts;
    for (std::size_t k = 0; k < results.size(); ++k) {
      douts.push_back(results[k].result ? call.douts[*results[k].result] : Tensor());
      if (douts[k].defined() || !Access::materializes(now)) continue;
      CaptureScope scope(call.at);
      douts[k] = scope.tensor(zeros(scope.builder(), result_types[k]));
    }
    const variable_list given = backward(&now, std::move(douts));
    check(given, call);
    std::vector<Tensor> gradients(call.operands.size());
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (arguments[i].operand) gradients[*arguments[i].operand] = given[i];
    return gradients;
  }

 private:
  // There may be further undefined tensors, as in PyTorch.
  void check(const variable_list& given, const CustomCall& call) const {
    const std::string name = "[autograd::Function] backward";
    const auto defined = [](const Tensor& tensor) { return tensor.defined(); };
    if (given.size() < arguments.size() ||
        std::any_of(given.begin() + static_cast<std::ptrdiff_t>(arguments.size()), given.end(), defined))
      throw Error(ErrorKind::state,
                  name + " gives " + std::to_string(given.size()) + " gradients, for " +
                      std::to_string(arguments.size()) + " arguments",
                  call.at);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!given[i].defined()) continue;
      const std::string gradient = name + ": gradient " + std::to_string(i);
      if (!is_tensor[i]) throw Error(ErrorKind::state, gradient + " is one by an argument that is no tensor", call.at);
      if (!arguments[i].operand) continue;
      const TensorType& is = TensorAccess::impl(given[i])->type;
      const TensorType& wanted = TensorAccess::impl(call.operands[*arguments[i].operand])->type;
      if (call.needs[*arguments[i].operand] && is != wanted)
        throw Error(kind_of_difference(is, wanted), gradient + " is " + is.str() + ", the argument " + wanted.str(),
                    call.at);
    }
  }
};

// Adds what was kept as further operands, but for results of the call, which are there.
void keep_saved(AutogradContext& context, const variable_list& results, FunctionRule& rule,
                std::vector<CapturedValue>& operands, SourceLocation at) {
  const variable_list values = std::exchange(Access::saved(context), {});
  const variable_list tensors = std::exchange(Access::saved_as(context), {});
  for (std::size_t j = 0; j < values.size(); ++j) {
    FunctionRule::Place& place = rule.saved.emplace_back();
    if (!values[j].defined()) continue;
    const CapturedValue value = version(values[j], at);
    for (std::size_t k = 0; k < results.size() && !place.result; ++k)
      if (rule.results[k].result && results[k].is_same(tensors[j]) && version(results[k], at) == value)
        place.result = rule.results[k].result;
    if (place.result) continue;
    place.operand = operands.size();
    operands.push_back(value);
  }
}

// The results with the call before them; those that are not differentiable stay as they are.
variable_list with_gradient(const detail::FunctionCall& call, AutogradContext& context, variable_list results,
                            const std::vector<CapturedValue>& arguments) {
  auto rule = std::make_shared<FunctionRule>();
  rule->backward = call.backward;
  rule->is_tensor = call.is_tensor;
  std::vector<CapturedValue> values, operands;
  for (const Tensor& result : results) {
    const auto& without = Access::non_differentiable(context);
    const bool differentiable =
        is_floating(result.dtype()) &&
        std::none_of(without.begin(), without.end(), [&](const Tensor& other) { return other.is_same(result); });
    rule->result_types.push_back(TensorAccess::impl(result)->type);
    rule->results.push_back({std::nullopt, differentiable ? std::optional(values.size()) : std::nullopt});
    if (differentiable) values.push_back(version(result, call.at));
  }
  if (values.empty()) return results;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    FunctionRule::Place& place = rule->arguments.emplace_back();
    if (!arguments[i]) continue;
    place.operand = values.size() + operands.size();
    operands.push_back(arguments[i]);
  }
  operands.insert(operands.begin(), values.begin(), values.end());
  keep_saved(context, results, *rule, operands, call.at);
  const auto places = rule->results;
  context.saved_data.swap(rule->context.saved_data);
  Access::needs(rule->context) = Access::needs(context);
  rule->context.set_materialize_grads(Access::materializes(context));
  const variable_list differentiable = record_custom_call(operands, values.size(), std::move(rule), call.at);
  for (std::size_t k = 0; k < results.size(); ++k)
    if (places[k].result) results[k] = differentiable[*places[k].result];
  return results;
}

}  // namespace

variable_list detail::apply(const FunctionCall& call) {
  AutogradContext context;
  std::vector<CapturedValue> arguments;
  bool any = false;
  for (const Tensor& argument : call.arguments) {
    arguments.push_back(argument.defined() ? version(argument, call.at) : CapturedValue{});
    const bool needs = grad_enabled() && argument.defined() && argument.requires_grad(call.at);
    Access::needs(context).push_back(needs);
    any = any || needs;
  }
  variable_list results;
  {
    const NoGradGuard no_grad;
    results = call.forward(&context);
  }
  for (const Tensor& result : results)
    if (!result.defined())
      throw Error(ErrorKind::state, "[autograd::Function] forward gives an undefined tensor", call.at);
  return any ? with_gradient(call, context, std::move(results), arguments) : results;
}

}  // namespace weft::autograd
