// Versions: what an operation reads of a tensor, and what writing in place makes of it. In-place programs are pure
// graphs of these, with gradients; views are read and written through the tensor that has the storage.
#include <mutex>
#include <string>

#include "graph/autodiff.h"
#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "weft/autograd.h"

namespace weft {
namespace {

Types infer_detach(const OpCall& call) { return {call.in(0)}; }

// The gradient is zero by definition.
void grad_detach(GradCall&) {}

std::optional<Dims> same_strides(const TensorType&, const TensorType&, const Attrs&, const Dims& strides) {
  return strides;
}
Value write_whole(const Value&, const Value& part, const Attrs&) { return part; }
constexpr ViewRule kWhole{same_strides, write_whole};

constexpr OpDef kDetach{.name = "detach",
                        .min_inputs = 1,
                        .max_inputs = 1,
                        .infer = infer_detach,
                        .grad = grad_detach,
                        .alias = true,
                        .view = &kWhole};
WEFT_REGISTER_OP(kDetach);

// overwritten(value, before): value. Its gradient goes to value, or where the write was hidden from grad mode to what
// was there before.
Types infer_overwritten(const OpCall& call) {
  const AttrValue* keep = call.attrs.find("keep_history");
  call.require(ErrorKind::value, keep && std::holds_alternative<bool>(*keep),
               "attribute 'keep_history' is missing or of another type");
  call.require(kind_of_difference(call.in(0), call.in(1)), call.in(0) == call.in(1),
               "both must be of one shape and dtype");
  return {call.in(0)};
}
void grad_overwritten(GradCall& g) { g.set(g.attr<bool>("keep_history") ? 1 : 0, g.dout()); }

constexpr OpDef kOverwritten{.name = "overwritten",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer_overwritten,
                             .grad = grad_overwritten,
                             .grad_name = "CopyBackwards",
                             .alias = true};
WEFT_REGISTER_OP(kOverwritten);

Value record_detach(const Value& x) {
  Builder& builder = x.builder();
  const bool enabled = std::exchange(builder.grad_enabled, false);
  const Value result = builder.record(kDetach, {x});
  builder.grad_enabled = enabled;
  return result;
}

// A call at which gradients end in the tensor.
CapturedValue as_leaf(const CapturedValue& value, const std::shared_ptr<TensorImpl>& leaf, SourceLocation at) {
  CaptureBuilder builder(at);
  CapturedValue result = builder.captured(record_detach(builder.value(value)));
  result.call->requires_grad = result.call->is_leaf = true;
  result.call->leaf = leaf;
  return result;
}

}  // namespace

Value overwritten(const Value& value, const Value& before, bool keep_history) {
  return value.builder().record(kOverwritten, {value, before}, Attrs{{"keep_history", keep_history}});
}

// ---- Reading

class Versions {
 public:
  // Of storage: a call that holds the buffer, shared as long as the buffer stays and somebody holds the call.
  static CapturedValue of_storage(const std::shared_ptr<TensorImpl>& tensor, const Variable& variable,
                                  std::shared_ptr<const Buffer> now, SourceLocation at) {
    const std::lock_guard guard(tensor->lock_);
    if (auto call = tensor->version_.lock(); call && call->known() && call->value(0) == now &&
                                             call->is_leaf == tensor->leaf_requires_grad && !variable.exposed())
      return {std::move(call), 0};
    if (variable.exposed()) now = copy_of(*now);  // somebody may write through a pointer at any time
    auto call = std::make_shared<CapturedCall>(kInput, std::vector<CapturedValue>{}, Attrs{}, Types{tensor->type}, at,
                                               tensor->leaf_requires_grad);
    call->is_leaf = tensor->leaf_requires_grad;
    if (call->is_leaf) call->leaf = call->keeps_leaf = tensor;
    call->publish({std::move(now)});
    tensor->version_ = call;
    return {std::move(call), 0};
  }

