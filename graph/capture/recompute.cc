// checkpoint(): the calls that a function captured become the rule of one call. The rule captures them again when
// gradients arrive, from values that are there only then, so no pass takes them for the calls of before.
#include "weft/recompute.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "graph/autodiff.h"
#include "graph/capture/custom_call.h"
#include "graph/capture/extract.h"
#include "graph/known_ops.h"
#include "weft/autograd.h"

namespace weft {
namespace {

// Calls apart from the values that they had. A value is a result of a step, or one from before (`given`).
struct CapturedPart {
  struct Ref {
    bool given = false;
    std::uint32_t number = 0, output = 0;
  };
  struct Step {
    const OpDef* op;
    Attrs attrs;
    SourceLocation where;
    std::shared_ptr<GradientCode> code;
    bool requires_grad;
    std::vector<Ref> operands;
  };
  std::vector<Step> steps;
  std::vector<CapturedValue> given;
  std::vector<Ref> results;

  // The results, from these values for those that are given.
  std::vector<CapturedValue> capture(CaptureBuilder& builder, const std::vector<Value>& from) const {
    std::vector<Value> made;
    const auto value = [&](const Ref& ref) {
      return ref.given ? from[ref.number] : made[ref.number].output(ref.output);
    };
    std::vector<Value> operands;
    for (const Step& step : steps) {
      operands.clear();
      for (const Ref& ref : step.operands) operands.push_back(value(ref));
      builder.where = step.where;
      builder.grad_enabled = step.requires_grad;
      made.push_back(builder.record(*step.op, operands, step.attrs));
      builder.call(made.back().id().node)->code = step.code;
    }
    std::vector<CapturedValue> values;
    for (const Ref& ref : results) values.push_back(builder.captured(value(ref)));
    return values;
  }
};

// What was captured after `start`, down to what was there before. Leaves, and calls that have let go of their operands,
// count as having been there.
class PartFinder {
 public:
  PartFinder(const std::vector<CapturedValue>& results, std::uint64_t start) : start_(start) {
    std::vector<std::shared_ptr<CapturedCall>> open;
    for (const CapturedValue& value : results) meet(value.call, open);
    while (!open.empty()) {
      const auto call = std::move(open.back());
      open.pop_back();
      std::vector<CapturedValue>& operands = inside_[call.get()];
      for (const CapturedValue& operand : operands) meet(operand.call, open);
    }
    std::sort(order_.begin(), order_.end(), [](const auto& a, const auto& b) { return a->order < b->order; });
    for (std::uint32_t i = 0; i < order_.size(); ++i) number_[order_[i].get()] = i;
    for (const auto& call : order_) {
      CapturedPart::Step step{call->op, call->attrs, call->where, call->code, call->requires_grad, {}};
      for (const CapturedValue& operand : inside_[call.get()]) step.operands.push_back(ref(operand));
      part_.steps.push_back(std::move(step));
    }
    for (const CapturedValue& value : results) part_.results.push_back(ref(value));
  }
  CapturedPart take() { return std::move(part_); }

 private:
  void meet(const std::shared_ptr<CapturedCall>& call, std::vector<std::shared_ptr<CapturedCall>>& open) {
    if (call->order <= start_ || call->op == &kInput || call->is_leaf || inside_.contains(call.get())) return;
    std::vector<CapturedValue> operands;
    call->for_each_operand([&](const CapturedValue& operand) { operands.push_back(operand); });
    if (operands.size() < call->num_operands()) return;
    inside_.emplace(call.get(), std::move(operands));
    order_.push_back(call);
    open.push_back(call);
  }

  CapturedPart::Ref ref(const CapturedValue& value) {
    if (const auto at = number_.find(value.call.get()); at != number_.end()) return {false, at->second, value.output};
    auto& given = part_.given;
    const auto at = given_at_.try_emplace({value.call.get(), value.output}, given.size()).first;
    if (at->second == given.size()) given.push_back(value);
    return {true, static_cast<std::uint32_t>(at->second), 0};
  }

  const std::uint64_t start_;
  std::unordered_map<const CapturedCall*, std::vector<CapturedValue>> inside_;
  std::vector<std::shared_ptr<CapturedCall>> order_;
  std::unordered_map<const CapturedCall*, std::uint32_t> number_;
  std::map<std::pair<const CapturedCall*, std::uint32_t>, std::size_t> given_at_;
  CapturedPart part_;
};

// Operands: the results, then what is given.
class CheckpointRule final : public CustomGradient {
 public:
  explicit CheckpointRule(CapturedPart part) : part_(std::move(part)) {
    for (const CapturedValue& value : part_.given)
      moves_.push_back(!value.call->is_leaf && is_floating(value.call->outputs[value.output].dtype));
    // With nothing but parameters, one of them waits for the gradients.
    if (std::find(moves_.begin(), moves_.end(), true) == moves_.end() && !moves_.empty()) moves_[0] = true;
    part_.given.clear();
  }

  bool reads_values() const override { return true; }

