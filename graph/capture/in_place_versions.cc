// Writing: the version that a write in place makes. In-place programs are pure graphs of versions, with gradients; a
// view writes through the tensor that has the storage.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/autodiff.h"
#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/trace.h"
#include "graph/capture/versions.h"
#include "weft/autograd.h"

namespace weft {
namespace {

// overwritten(value, before): value. Its gradient goes to value or, where grad mode did not see the write, to before.
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

bool keeps_history(const CapturedCall& call) {
  return call.op == &kOverwritten && call.attrs.get<bool>("keep_history");
}

}  // namespace

CapturedValue differentiable_version(CapturedValue version) {
  while (keeps_history(*version.call)) {
    std::vector<CapturedValue> operands;
    version.call->for_each_operand([&](const CapturedValue& operand) { operands.push_back(operand); });
    if (operands.size() != 2) break;  // let go of: no gradient passes any more
    version = std::move(operands[1]);
  }
  return version;
}

Value overwritten(const Value& value, const Value& before, bool keep_history) {
  return value.builder().record(kOverwritten, {value, before}, Attrs{{"keep_history", keep_history}});
}

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

bool has_overlaps(const Shape& shape, const Dims& strides) {
  if (shape.numel() == 0) return false;
  for (std::size_t d = 0; d < strides.size(); ++d)
    if (strides[d] == 0 && shape[static_cast<int>(d)] > 1) return true;
  return false;
}

// Whether several elements of the tensor, or of a view on the way to it, are one place in memory; or of those before
// the last step.
bool has_overlaps(const TensorImpl& tensor, bool before_last_step = false) {
  if (!before_last_step && has_overlaps(tensor.type.shape, strides_of(tensor))) return true;
  if (!tensor.view) return false;
  Dims strides = strides_of(*tensor.view->base);
  for (const ViewStep& step : std::span(tensor.view->steps).first(tensor.view->steps.size() - before_last_step)) {
    std::optional<Dims> next = step.op->view->strides(step.from, step.to, step.attrs, strides);
    if (!next) return false;
    strides = std::move(*next);
    if (has_overlaps(step.to.shape, strides)) return true;
  }
  return false;
}

// Elements in one place may be written where they all get the same value.
bool writes_one_value(std::string_view op) { return op == "fill_" || op == "zero_"; }

void check_writable(TensorImpl& tensor, const char* op, SourceLocation at) {
  if (has_overlaps(tensor) && (!writes_one_value(op) || has_overlaps(tensor, /*before_last_step=*/true)))
    refuse(op, tensor, "several elements of this view are one place in memory", at, "clone() it before writing");
  if (!grad_enabled()) return;
  if (tensor.view && tensor.view->in_no_grad && tensor.view->base->requires_grad())
    refuse(op, tensor, "a view that was made under a NoGradGuard is written outside of it", at,
           "make the view again, or write under a NoGradGuard");
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

// A view that does not track gradients, written where grad mode is on: gradients of `value` arrive at the view's own
// history, not at the base.
bool gets_history(const TensorImpl& tensor, const CapturedValue& value, const char* op, SourceLocation at) {
  if (!grad_enabled() || !tensor.view || tensor.view->tracks_grad || tensor.leaf_requires_grad) return false;
  const Trace* const trace = Trace::current();
  if (value.call->requires_grad && trace && tensor.born_in != trace->id())
    refuse(op, tensor, "a view from outside of the traced function gets a value that requires gradients", at,
           "return it, or write under a NoGradGuard");
  return value.call->requires_grad || tensor.view->history;
}

}  // namespace

void write_version(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value, const char* op, SourceLocation at) {
  if (value.call->outputs[value.output] != tensor->type)
    refuse(op, *tensor, ("the result " + value.call->outputs[value.output].str() + " does not fit the tensor").c_str(),
           at);
  if (tensor->view) check_dtype_of_base(*tensor, at);
  check_writable(*tensor, op, at);
  if (grad_enabled() && tensor->view && tensor->view->in_no_grad && value.call->requires_grad)
    refuse(op, *tensor, "a view that was made under a NoGradGuard gets a value that requires gradients", at,
           "make the view again, or write under a NoGradGuard");
  const std::shared_ptr<TensorImpl> base = tensor->view ? tensor->view->base : tensor;
  const bool hidden = !grad_enabled() || (tensor->view && !tensor->view->tracks_grad);
  const bool has_history = !base->leaf_requires_grad && base->requires_grad();
  const char* name = nullptr;
  CapturedValue history;
  const bool sets_history = gets_history(*tensor, value, op, at);
  if (sets_history && value.call->requires_grad) history = value;
  if (tensor->view || (hidden && (has_history || value.call->requires_grad))) {
    CaptureBuilder builder(at);
    builder.grad_enabled = !hidden;
    const Value before = builder.value(current_version(base, at));
    Value whole = builder.value(std::move(value));
    // What is hidden from gradients gives the base numbers, and no history.
    if (hidden && builder.captured(whole).call->requires_grad) whole = record_detach(whole);
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
  if (base->view)
    write_version(base, std::move(value), op, at);  // a detached view with gradients of its own
  else
    set_version(base, std::move(value), name, at);
  if (!sets_history) return;
  tensor->view->history = std::move(history);
  tensor->grad_name = nullptr;
}

}  // namespace weft
