// Autograd on tensors: requires_grad, backward, grad.
#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <unordered_map>

#include "graph/autodiff.h"
#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/grad_field.h"
#include "graph/capture/gradient_code.h"
#include "graph/capture/trace.h"
#include "weft/autograd.h"

namespace weft {
namespace {

CapturedValue root_of(const Tensor& tensor, const char* op, SourceLocation at) {
  if (!tensor.defined()) throw Error(ErrorKind::state, std::string("[") + op + "] undefined tensor", at);
  const auto& impl = TensorAccess::impl(tensor);
  CapturedValue value = current_version(impl, at);
  if (!value.call->requires_grad || !is_floating(impl->type.dtype))
    throw Error(
        ErrorKind::state,
        std::string("[") + op + "] " + impl->type.str() + ": the tensor does not require gradients and has no grad_fn",
        at, "requires_grad_() on a leaf that it is computed from, outside of NoGradGuard");
  return value;
}

// The weights of one output: those given, or nothing for a scalar, whose weight is 1.
CapturedValue seed_of(const Tensor& output, const Tensor& gradient, const char* op, SourceLocation at) {
  const TensorType& type = TensorAccess::impl(output)->type;
  if (!gradient.defined()) {
    if (type.shape.numel() != 1)
      throw Error(ErrorKind::shape,
                  std::string("[") + op + "] " + type.str() + ": only a scalar has a gradient without weights", at,
                  "pass weights of the same shape");
    return {};
  }
  const auto& impl = TensorAccess::impl(gradient);
  if (impl->type != type)
    throw Error(kind_of_difference(impl->type, type),
                std::string("[") + op + "] " + type.str() + ", weights: " + impl->type.str() +
                    ": the weights must have the tensor's shape and dtype",
                at);
  return current_version(impl, at);
}

// What backward() and grad() share.
struct GradientRequest {
  std::vector<CapturedValue> roots, seeds, values;

