// Autograd on tensors: requires_grad, backward, grad.
#include "graph/autodiff.h"
#include "graph/capture/capture.h"
#include "graph/capture/captured_graph.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/trace.h"
#include "graph/known_ops.h"
#include "weft/autograd.h"

namespace weft {
namespace {

constexpr const char* kSecondTime = "the graph of this tensor was used up by an earlier backward()";
constexpr const char* kRetainHint = "pass retain_graph = true to the earlier call";

void check_differentiable(const Tensor& tensor, const char* op, SourceLocation at) {
  if (!tensor.defined()) throw Error(std::string("[") + op + "] undefined tensor", at);
  const TensorImpl& impl = *tensor.impl();
  const std::string name = std::string("[") + op + "] " + impl.type.str() + ": ";
  if (!impl.requires_grad)
    throw Error(name + "the tensor does not require gradients and has no grad_fn", at,
                "requires_grad_() on a leaf that it is computed from, outside of NoGradGuard");
  if (!impl.graph && !impl.is_leaf()) throw Error(name + kSecondTime, at, kRetainHint);
}

Value ones(Builder& builder, const TensorType& type) {
  return builder.record(known_ops::full(), {}, known_ops::full_attrs(type, 1));
}

// The weights of one output: those given, or 1 for a scalar.
Value seed_of(CaptureScope& scope, const Tensor& output, const Tensor& gradient, const char* op) {
  const TensorType& type = output.impl()->type;
  const SourceLocation at = scope.builder().where;
  if (!gradient.defined()) {
    if (type.shape.numel() != 1)
      throw Error(std::string("[") + op + "] " + type.str() + ": only a scalar has a gradient without weights", at,
                  "pass weights of the same shape");
    return ones(scope.builder(), type);
  }
  if (gradient.impl()->type != type)
    throw Error(std::string("[") + op + "] " + type.str() + ", weights: " + gradient.impl()->type.str() +
                    ": the weights must have the tensor's shape and dtype",
                at);
  return scope.value_of(gradient);
}

// A gradient cannot pass through a result whose own graph was used up.
void check_not_consumed(CapturedGraph& graph, std::span<const Value> outputs, SourceLocation at) {
  bool any = false;
  for (const CapturedGraph::Leaf& leaf : graph.leaves()) any = any || leaf.consumed;
  if (!any) return;
  std::vector<char> reached(graph.graph().size(), 0);
  for (const Value& v : outputs) reached[v.id().node] = 1;
  for (NodeId n = static_cast<NodeId>(reached.size()); n-- > 0;)
    if (reached[n] && graph.graph().node(n).requires_grad)
      for (std::size_t i = 0; i < graph.graph().num_operands(n); ++i) reached[graph.graph().operand(n, i).node] = 1;
  for (const CapturedGraph::Leaf& leaf : graph.leaves())
    if (leaf.consumed && reached[leaf.node]) throw Error(std::string("[backward] ") + kSecondTime, at, kRetainHint);
}

// Takes the tensors that `outputs` were computed from, and these, out of the graph. All of them have values.
void consume(CapturedGraph& graph, std::span<const ValueId> outputs) {
  const Graph& g = graph.graph();
  std::vector<char> reached(g.size(), 0);
  for (const ValueId& v : outputs) reached[v.node] = 1;
  for (NodeId n = static_cast<NodeId>(g.size()); n-- > 0;)
    if (reached[n])
      for (std::size_t i = 0; i < g.num_operands(n); ++i) reached[g.operand(n, i).node] = 1;
  const std::vector<TensorImpl*> live = graph.live();
  for (TensorImpl* tensor : live)
    if (reached[tensor->id.node]) CapturedGraph::detach(*tensor);
  if (!graph.live().empty()) graph.collect();
}

// In a trace nothing runs now. Else everything that somebody holds is computed, in one run with the gradients, so that
// the graph has no further use but another backward().
void finish(const std::shared_ptr<CapturedGraph>& graph, std::span<const ValueId> outputs, bool retain) {
  if (graph->trace()) return;
  evaluate_live(*graph);
  if (!retain) consume(*graph, outputs);
  CapturedGraph::start_new();
}

// Adds a gradient to a tensor's grad().
void accumulate_grad(CaptureScope& scope, TensorImpl& owner, const Value& gradient, bool create_graph) {
  Trace* const trace = scope.graph()->trace();
  if (trace) trace->touch_grad(owner, /*read=*/true, /*write=*/true);
  if (!owner.grad) {
    owner.grad = scope.tensor(gradient).impl();
    return;
  }
  if (owner.grad->graph && owner.grad->graph != scope.graph()) value(Tensor(owner.grad), scope.builder().where);
  const Value sum = scope.builder().record(known_ops::accumulate(), {scope.value_of(Tensor(owner.grad)), gradient});
  if (create_graph) {
    owner.grad = scope.tensor(sum).impl();
  } else if (trace && owner.grad->variable) {
    scope.graph()->assign(owner.grad, sum.id(), scope.builder().where);
  } else {
    rebind(*owner.grad, *scope.graph(), sum.id());
  }
}

void run_backward(const Tensor& output, const Tensor& gradient, bool retain_graph, bool create_graph,
                  SourceLocation at) {
  check_differentiable(output, "backward", at);
  std::vector<Tensor> tensors{output};
  if (gradient.defined()) tensors.push_back(gradient);
  CaptureScope scope(tensors, at);
  CapturedGraph& graph = *scope.graph();
  const Value root = scope.values()[0];
  const Value seed = seed_of(scope, output, gradient, "backward");
  check_not_consumed(graph, {&root, 1}, at);
  scope.builder().grad_enabled = create_graph;

  // Whose grad() a gradient goes to: leaves, and results that retain theirs.
  std::vector<std::shared_ptr<TensorImpl>> owners;
  std::vector<Value> wrt;
  for (const CapturedGraph::Leaf& leaf : graph.leaves()) {
    if (!leaf.requires_grad) continue;
    if (auto owner = leaf.tensor.lock()) {
      wrt.push_back(scope.builder().value(leaf.now));
      owners.push_back(std::move(owner));
    }
  }
  for (TensorImpl* tensor : graph.live()) {
    if (!tensor->retains_grad) continue;
    wrt.push_back(scope.builder().value(tensor->id));
    owners.push_back(tensor->shared_from_this());
  }
  const std::vector<Value> gradients = differentiate(scope.builder(), {&root, 1}, {&seed, 1}, wrt);
  for (std::size_t i = 0; i < owners.size(); ++i)
    if (gradients[i].defined()) accumulate_grad(scope, *owners[i], gradients[i], create_graph);
  const ValueId root_id = root.id();
  finish(scope.graph(), {&root_id, 1}, retain_graph || create_graph);
}

}  // namespace

Tensor Tensor::requires_grad_(bool value, SourceLocation at) const {
  if (!impl_) throw Error("[requires_grad_] undefined tensor", at);
  const auto lock = capture_lock();
  const std::string name = "[requires_grad_] " + impl_->type.str() + ": ";
  if (value && !is_floating(impl_->type.dtype)) throw Error(name + "only floating tensors have gradients", at);
  if (!impl_->is_leaf())
    throw Error(name + "only the flag of a leaf can be changed", at, "use detach() for a tensor outside of the graph");
  if (impl_->requires_grad == value) return *this;
  if (impl_->graph && impl_->graph->trace()) {
    if (!value) throw Error(name + "a leaf of a traced function keeps its flag", at);
    impl_->graph->make_grad_leaf(impl_);
    return *this;
  }
  weft::value(*this, at);
  impl_->requires_grad = value;
  return *this;
}

void Tensor::retain_grad(SourceLocation at) const {
  if (!requires_grad()) throw Error("[retain_grad] the tensor does not require gradients", at);
  if (!is_leaf()) impl_->retains_grad = true;
}

void Tensor::backward(SourceLocation at) const { run_backward(*this, {}, false, false, at); }

void Tensor::backward(const Tensor& gradient, bool retain_graph, bool create_graph, SourceLocation at) const {
  run_backward(*this, gradient, retain_graph, create_graph, at);
}

Tensor Tensor::data(SourceLocation at) const {
  if (!impl_) throw Error("[data] undefined tensor", at);
  const auto lock = capture_lock();
  if (!is_leaf()) return detach(at);
  if (!impl_->has_value()) {
    if (impl_->graph->trace()) return detach(at);
    weft::value(*this, at);
  }
  auto alias = std::make_shared<TensorImpl>(impl_->type);
  alias->variable = impl_->variable;
  return Tensor(std::move(alias));
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options, SourceLocation at) {
  if (outputs.empty() || inputs.empty()) throw Error("[grad] outputs and inputs must not be empty", at);
  if (options.grad_outputs.size() > outputs.size()) throw Error("[grad] more grad_outputs than outputs", at);
  for (const Tensor& tensor : outputs) check_differentiable(tensor, "grad", at);
  for (const Tensor& tensor : inputs) check_differentiable(tensor, "grad", at);
  std::vector<Tensor> tensors = outputs;
  tensors.insert(tensors.end(), inputs.begin(), inputs.end());
  for (const Tensor& tensor : options.grad_outputs)
    if (tensor.defined()) tensors.push_back(tensor);
  CaptureScope scope(tensors, at);
  const std::span<const Value> values = scope.values();
  const std::span<const Value> roots = values.first(outputs.size());
  std::vector<Value> seeds;
  for (std::size_t k = 0; k < outputs.size(); ++k)
    seeds.push_back(
        seed_of(scope, outputs[k], k < options.grad_outputs.size() ? options.grad_outputs[k] : Tensor(), "grad"));
  check_not_consumed(*scope.graph(), roots, at);
  scope.builder().grad_enabled = options.create_graph;
  const std::vector<Value> gradients =
      differentiate(scope.builder(), roots, seeds, values.subspan(outputs.size(), inputs.size()));
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!gradients[i].defined() && !options.allow_unused)
      throw Error("[grad] no output depends on input " + std::to_string(i), at, "set allow_unused");
    results.push_back(gradients[i].defined() ? scope.tensor(gradients[i]) : Tensor());
  }
  std::vector<ValueId> root_ids;
  for (const Value& v : roots) root_ids.push_back(v.id());
  finish(scope.graph(), root_ids, options.retain_graph || options.create_graph);
  return results;
}

}  // namespace weft
