// Hooks of tensors.
#include "weft/hooks.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "graph/capture/gradient_code.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"

namespace weft {
namespace {

std::atomic<std::uint64_t> g_hook_changes{0};

// Hooks that a traced function put on a tensor from outside would pile up with each run.
void refuse_outside(const TensorImpl& impl, const char* name, SourceLocation at) {
  if (const Trace* const trace = Trace::current(); trace && impl.born_in != trace->id())
    throw Error(ErrorKind::state,
                std::string("[compile] [") + name + "] " + impl.type.str() +
                    ": a traced function puts a hook on a tensor from outside of it",
                at, "register it outside, once");
}

TensorImpl& checked(const Tensor& tensor, const char* name, SourceLocation at) {
  if (!tensor.defined()) throw Error(ErrorKind::state, std::string("[") + name + "] undefined tensor", at);
  TensorImpl& impl = *TensorAccess::impl(tensor);
  if (!impl.requires_grad())
    throw Error(ErrorKind::state,
                std::string("[") + name + "] " + impl.type.str() + ": the tensor does not require gradients", at);
  refuse_outside(impl, name, at);
  return impl;
}

template <class Owner>
HookHandle append(const std::shared_ptr<Owner>& owner, GradientHooks& hooks,
                  std::function<Tensor(const Tensor&)> hook) {
  const std::uint64_t id = hooks.add(std::move(hook));
  return {std::shared_ptr<detail::HookRegistry>(owner, &hooks), id};
}

LeafHooks& hooks_of_leaf(TensorImpl& leaf) {
  if (!leaf.hooks) leaf.hooks = std::make_shared<LeafHooks>();
  return *leaf.hooks;
}

}  // namespace

namespace detail {

std::uint64_t next_hook_change() { return g_hook_changes.fetch_add(1, std::memory_order_relaxed) + 1; }
std::uint64_t last_hook_change() { return g_hook_changes.load(std::memory_order_relaxed); }

void require_hook(bool callable, const char* name, SourceLocation at) {
  if (!callable) throw Error(ErrorKind::state, std::string("[") + name + "] the function is empty", at);
}

}  // namespace detail

HookHandle Tensor::add_hook(std::function<Tensor(const Tensor&)> hook, SourceLocation at) const {
  TensorImpl& impl = checked(*this, "register_hook", at);
  if (impl.leaf_requires_grad) {
    hooks_of_leaf(impl);
    return append(impl.hooks, impl.hooks->of_gradient, std::move(hook));
  }
  const CapturedValue version = differentiable_version(current_version(impl_, at));
  std::shared_ptr<GradientCode>& code = version.call->code;
  if (!code) code = std::make_shared<GradientCode>();
  code->hooks.resize(version.call->outputs.size());
  return append(code, code->hooks[version.output], std::move(hook));
}

HookHandle Tensor::add_post_hook(std::function<Tensor(const Tensor&)> hook, SourceLocation at) const {
  TensorImpl& impl = checked(*this, "register_post_accumulate_grad_hook", at);
  if (!impl.leaf_requires_grad)
    throw Error(ErrorKind::state,
                "[register_post_accumulate_grad_hook] " + impl.type.str() + ": only a leaf accumulates gradients", at,
                "register_hook() is called with the gradient of any tensor");
  hooks_of_leaf(impl);
  return append(impl.hooks, impl.hooks->after_accumulation, std::move(hook));
}

std::shared_ptr<TensorImpl> leaf_of(const CapturedCall& call) { return call.is_leaf ? call.leaf.lock() : nullptr; }

Tensor call_hooks(const GradientHooks& hooks, Tensor gradient, const char* name, SourceLocation at) {
  for (const auto& hook : hooks.now()) {
    Tensor other = hook(gradient);
    if (!other.defined()) continue;
    const TensorType& before = TensorAccess::impl(gradient)->type;
    const TensorType& after = TensorAccess::impl(other)->type;
    if (before != after)
      throw Error(kind_of_difference(before, after),
                  std::string("[") + name + "] " + before.str() + ": a hook gives " + after.str() +
                      ": it must keep shape and dtype of the gradient",
                  at);
    gradient = std::move(other);
  }
  return gradient;
}

namespace {

// The hooks of the leaves that a trace has differentiated by.
struct SeenHooks {
  struct Leaf {
    std::weak_ptr<TensorImpl> tensor;
    std::uint64_t changed;
  };
  std::vector<Leaf> leaves;
  std::atomic<std::uint64_t> last_change;  // when they were as they were seen

  bool are_there() {
    const std::uint64_t now = detail::last_hook_change();
    if (last_change.load(std::memory_order_relaxed) == now) return true;
    for (const Leaf& leaf : leaves) {
      const auto tensor = leaf.tensor.lock();
      if (!tensor || (tensor->hooks ? tensor->hooks->changed() : 0) != leaf.changed) return false;
    }
    last_change.store(now, std::memory_order_relaxed);
    return true;
  }
};

}  // namespace

void guard_hooks(const std::vector<std::shared_ptr<TensorImpl>>& leaves) {
  Trace& trace = *Trace::current();
  auto seen = std::make_shared<SeenHooks>();
  seen->last_change = detail::last_hook_change();
  for (const auto& leaf : leaves) {
    if (const auto argument = trace.argument(*leaf))
      trace.differentiates(*argument);
    else if (leaf->born_in != trace.id())
      seen->leaves.push_back({leaf, leaf->hooks ? leaf->hooks->changed() : 0});
  }
  if (!seen->leaves.empty()) trace.guard([seen] { return seen->are_there(); });
}

}  // namespace weft