  static CapturedValue of_view(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
    const ViewPath& view = *tensor->view;
    const CapturedValue base = current_version(view.base, at);
    {
      const std::lock_guard guard(tensor->lock_);
      if (tensor->seen_ && tensor->seen_output_ == base.output && tensor->seen_from_.lock() == base.call &&
          tensor->seen_.call->is_leaf == tensor->leaf_requires_grad)
        return tensor->seen_;
    }
    CaptureBuilder builder(at);
    // A flag that the base got later is none of the view's.
    builder.grad_enabled = view.tracks_grad && (view.of_leaf || !view.base->leaf_requires_grad);
    Value value = builder.value(base);
    for (const ViewStep& step : view.steps) value = builder.record(*step.op, {value}, step.attrs);
    CapturedValue result = builder.captured(value);
    if (tensor->leaf_requires_grad) result = as_leaf(result, tensor, at);
    if (tensor->retains_grad && result.call->requires_grad && !result.call->is_leaf) result.call->leaf = tensor;
    remember(*tensor, base, result);
    return result;
  }

  // The next read takes the view anew.
  static void forget(TensorImpl& tensor) {
    CapturedValue before;
    {
      const std::lock_guard guard(tensor.lock_);
      std::swap(tensor.seen_, before);
    }
    if (before) before.call->handles.fetch_sub(1, std::memory_order_relaxed);
  }

