// Views: other names for elements of a tensor that has the storage, and where in it they lie.
#include <algorithm>
#include <utility>

#include "graph/autodiff.h"
#include "graph/capture/capture.h"
#include "graph/capture/trace.h"
#include "graph/capture/versions.h"
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

}  // namespace

Value record_detach(const Value& x) {
  Builder& builder = x.builder();
  const bool enabled = std::exchange(builder.grad_enabled, false);
  const Value result = builder.record(kDetach, {x});
  builder.grad_enabled = enabled;
  return result;
}

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
  ViewPath path{of, std::move(steps), std::move(strides), tracks_grad};
  if (of->view) {
    path.base = of->view->base;
    path.steps.insert(path.steps.begin(), of->view->steps.begin(), of->view->steps.end());
    path.tracks_grad = tracks_grad && of->view->tracks_grad;
    path.in_no_grad = of->view->in_no_grad;
    // A detach() of what is detached already adds nothing: loops of it stay as short as they are.
    if (steps_added == 1 && path.steps.size() > 1 && path.steps.back().op == &kDetach && !of->view->tracks_grad)
      path.steps.pop_back();
  }
  if (!grad_enabled() && !(of->view && !of->view->tracks_grad) && !path.steps.empty() &&
      path.steps.back().op != &kDetach)
    path.in_no_grad = true;
  path.of_leaf = path.base->leaf_requires_grad;
  if (const CapturedValue version = path.base->call_if_any()) path.base_order = version.call->order;
  impl->view = std::move(path);
  impl->grad_name = grad_name;
  // A view of a detached view with gradients of its own starts from that one, unless it is detached again.
  if (of->view && (of->leaf_requires_grad || of->view->history) && impl->view->tracks_grad != tracks_grad &&
      tracks_grad) {
    impl->view->base = of;
    impl->view->steps.erase(impl->view->steps.begin(),
                            impl->view->steps.begin() + static_cast<std::ptrdiff_t>(of->view->steps.size()));
    impl->view->tracks_grad = tracks_grad;
    impl->view->of_leaf = of->leaf_requires_grad;
    impl->view->history = {};
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