  std::vector<Tensor> gradients(const CustomCall& call) const override {
    CaptureBuilder builder(call.at);
    builder.grad_enabled = true;
    std::vector<Value> douts;
    for (const Tensor& dout : call.douts) douts.push_back(dout.defined() ? read(builder, dout, call) : Value());
    const std::size_t first = part_.results.size();
    std::vector<Value> from;
    for (std::size_t i = 0; i < moves_.size(); ++i)
      from.push_back(stand_in(builder, read(builder, call.operands[first + i], call), douts, moves_[i]));
    const std::vector<CapturedValue> results = part_.capture(builder, from);
    EagerRequest request = make_request(builder, results, douts, from, call.at);
    for (std::size_t i = 0; i < from.size(); ++i) {
      const CapturedValue value = builder.captured(from[i]);
      auto& group = request.groups.emplace_back();
      if (!call.needs[first + i] || !request.calls.contains(value.call.get())) continue;
      const ValueId id = request.calls.id(value);
      if (request.calls.entries()[id.node].reached) group.push_back(id);
    }
    request.add_to.resize(request.groups.size());
    const CapturedGradients captured = capture_gradients(request, grad_enabled(), call.at, find_user_code(request), {});
    std::vector<Tensor> gradients(first);
    for (const CapturedValue& gradient : captured.of)
      gradients.push_back(gradient ? make_captured(gradient) : Tensor());
    return gradients;
  }

 private:
  static Value read(CaptureBuilder& builder, const Tensor& tensor, const CustomCall& call) {
    return builder.value(current_version(TensorAccess::impl(tensor), call.at));
  }

  // The value as another one, at which the gradients of the region end. One that `moves` is there only when the
  // gradients of the results are.
  static Value stand_in(CaptureBuilder& builder, const Value& value, const std::vector<Value>& douts, bool moves) {
    if (!moves) return overwritten(value, value, /*keep_history=*/false);
    std::vector<Value> operands{value};
    std::copy_if(douts.begin(), douts.end(), std::back_inserter(operands), [](const Value& v) { return v.defined(); });
    return builder.record(known_ops::after(), operands);
  }

  static EagerRequest make_request(CaptureBuilder& builder, const std::vector<CapturedValue>& results,
                                   const std::vector<Value>& douts, const std::vector<Value>& from, SourceLocation at) {
    std::vector<CapturedValue> roots, seeds;
    for (std::size_t k = 0; k < results.size(); ++k) {
      if (!douts[k].defined() || !results[k].call->requires_grad) continue;
      roots.push_back(results[k]);
      seeds.push_back(builder.captured(douts[k]));
    }
    const std::uint64_t oldest = from.empty() ? 0 : builder.call(from.back().id().node)->order;
    EagerRequest request{Extraction(seeds, roots, at, oldest)};
    for (std::size_t k = 0; k < roots.size(); ++k) {
      request.roots.push_back(request.calls.id(roots[k]));
      request.seeds.emplace_back(request.calls.id(seeds[k]));
    }
    return request;
  }

  CapturedPart part_;
  std::vector<bool> moves_;  // of what is given
};

std::uint64_t order_now(SourceLocation at) { return CapturedCall(kInput, {}, {}, {}, at, false).order; }

}  // namespace

std::vector<Tensor> checkpoint(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                               const std::vector<Tensor>& inputs, SourceLocation at) {
  detail::require_hook(static_cast<bool>(f), "checkpoint", at);
  for (const Tensor& input : inputs)
    if (!input.defined()) throw Error(ErrorKind::state, "[checkpoint] undefined tensor", at);
  for (const Tensor& input : inputs) (void)current_version(TensorAccess::impl(input), at);
  const std::uint64_t start = order_now(at);
  std::vector<Tensor> results = f(inputs);
  std::vector<CapturedValue> values;
  std::vector<std::size_t> which;
  for (std::size_t k = 0; k < results.size(); ++k) {
    if (!results[k].defined()) throw Error(ErrorKind::state, "[checkpoint] the function gives an undefined tensor", at);
    if (!grad_enabled() || !is_floating(results[k].dtype())) continue;
    CapturedValue value = current_version(TensorAccess::impl(results[k]), at);
    if (!value.call->requires_grad || value.call->order <= start || value.call->is_leaf) continue;
    values.push_back(std::move(value));
    which.push_back(k);
  }
  if (values.empty()) return results;
  CapturedPart part = PartFinder(values, start).take();
  std::vector<CapturedValue> operands = values;
  operands.insert(operands.end(), part.given.begin(), part.given.end());
  const std::size_t count = values.size();
  const std::vector<Tensor> made =
      record_custom_call(std::move(operands), count, std::make_shared<CheckpointRule>(std::move(part)), at);
  for (std::size_t k = 0; k < count; ++k) results[which[k]] = made[k];
  return results;
}

Tensor checkpoint(const std::function<Tensor(const Tensor&)>& f, const Operand& x) {
  detail::require_hook(static_cast<bool>(f), "checkpoint", x.at());
  if (!x.tensor().defined()) throw Error(ErrorKind::state, "[checkpoint] undefined tensor", x.at());
  return checkpoint([&f](const std::vector<Tensor>& inputs) -> std::vector<Tensor> { return {f(inputs[0])}; },
                    {x.tensor()}, x.at())[0];
}

}  // namespace weft