  static void remember(TensorImpl& tensor, const CapturedValue& base, const CapturedValue& value) {
    value.call->handles.fetch_add(1, std::memory_order_relaxed);
    CapturedValue before = value;
    {
      const std::lock_guard guard(tensor.lock_);
      std::swap(tensor.seen_, before);
      tensor.seen_from_ = base.call;
      tensor.seen_output_ = base.output;
    }
    if (before) before.call->handles.fetch_sub(1, std::memory_order_relaxed);
  }
};

CapturedValue current_version(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
  if (tensor->view) return Versions::of_view(tensor, at);
  Trace* const trace = Trace::current();
  if (trace && trace->knows(tensor)) return trace->read(tensor);
  CapturedValue call = tensor->call_if_any();
  if (call) {
    const std::uint64_t here = trace ? trace->id() : 0;
    if (call.call->trace == here && (here == 0 || tensor->born_in == here)) return call;
    if (call.call->trace != 0)
      throw Error(ErrorKind::state,
                  "[compile] " + tensor->type.str() + ": a tensor of a traced function is used outside of it", at,
                  "return it from the function");
    if (trace && call.call->requires_grad)
      throw Error(
          ErrorKind::state,
          "[compile] " + tensor->type.str() + ": a tensor captured outside of the traced function requires gradients",
          at, "compute it inside, hand it over as an argument, or use detach()");
  }
  if (trace) return trace->read(tensor);
  const std::shared_ptr<Variable> storage = tensor->storage();
  return Versions::of_storage(tensor, *storage, storage->read(), at);
}

CapturedValue version_of(const std::shared_ptr<TensorImpl>& tensor, const Variable& variable,
                         std::shared_ptr<const Buffer> now, SourceLocation at) {
  return Versions::of_storage(tensor, variable, std::move(now), at);
}

void make_leaf_of_trace(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at) {
  Trace& trace = *Trace::current();
  const bool shadow = trace.without_shadow(tensor) != tensor;
  if (tensor->born_in != trace.id()) {
    if (tensor->view)
      throw Error(ErrorKind::state,
                  "[compile] [requires_grad_] " + tensor->type.str() +
                      ": the flag of a view from outside of a traced function cannot be changed in it",
                  at, "change it before the call");
    trace.become_leaf(tensor, as_leaf(current_version(tensor, at), trace.without_shadow(tensor), at));
    if (shadow) tensor->leaf_requires_grad = true;
    return;
  }
  if (tensor->view) {
    tensor->leaf_requires_grad = true;
    return;
  }
  CapturedValue value = as_leaf(current_version(tensor, at), tensor, at);
  tensor->leaf_requires_grad = true;
  if (tensor->storage_if_any())
    Trace::current()->write(tensor, std::move(value));
  else
    tensor->set_call(std::move(value));
}

// ---- Writing

namespace {

void refuse(const char* op, const TensorImpl& tensor, const char* rule, SourceLocation at, const char* hint = "") {
  throw Error(ErrorKind::state, std::string("[") + op + "] " + tensor.type.str() + ": " + rule, at, hint);
}

// The base with `part` written to where the view lies.
Value write_through(const ViewPath& view, const Value& base, Value part) {
  std::vector<Value> wholes{base};
  for (std::size_t i = 0; i + 1 < view.steps.size(); ++i)
    wholes.push_back(base.builder().record(*view.steps[i].op, {wholes.back()}, view.steps[i].attrs));
  for (std::size_t i = view.steps.size(); i-- > 0;)
    part = view.steps[i].op->view->write(wholes[i], part, view.steps[i].attrs);
  return part;
}

void check_writable(TensorImpl& tensor, const char* op, SourceLocation at) {
  if (tensor.view)
    for (std::size_t d = 0; d < tensor.view->strides.size(); ++d)
      if (tensor.view->strides[d] == 0 && tensor.type.shape[static_cast<int>(d)] > 1)
        refuse(op, tensor, "several elements of this view are one place in memory", at, "clone() it before writing");
  if (!grad_enabled()) return;
  if (tensor.leaf_requires_grad)
    refuse(op, tensor, "a leaf that requires gradients is written in place", at, "use data(), or a NoGradGuard");
  if (tensor.view && tensor.view->tracks_grad && tensor.view->base->leaf_requires_grad)
    refuse(op, tensor, "a view of a leaf that requires gradients is written in place", at,
           "use data(), or a NoGradGuard");
}

// The tensor, which is no view, has this value from here on.
void set_version(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value, const char* name, SourceLocation at) {
  Trace* const trace = Trace::current();
  const bool of_trace = trace && tensor->born_in == trace->id() && !tensor->storage_if_any();
  if (trace && tensor->leaf_requires_grad) value = as_leaf(value, trace->without_shadow(tensor), at);
  if (trace && !of_trace) {
    trace->write(tensor, std::move(value));
    return;
  }
  // A leaf is written now; so is other storage, unless its value has a history from here on.
  if (!trace && tensor->storage_if_any() && (tensor->leaf_requires_grad || !value.call->requires_grad)) {
    std::vector<VariableWrite> writes;
    writes.push_back({tensor->storage(), std::move(value)});
    run_writes(std::move(writes));
    return;
  }
  tensor->set_call(std::move(value), name);
}

}  // namespace

void write_version(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value, const char* op, SourceLocation at) {
  if (value.call->outputs[value.output] != tensor->type)
    refuse(op, *tensor, ("the result " + value.call->outputs[value.output].str() + " does not fit the tensor").c_str(),
           at);
  check_writable(*tensor, op, at);
  const std::shared_ptr<TensorImpl> base = tensor->view ? tensor->view->base : tensor;
  const bool hidden = !grad_enabled() || (tensor->view && !tensor->view->tracks_grad);
  const bool has_history = !base->leaf_requires_grad && base->requires_grad();
  const char* name = nullptr;
  if (tensor->view || (hidden && has_history)) {
    CaptureBuilder builder(at);
    builder.grad_enabled = !hidden;
    const Value before = builder.value(current_version(base, at));
    Value whole = builder.value(std::move(value));
    if (tensor->view) {
      whole = write_through(*tensor->view, before, whole);
      name = "CopySlices";
    }
    if (hidden && has_history) {
      builder.grad_enabled = true;
      whole = overwritten(whole, before, /*keep_history=*/true);
      name = base->grad_name ? base->grad_name : builder.call(before.id().node)->op->grad_name;
    }
    value = builder.captured(whole);
    if (tensor->view) Versions::forget(*tensor);  // what it holds of the base's old value would make the write copy it
  }
  if (base->view) return write_version(base, std::move(value), op, at);  // a detached view that is a leaf of its own
  set_version(base, std::move(value), name, at);
}

// ---- Views

Dims strides_of(const TensorImpl& tensor) {
  if (tensor.view) return tensor.view->strides;
  if (tensor.strides) return *tensor.strides;
  Dims strides(static_cast<std::size_t>(tensor.type.shape.rank()));
  std::int64_t step = 1;
  for (std::size_t d = strides.size(); d-- > 0;) {
    strides[d] = step;
    step *= std::max<std::int64_t>(tensor.type.shape[static_cast<int>(d)], 1);
  }
  return strides;
}

std::optional<Dims> strides_for_shape(const Shape& from, const Dims& strides, const Shape& to) {
  Dims result(static_cast<std::size_t>(to.rank()));
  if (from.numel() == 0) {
    std::int64_t step = 1;
    for (std::size_t d = result.size(); d-- > 0; step *= std::max<std::int64_t>(to[static_cast<int>(d)], 1))
      result[d] = step;
    return result;
  }
  // From the last dim on: dims of `from` that lie in each other are one run, which some dims of `to` must share out.
  int d = to.rank() - 1;
  std::int64_t run = 1, step = from.rank() > 0 ? strides.back() : 1;
  for (int f = from.rank() - 1; f >= 0; --f) {
    run *= from[f];
    const bool ends = f == 0 || (from[f - 1] != 1 && strides[static_cast<std::size_t>(f - 1)] != run * step);
    if (!ends) continue;
    std::int64_t shared = 1;
    while (d >= 0 && (shared < run || to[d] == 1)) {
      result[static_cast<std::size_t>(d)] = shared * step;
      shared *= to[d--];
    }
    if (shared != run) return std::nullopt;
    if (f > 0) {
      step = strides[static_cast<std::size_t>(f - 1)];
      run = 1;
    }
  }
  for (; d >= 0; --d) result[static_cast<std::size_t>(d)] = 1;  // extents of 1 that are left
  return result;
}

Tensor make_view(const std::shared_ptr<TensorImpl>& of, std::vector<ViewStep> steps, Dims strides, bool tracks_grad,
                 CapturedValue value, const char* grad_name) {
  auto impl = std::make_shared<TensorImpl>(steps.empty() ? of->type : steps.back().to);
  if (Trace* trace = Trace::current()) impl->born_in = trace->id();
  const std::size_t steps_added = steps.size();
  ViewPath path{of, std::move(steps), std::move(strides), tracks_grad, false};
  if (of->view) {
    path.base = of->view->base;
    path.steps.insert(path.steps.begin(), of->view->steps.begin(), of->view->steps.end());
    path.tracks_grad = tracks_grad && of->view->tracks_grad;
    // A detach() of what is detached already adds nothing: loops of it stay as short as they are.
    if (steps_added == 1 && path.steps.size() > 1 && path.steps.back().op == &kDetach && !of->view->tracks_grad)
      path.steps.pop_back();
  }
  path.of_leaf = path.base->leaf_requires_grad;
  impl->view = std::move(path);
  impl->grad_name = grad_name;
  // A view of a detached view that is a leaf of its own starts from that leaf, but for a further detached one.
  if (of->view && of->leaf_requires_grad && impl->view->tracks_grad != tracks_grad && tracks_grad) {
    impl->view->base = of;
    impl->view->steps.erase(impl->view->steps.begin(),
                            impl->view->steps.begin() + static_cast<std::ptrdiff_t>(of->view->steps.size()));
    impl->view->tracks_grad = tracks_grad;
    impl->view->of_leaf = true;
  }
  if (value) Versions::remember(*impl, current_version(impl->view->base, {}), value);
  return TensorAccess::wrap(std::move(impl));
}

Tensor Tensor::detach(SourceLocation at) const {
  const Operand x(*this, at);
  const Operand* const operands[] = {&x};
  CaptureScope scope(operands);
  const Value from = scope.values()[0];
  const Value result = record_detach(from);
  scope.builder().grad_enabled = false;
  return scope.view(*this, from, result);
}

Tensor Tensor::data(SourceLocation at) const { return detach(at); }

}  // namespace weft
