// Gradients of a request as captured calls. Users' own code (hooks, rules) takes part where there is some: what it is
// given are tensors of the calls that were captured so far, and what it gives is captured in its turn.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/gradient_code.h"
#include "graph/capture/request_graph.h"
#include "graph/capture/trace.h"
#include "graph/capture/versions.h"
#include "weft/autograd.h"

namespace weft {
namespace {

std::atomic<bool> g_anomaly{false};

// Finds the first call whose gradient is nan, for set_detect_anomaly().
class AnomalyCheck {
 public:
  void check(const CapturedCall& call, const Tensor& gradient) {
    const TensorType& type = TensorAccess::impl(gradient)->type;
    const auto buffer = value_of(current_version(TensorAccess::impl(gradient), call.where));
    const bool wide = type.dtype == DType::f64;
    const auto [has_nan, has_infinite] = wide ? look<double>(*buffer, type) : look<float>(*buffer, type);
    if (has_nan)
      throw Error(ErrorKind::value, "[" + name_of(call) + "] the gradient by an operand " + type.str() + " is nan",
                  call.where,
                  infinite_.empty() ? "an operand of this call is where its derivative does not exist" : infinite_);
    if (has_infinite && infinite_.empty())
      infinite_ = "before it, the gradient of [" + name_of(call) + "] in line " + std::to_string(call.where.line) +
                  " of " + call.where.file + " is infinite";
  }

 private:
  template <class T>
  static std::pair<bool, bool> look(const Buffer& buffer, const TensorType& type) {
    const T* const values = static_cast<const T*>(buffer.data());
    const T* const end = values + type.shape.numel();
    return {std::any_of(values, end, [](T v) { return std::isnan(v); }),
            std::any_of(values, end, [](T v) { return std::isinf(v); })};
  }
  static std::string name_of(const CapturedCall& call) { return std::string(call.op->name); }

  std::string infinite_;  // the first call whose gradient is infinite
};

class GradientCapture final : public GradientVisitor {
 public:
  GradientCapture(const EagerRequest& request, bool create_graph, SourceLocation at, const GradientSink& sink)
      : request_(request), sink_(sink), at_(at), create_graph_(create_graph), all_(request), builder_(at) {
    builder_.grad_enabled = create_graph;
  }

  CapturedGradients run(bool user_code) {
    const std::vector<Value> gradients = all_.differentiate(user_code ? this : nullptr);
    std::vector<ValueId> needed;
    for (const Value& gradient : gradients)
      if (gradient.defined()) needed.push_back(gradient.id());
    move(needed);
    CapturedGradients result;
    for (const Value& gradient : gradients)
      result.of.push_back(gradient.defined() ? captured(gradient) : CapturedValue{});
    result.used_up = all_.used_up();
    return result;
  }

  // ---- Where users' own code takes part
  void pass(NodeId n, std::span<Value> douts) override {
    const ValueId entry = all_.entry_of(n);
    const CapturedCall& call = this->call(entry);
    if (!call.code || call.is_leaf) return;
    for (std::uint32_t k = 0; k < douts.size(); ++k)
      if (const GradientHooks* hooks = call.code->hooks_of(entry.output + k); hooks && douts[k].defined())
        douts[k] = hooked(*hooks, douts[k]);
  }

  std::optional<bool> differentiate(GradCall& grad, NodeId n) override {
    const ValueId entry = all_.entry_of(n);
    const std::shared_ptr<CapturedCall>& call = request_.calls.entries()[entry.node].call;
    if (!call->code || !call->code->rule) return std::nullopt;
    move_pending();
    CustomCall custom{{}, {}, {}, {}, call->where};
    for (std::uint32_t k = 0; k < call->outputs.size(); ++k) {
      custom.douts.push_back(grad.dout(k).defined() ? make_captured(captured(grad.dout(k))) : Tensor());
      custom.results.push_back(make_captured({call, k}));
    }
    for (std::size_t i = 0; i < grad.num_inputs(); ++i) {
      custom.operands.push_back(make_captured(captured(grad.in(i))));
      custom.needs.push_back(grad.needs(i));
    }
    const GradModeGuard mode(create_graph_);
    const std::vector<Tensor> gradients = call->code->rule->gradients(custom);
    for (std::size_t i = 0; i < gradients.size(); ++i)
      if (grad.needs(i) && gradients[i].defined()) grad.set(i, outside(gradients[i]));
    return call->code->rule->reads_values();
  }

  Value arrive(std::size_t group, const Value& gradient) override {
    const ValueId first = request_.groups[group][0];
    const auto leaf = leaf_of(call(first));
    Value result = gradient;
    if (leaf && leaf->hooks && !leaf->hooks->of_gradient.empty()) {
      Value& once = of_leaves_[first];  // a tensor may be asked for twice
      if (!once.defined()) once = hooked(leaf->hooks->of_gradient, gradient);
      result = once;
    }
    if (sink_.at_once.empty() || !sink_.at_once[group]) return result;
    move_pending();
    const GradModeGuard mode(create_graph_);
    sink_.arrive(group, captured(result));
    return result;
  }