  EagerRequest make(SourceLocation at, std::uint64_t oldest = 0) {
    for (const CapturedValue& seed : seeds)
      if (seed) values.push_back(seed);
    EagerRequest request{Extraction(values, roots, at, oldest)};
    for (std::size_t k = 0; k < roots.size(); ++k) {
      request.roots.push_back(request.calls.id(roots[k]));
      request.seeds.push_back(seeds[k] ? std::optional(request.calls.id(seeds[k])) : std::nullopt);
    }
    return request;
  }
};

// The versions of a leaf through which gradients come to it.
bool is_version_of(const Extraction::Entry& entry, const std::shared_ptr<TensorImpl>& leaf) {
  return entry.reached && entry.call->is_leaf && entry.call->leaf.lock() == leaf;
}

void use_up(const Extraction& calls, const std::vector<bool>& used_up) {
  for (std::size_t i = 0; i < used_up.size(); ++i)
    if (used_up[i]) calls.entries()[i].call->use_up();
}

// ---- backward()

// The tensors whose grad() receives gradients of a request: leaves, and results that retain theirs.
std::vector<std::shared_ptr<TensorImpl>> find_owners(EagerRequest& request) {
  std::vector<std::shared_ptr<TensorImpl>> owners;
  std::unordered_map<const TensorImpl*, std::size_t> index;
  for (std::uint32_t i = 0; i < request.calls.entries().size(); ++i) {
    const Extraction::Entry& entry = request.calls.entries()[i];
    if (!entry.reached) continue;
    auto owner = entry.call->leaf.lock();
    if (!owner || !(entry.call->is_leaf || owner->retains_grad)) continue;
    // A leaf that requires gradients no more gets none. In a trace the flag may be set by the run, at its end.
    if (entry.call->is_leaf && !owner->leaf_requires_grad && !Trace::current()) continue;
    const auto [at, fresh] = index.try_emplace(owner.get(), owners.size());
    if (fresh) {
      owners.push_back(std::move(owner));
      request.groups.emplace_back();
    }
    request.groups[at->second].push_back({i, 0});
  }
  request.add_to.resize(owners.size());
  return owners;
}

// A gradient as a value that is captured: inside of a trace, or to be differentiated again.
void accumulate_captured(const std::shared_ptr<TensorImpl>& owner, const CapturedValue& gradient, bool create_graph,
                         SourceLocation at) {
  const std::shared_ptr<TensorImpl> before = grad_of(*owner);
  if (!before) {
    set_grad_of(*owner, TensorAccess::impl(make_captured(gradient)));
    return;
  }
  CaptureBuilder builder(at);
  builder.grad_enabled = create_graph;
  const Value sum = accumulate_values(builder, {builder.value(current_version(before, at)), builder.value(gradient)});
  if (create_graph) {
    set_grad_of(*owner, TensorAccess::impl(make_captured(builder.captured(sum))));
    return;
  }
  const NoGradGuard no_grad;
  write_version(before, builder.captured(sum), "backward", at);
}

// Whether each gradient that is there has storage of its own, to which the new one is added in place.
bool all_have_storage(const std::vector<std::shared_ptr<TensorImpl>>& owners) {
  std::vector<const TensorImpl*> seen;
  for (const auto& owner : owners) {
    const std::shared_ptr<TensorImpl> before = owner->grad();
    if (!before) continue;
    if (before->view || before->requires_grad()) return false;
    seen.push_back(before.get());
  }
  std::sort(seen.begin(), seen.end());
  return std::adjacent_find(seen.begin(), seen.end()) == seen.end();
}

// Computes the gradients now, in one run with what is held of the program, and adds them to the grad() of each owner.
void run_now(EagerRequest request, const std::vector<std::shared_ptr<TensorImpl>>& owners, bool retain) {
  std::vector<std::shared_ptr<CapturedCall>> calls;
  for (const std::uint32_t i : want_held(request)) calls.push_back(request.calls.entries()[i].call);
  find_versions(request);
  std::vector<std::shared_ptr<CapturedCall>> crossed;
  for (const Extraction::Entry& entry : request.calls.entries())
    crossed.push_back(entry.crossed ? entry.call : nullptr);
  const auto add_to = request.add_to;
  const EagerResults results = run_request(std::move(request));
  publish_wanted(calls, results.buffers);
  std::size_t next = results.program->num_wanted;
  for (std::size_t g = 0; g < owners.size(); ++g) {
    if (!results.program->has_gradient[g] || add_to[g]) continue;
    owners[g]->set_grad(
        TensorAccess::impl(make_leaf(owners[g]->type, std::const_pointer_cast<Buffer>(results.buffers[next++]))));
  }
  if (retain) return;
  for (std::size_t i = 0; i < results.program->used_up.size(); ++i)
    if (results.program->used_up[i]) crossed[i]->use_up();
}

// Those that are defined, in one run.
void compute_all(std::span<const CapturedValue> values, SourceLocation at) {
  std::vector<CapturedValue> defined;
  std::copy_if(values.begin(), values.end(), std::back_inserter(defined), [](const CapturedValue& v) { return !!v; });
  if (!defined.empty()) detail::placed(at, [&] { compute(defined, at); });
}

// For the trace in force: which of these leaves have gradients.
void note_gradients(const EagerRequest& request, const std::vector<std::shared_ptr<TensorImpl>>& leaves,
                    const CapturedGradients& gradients) {
  Trace* const trace = Trace::current();
  if (!trace) return;
  std::vector<CapturedValue> roots;
  for (const ValueId& v : request.roots) roots.push_back({request.calls.entries()[v.node].call, v.output});
  std::vector<std::shared_ptr<TensorImpl>> reached;
  for (std::size_t g = 0; g < leaves.size(); ++g)
    if (gradients.of[g]) reached.push_back(leaves[g]);
  trace->note_gradients(roots, reached);
}

// Adds gradients to the grad() of each owner as captured values, which users' own code takes part in.
void accumulate_all(const EagerRequest& request, const std::vector<std::shared_ptr<TensorImpl>>& owners,
                    bool create_graph, bool user_code, bool retain, SourceLocation at) {
  GradientSink sink;
  const bool now = user_code && !create_graph && !Trace::current();
  const auto accumulate = [&](std::size_t g, const CapturedValue& gradient) {
    accumulate_captured(owners[g], gradient, create_graph, at);
    // Sums that nobody looks at must not pile up.
    if (const auto sum = owners[g]->grad(); now && sum && !sum->view && !sum->requires_grad())
      detail::placed(at, [&] { sum->storage(); });
  };
  // A hook after accumulation finds the gradient in its place, and may clear it.
  for (const auto& owner : owners)
    sink.at_once.push_back(user_code && owner->hooks && !owner->hooks->after_accumulation.empty());
  sink.arrive = [&](std::size_t g, const CapturedValue& gradient) {
    accumulate(g, gradient);
    (void)call_hooks(owners[g]->hooks->after_accumulation, TensorAccess::wrap(owners[g]), "backward", at);
  };
  const CapturedGradients captured = capture_gradients(request, create_graph, at, user_code, sink);
  note_gradients(request, owners, captured);
  if (now) compute_all(captured.of, at);
  for (std::size_t g = 0; g < owners.size(); ++g)
    if (captured.of[g] && !sink.at_once[g]) accumulate(g, captured.of[g]);
  if (!retain) use_up(request.calls, captured.used_up);
}

void run_backward(const Tensor& output, const Tensor& gradient, bool retain_graph, bool create_graph,
                  SourceLocation at) {
  GradientRequest gradients{{root_of(output, "backward", at)}, {seed_of(output, gradient, "backward", at)}, {}};
  const bool symbolic = create_graph || Trace::current();
  // Gradients that are there are values of the program, so their owners must be known first.
  EagerRequest request = gradients.make(at);
  const std::vector<std::shared_ptr<TensorImpl>> owners = find_owners(request);
  const bool user_code = find_user_code(request);
  if (symbolic || user_code || !all_have_storage(owners)) {
    accumulate_all(request, owners, create_graph, user_code, retain_graph || create_graph, at);
    return;
  }
  for (const auto& owner : owners)
    if (const auto before = owner->grad()) gradients.values.push_back(current_version(before, at));
  if (!gradients.values.empty()) {
    request = gradients.make(at);
    find_owners(request);
    for (std::size_t g = 0; g < owners.size(); ++g) {
      const auto before = owners[g]->grad();
      if (!before) continue;
      request.add_to[g] = {request.calls.id(current_version(before, at)),
                           static_cast<std::uint32_t>(request.writes.size())};
      request.writes.push_back({before->storage(), {}, {}});
    }
  }
  gradients = {};
  detail::placed(at, [&] { run_now(std::move(request), owners, retain_graph); });
}

}  // namespace

void Tensor::backward(SourceLocation at) const { run_backward(*this, {}, false, false, at); }

void Tensor::backward(const Tensor& gradient, bool retain_graph, bool create_graph, SourceLocation at) const {
  run_backward(*this, gradient, retain_graph, create_graph, at);
}

// ---- grad()

namespace {

// The inputs of grad() as groups of a request; an input that is not there has an empty one.
void find_inputs(EagerRequest& request, const std::vector<std::shared_ptr<TensorImpl>>& inputs,
                 const std::vector<CapturedValue>& versions) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<ValueId>& group = request.groups.emplace_back();
    if (inputs[i]->leaf_requires_grad) {
      for (std::uint32_t e = 0; e < request.calls.entries().size(); ++e)
        if (is_version_of(request.calls.entries()[e], inputs[i])) group.push_back({e, 0});
    } else if (request.calls.contains(versions[i].call.get())) {
      const ValueId id = request.calls.id(versions[i]);
      if (request.calls.entries()[id.node].reached) group.push_back(id);
    }
  }
  request.add_to.resize(request.groups.size());
}

