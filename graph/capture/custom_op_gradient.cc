// Gradients of users' operations: the rule is recorded on tensors that stand for operands, results and their gradients,
// and what it captured becomes nodes of the graph that is differentiated.
#include <unordered_map>
#include <utility>

#include "graph/capture/custom_op.h"
#include "graph/capture/recording.h"

namespace weft::op {
namespace {

const Tensor& one_of(const std::vector<Tensor>& tensors, std::size_t i, const char* what, const OpCall& call) {
  if (i >= tensors.size())
    call.fail(ErrorKind::value, std::string("the gradient rule asks for ") + what + " " + std::to_string(i) + " of " +
                                    std::to_string(tensors.size()));
  return tensors[i];
}

// What the rule gives: one tensor for each operand, of its type, or undefined.
void check(const std::vector<Tensor>& gradients, const OpCall& call) {
  if (gradients.size() != call.inputs.size())
    call.fail(ErrorKind::state, "the gradient rule gives " + std::to_string(gradients.size()) + " gradients, for " +
                                    std::to_string(call.inputs.size()) + " operands");
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const TensorType& is = TensorAccess::impl(gradients[i])->type;
    if (is != call.in(i))
      call.fail(kind_of_difference(is, call.in(i)), "the gradient rule gives " + is.str() + " for operand " +
                                                        std::to_string(i) + ", which is " + call.in(i).str());
  }
}

// The recorded calls as nodes.
class Replay {
 public:
  Replay(Builder& builder, const OpCall& call) : builder_(builder), call_(call) {}

  void set(const CapturedValue& recorded, const Value& value) { arguments_[recorded.call.get()] = value; }

  std::vector<Value> run(const Recording& recording) {
    const Extraction calls = recording.calls(call_.where);
    values_.resize(calls.entries().size());
    const bool enabled = builder_.grad_enabled;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const Extraction::Entry& entry = calls.entries()[i];
      if (const auto at = arguments_.find(entry.call.get()); at != arguments_.end()) {
        values_[i] = at->second;
        continue;
      }
      refuse_outside(entry, recording.trace);
      std::vector<Value> operands;
      for (const ValueId& v : calls.operands(entry)) operands.push_back(at(calls, v));
      builder_.grad_enabled = enabled && entry.call->requires_grad;
      values_[i] = builder_.record(*entry.call->op, operands, entry.call->attrs);
    }
    builder_.grad_enabled = enabled;
    std::vector<Value> results;
    for (const CapturedValue& result : recording.results)
      results.push_back(result ? at(calls, calls.id(result)) : Value());
    return results;
  }

 private:
  Value at(const Extraction& calls, ValueId v) const {
    const Value& first = values_[v.node];
    return arguments_.contains(calls.entries()[v.node].call.get()) ? first : first.output(v.output);
  }

  void refuse_outside(const Extraction::Entry& entry, std::uint64_t trace) const {
    if (entry.known || entry.call->op == &kInput || entry.call->trace != trace)
      call_.fail(ErrorKind::state,
                 "the gradient rule reads a tensor that it was not given, " + entry.call->outputs[0].str(),
                 "make it an operand, or compute it by ones(), full() or arange()");
    if (entry.call->code)
      call_.fail(ErrorKind::state, "the gradient rule uses hooks or gradients of its own code",
                 "make it of operations");
  }

  Builder& builder_;
  const OpCall& call_;
  std::unordered_map<const CapturedCall*, Value> arguments_;
  std::vector<Value> values_;  // of each recorded call: its first result
};

}  // namespace

const Tensor& GradientCall::input(std::size_t i) const { return one_of(inputs_, i, "operand", Access::of(*this)); }
const Tensor& GradientCall::result(std::size_t k) const { return one_of(results_, k, "result", Access::of(*this)); }
const Tensor& GradientCall::gradient(std::size_t k) const {
  return one_of(gradients_, k, "the gradient of result", Access::of(*this));
}
bool GradientCall::needs(std::size_t i) const {
  one_of(inputs_, i, "operand", Access::of(*this));
  return needs_[i];
}

void Operation::Impl::differentiate(GradCall& g) {
  Builder& builder = g.builder();
  const Node node = builder.graph().node(g.out().id().node);  // a copy: the graph grows
  Types operands;
  std::vector<const TensorType*> pointers;
  for (std::size_t i = 0; i < g.num_inputs(); ++i) operands.push_back(g.in(i).type());
  for (const TensorType& type : operands) pointers.push_back(&type);
  const OpCall call{*node.op, pointers, node.attrs, builder.where, node.outputs};

  std::vector<Value> values;
  for (std::size_t i = 0; i < g.num_inputs(); ++i) values.push_back(g.in(i));
  for (std::size_t k = 0; k < node.outputs.size(); ++k) values.push_back(g.out(k));
  for (std::size_t k = 0; k < node.outputs.size(); ++k)
    values.push_back(g.dout(k).defined() ? g.dout(k) : zeros(builder, node.outputs[k]));
  std::vector<TensorType> types;
  for (const Value& v : values) types.push_back(v.type());

  const auto rule = [&](const std::vector<Tensor>& given) {
    GradientCall gradient = Access::gradient_call(call);
    const auto results = given.begin() + static_cast<std::ptrdiff_t>(operands.size());
    const auto douts = results + static_cast<std::ptrdiff_t>(node.outputs.size());
    Access::inputs(gradient).assign(given.begin(), results);
    Access::results(gradient).assign(results, douts);
    Access::gradients(gradient).assign(douts, given.end());
    for (std::size_t i = 0; i < operands.size(); ++i) Access::needs(gradient).push_back(g.needs(i));
    std::vector<Tensor> gradients = of(*node.op).rules.gradient(gradient);
    check(gradients, call);
    return gradients;
  };
  const Recording recording = by_rule(call, "gradient rule", [&] {
    return record_function("[" + std::string(node.op->name) + "] the gradient rule", types, rule, builder.where);
  });
  Replay replay(builder, call);
  for (std::size_t i = 0; i < values.size(); ++i) replay.set(recording.arguments[i], values[i]);
  const std::vector<Value> gradients = replay.run(recording);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (gradients[i].defined()) g.set(i, gradients[i]);
}

}  // namespace weft::op