  void contributed(std::optional<NodeId> from, const Value& gradient) override {
    pending_.push_back(gradient.id());
    if (!from || !is_anomaly_enabled() || Trace::current()) return;
    move_pending();
    anomaly_.check(call(all_.entry_of(*from)), held_.back());
  }
  bool takes_before_pass() const override { return sink_.before_hooks; }

 private:
  const CapturedCall& call(ValueId entry) const { return *request_.calls.entries()[entry.node].call; }

  Value hooked(const GradientHooks& hooks, const Value& gradient) {
    move_pending();
    const GradModeGuard mode(create_graph_);
    const CapturedValue before = captured(gradient);
    const Tensor after = call_hooks(hooks, make_captured(before), "register_hook", at_);
    return current_version(TensorAccess::impl(after), at_) == before ? gradient : outside(after);
  }

  // A tensor of a user as a value of the graph of gradients.
  Value outside(const Tensor& tensor) {
    Value value = builder_.value(current_version(TensorAccess::impl(tensor), at_));
    if (!create_graph_ && builder_.captured(value).call->requires_grad) value = record_detach(value);
    const NodeId n = all_.builder().graph().add_input(value.type(), false, at_);
    moved_.resize(n + 1);
    moved_[n] = value;
    return all_.builder().value({n, 0});
  }

  CapturedValue captured(const Value& value) {
    move({{value.id()}});
    const Value& moved = moved_[value.id().node];
    return builder_.captured(moved.output(moved.id().output + value.id().output));
  }

  // What users' code looks at is computed at once. Gradients on their way are held, so that what is computed for one
  // look is there for the next, and a walk with many looks stays linear.
  void move_pending() {
    move(pending_);
    if (!Trace::current())
      for (const ValueId& v : pending_) held_.push_back(make_captured(captured(all_.builder().value(v))));
    pending_.clear();
  }

  // Captures the nodes that these values need, down to the calls that they read.
  void move(const std::vector<ValueId>& values) {
    const Graph& graph = all_.graph();
    moved_.resize(graph.size());
    met_.resize(graph.size());
    std::vector<NodeId> found;
    const auto meet = [&](NodeId n) {
      if (!moved_[n].defined() && !std::exchange(met_[n], 1)) found.push_back(n);
    };
    for (const ValueId& v : values) meet(v.node);
    for (std::size_t i = 0; i < found.size(); ++i)
      if (!all_.is_call(found[i]))
        for (std::size_t slot = 0; slot < graph.num_operands(found[i]); ++slot)
          meet(graph.operand(found[i], slot).node);
    std::sort(found.begin(), found.end());
    for (const NodeId n : found) moved_[n] = capture_node(n);
  }

  Value capture_node(NodeId n) {
    if (all_.is_call(n)) {
      const ValueId entry = all_.entry_of(n);
      return builder_.value(CapturedValue{request_.calls.entries()[entry.node].call, entry.output});
    }
    const Node& node = all_.graph().node(n);
    std::vector<Value> operands;
    for (const ValueId& v : all_.graph().operands(n))
      operands.push_back(moved_[v.node].output(moved_[v.node].id().output + v.output));
    builder_.where = node.where;
    return builder_.record(*node.op, operands, node.attrs);
  }

  const EagerRequest& request_;
  const GradientSink& sink_;
  const SourceLocation at_;
  const bool create_graph_;
  RequestGraph all_;
  CaptureBuilder builder_;
  std::vector<Value> moved_;  // of each node, once it is captured
  std::vector<char> met_;
  std::vector<ValueId> pending_;
  std::vector<Tensor> held_;
  std::map<ValueId, Value> of_leaves_;  // what hooks made of the gradients of leaves
  AnomalyCheck anomaly_;
};

}  // namespace

bool is_anomaly_enabled() { return g_anomaly.load(std::memory_order_relaxed); }
void set_detect_anomaly(bool enabled) { g_anomaly.store(enabled, std::memory_order_relaxed); }

bool find_user_code(const EagerRequest& request) {
  bool found = is_anomaly_enabled();
  std::vector<std::shared_ptr<TensorImpl>> leaves;
  for (const Extraction::Entry& entry : request.calls.entries()) {
    if (!entry.reached) continue;
    found = found || entry.call->code;
    const auto leaf = leaf_of(*entry.call);
    if (!leaf) continue;
    found = found || (leaf->hooks && !leaf->hooks->empty());
    if (Trace::current()) leaves.push_back(leaf);
  }
  if (!leaves.empty()) guard_hooks(leaves);
  return found;
}

CapturedGradients capture_gradients(const EagerRequest& request, bool create_graph, SourceLocation at, bool user_code,
                                    const GradientSink& sink) {
  return GradientCapture(request, create_graph, at, sink).run(user_code);
}

}  // namespace weft