std::vector<Tensor> gradients_now(EagerRequest request, bool retain) {
  std::vector<std::shared_ptr<CapturedCall>> calls;
  for (const std::uint32_t i : want_held(request)) calls.push_back(request.calls.entries()[i].call);
  std::vector<std::shared_ptr<CapturedCall>> crossed;
  for (const Extraction::Entry& entry : request.calls.entries())
    crossed.push_back(entry.crossed ? entry.call : nullptr);
  std::vector<std::optional<TensorType>> types;
  for (const auto& group : request.groups)
    types.push_back(group.empty()
                        ? std::nullopt
                        : std::optional(request.calls.entries()[group[0].node].call->outputs[group[0].output]));
  const EagerResults results = run_request(std::move(request));
  publish_wanted(calls, results.buffers);
  std::vector<Tensor> gradients;
  std::size_t next = results.program->num_wanted;
  for (std::size_t g = 0; g < types.size(); ++g)
    gradients.push_back(results.program->has_gradient[g]
                            ? make_leaf(*types[g], std::const_pointer_cast<Buffer>(results.buffers[next++]))
                            : Tensor());
  if (!retain)
    for (std::size_t i = 0; i < results.program->used_up.size(); ++i)
      if (results.program->used_up[i]) crossed[i]->use_up();
  return gradients;
}

}  // namespace

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options, SourceLocation at) {
  if (outputs.empty() || inputs.empty()) throw Error("[grad] outputs and inputs must not be empty", at);
  if (options.grad_outputs.size() > outputs.size()) throw Error("[grad] more grad_outputs than outputs", at);
  GradientRequest gradients;
  for (const Tensor& output : outputs) gradients.roots.push_back(root_of(output, "grad", at));
  std::vector<std::shared_ptr<TensorImpl>> impls;
  std::vector<CapturedValue> versions;
  std::uint64_t oldest = ~std::uint64_t{0};
  for (const Tensor& input : inputs) {
    versions.push_back(differentiable_version(root_of(input, "grad", at)));
    impls.push_back(Trace::current() ? Trace::current()->without_shadow(TensorAccess::impl(input))
                                     : TensorAccess::impl(input));
    oldest = impls.back()->leaf_requires_grad ? 0 : std::min(oldest, versions.back().call->order);
  }
  if (std::any_of(impls.begin(), impls.end(), [](const auto& impl) { return impl->leaf_requires_grad; })) oldest = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k)
    gradients.seeds.push_back(
        seed_of(outputs[k], k < options.grad_outputs.size() ? options.grad_outputs[k] : Tensor(), "grad", at));
  EagerRequest request = gradients.make(at, oldest);
  find_inputs(request, impls, versions);
  const bool retain = options.retain_graph || options.create_graph;
  std::vector<Tensor> results;
  const bool user_code = find_user_code(request);
  if (options.create_graph || user_code || Trace::current()) {
    const CapturedGradients captured =
        capture_gradients(request, options.create_graph, at, user_code, {{}, {}, /*before_hooks=*/true});
    note_gradients(request, impls, captured);
    for (const CapturedValue& gradient : captured.of) results.push_back(gradient ? make_captured(gradient) : Tensor());
    if (!options.create_graph && !Trace::current()) compute_all(captured.of, at);
    if (!retain) use_up(request.calls, captured.used_up);
  } else {
    results = detail::placed(at, [&] { return gradients_now(std::move(request), retain); });
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!results[i].defined() && !options.allow_unused)
      throw Error(ErrorKind::state, "[grad] no output depends on input " + std::to_string(i), at, "set allow_unused");
  return results;
}

