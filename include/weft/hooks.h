// Hooks: functions of the user's own that are called with gradients, and with what modules take and give.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft {

namespace detail {

// Another number whenever any list of hooks changes.
std::uint64_t next_hook_change();
std::uint64_t last_hook_change();

// A list of hooks, as a handle sees it.
class HookRegistry {
 public:
  virtual ~HookRegistry() = default;
  virtual void remove(std::uint64_t id) = 0;
};

// Hooks in the order in which they were registered. Changed by one thread while no other uses it.
template <class Hook>
class HookList final : public HookRegistry {
 public:
  std::uint64_t add(Hook hook) {
    changed_ = next_hook_change();
    hooks_.emplace_back(changed_, std::move(hook));
    return changed_;
  }
  void remove(std::uint64_t id) override {
    if (std::erase_if(hooks_, [id](const auto& entry) { return entry.first == id; }) > 0) changed_ = next_hook_change();
  }
  bool empty() const { return hooks_.empty(); }
  // 0 for a list that was always empty; another number after each change.
  std::uint64_t changed() const { return changed_; }
  // Those of now: a hook that is called may remove others.
  std::vector<Hook> now() const {
    std::vector<Hook> hooks;
    for (const auto& entry : hooks_) hooks.push_back(entry.second);
    return hooks;
  }

 private:
  std::vector<std::pair<std::uint64_t, Hook>> hooks_;
  std::uint64_t changed_ = 0;
};

void require_hook(bool callable, const char* name, SourceLocation at);

// A function that may give nothing, as one that gives a tensor: an undefined one then.
template <class... Args, class F>
std::function<Tensor(Args...)> as_hook(F f, const char* name, SourceLocation at) {
  using Result = std::invoke_result_t<F&, Args...>;
  std::function<Result(Args...)> hook = std::move(f);
  require_hook(static_cast<bool>(hook), name, at);
  if constexpr (std::is_void_v<Result>)
    return [hook = std::move(hook)](Args... args) {
      hook(args...);
      return Tensor();
    };
  else
    return hook;
}

}  // namespace detail

// Removes a hook. Letting go of the handle leaves the hook where it is. One for a list that is gone does nothing.
class HookHandle {
 public:
  HookHandle() = default;
  HookHandle(std::weak_ptr<detail::HookRegistry> list, std::uint64_t id) : list_(std::move(list)), id_(id) {}

  // The hook is not called any more; a walk that calls the hooks of its tensor just now ends with those that it found.
  void remove() {
    if (const auto list = list_.lock()) list->remove(id_);
    list_.reset();
  }

 private:
  std::weak_ptr<detail::HookRegistry> list_;
  std::uint64_t id_ = 0;
};

template <class F>
HookHandle Tensor::register_hook(F hook, SourceLocation at) const {
  return add_hook(detail::as_hook<const Tensor&>(std::move(hook), "register_hook", at), at);
}

template <class F>
HookHandle Tensor::register_post_accumulate_grad_hook(F hook, SourceLocation at) const {
  static_assert(std::is_void_v<std::invoke_result_t<F&, const Tensor&>>,
                "a hook after accumulation gives nothing back: it changes grad() of the tensor that it is given");
  return add_post_hook(detail::as_hook<const Tensor&>(std::move(hook), "register_post_accumulate_grad_hook", at), at);
}

}  // namespace weft