// ---- Flags of tensors

Tensor Tensor::requires_grad_(bool value, SourceLocation at) const {
  if (!defined()) throw Error(ErrorKind::state, "[requires_grad_] undefined tensor", at);
  const auto& impl = TensorAccess::impl(*this);
  const std::string name = "[requires_grad_] " + impl->type.str() + ": ";
  if (value && !is_floating(impl->type.dtype))
    throw Error(ErrorKind::dtype, name + "only floating tensors have gradients", at);
  if (!impl->is_leaf()) {
    if (value) return *this;
    throw Error(ErrorKind::state, name + "only the flag of a leaf can be changed", at,
                "use detach() for a tensor outside of the graph");
  }
  if (impl->requires_grad() == value) return *this;
  Trace* const trace = Trace::current();
  if (trace && !value) throw Error(ErrorKind::state, name + "a leaf of a traced function keeps its flag", at);
  if (trace) {
    make_leaf_of_trace(impl, at);
    return *this;
  }
  if (!impl->view) impl->storage();
  impl->leaf_requires_grad = value;
  return *this;
}

void Tensor::retain_grad(SourceLocation at) const {
  if (!defined() || !requires_grad())
    throw Error(ErrorKind::state, "[retain_grad] the tensor does not require gradients", at);
  const auto& impl = TensorAccess::impl(*this);
  if (const Trace* trace = Trace::current(); trace && impl->born_in != trace->id()) {
    const bool by_value = trace->argument(*impl) && trace->without_shadow(impl) == impl;
    if (by_value || !impl->is_leaf())
      throw Error(ErrorKind::state,
                  "[compile] [retain_grad] " + impl->type.str() +
                      ": a view or a result from outside of a traced function keeps its gradient from before the call",
                  at, "call it outside");
  }
  if (impl->is_leaf()) return;
  impl->retains_grad = true;
  differentiable_version(current_version(impl, at)).call->leaf = impl;
}

}  // namespace weft
