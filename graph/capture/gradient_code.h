// What users' own code does to gradients on their way: hooks, and gradient rules of their own.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "graph/capture/captured_call.h"
#include "weft/hooks.h"

namespace weft {

using GradientHooks = detail::HookList<std::function<Tensor(const Tensor&)>>;

// Hooks of a leaf.
struct LeafHooks {
  GradientHooks of_gradient, after_accumulation;

  bool empty() const { return of_gradient.empty() && after_accumulation.empty(); }
  // Another number after each change.
  std::uint64_t changed() const { return std::max(of_gradient.changed(), after_accumulation.changed()); }
};

// What a gradient rule of a user's own is given.
struct CustomCall {
  std::vector<Tensor> douts;     // of each result; undefined where nothing depends on it
  std::vector<Tensor> results;   // of the call
  std::vector<Tensor> operands;  // all of the call
  std::vector<bool> needs;       // of each operand: whether somebody wants its gradient
  SourceLocation at;
};

class CustomGradient {
 public:
  virtual ~CustomGradient() = default;
  // The gradient by each operand, undefined where there is none. Called with the grad mode of create_graph.
  virtual std::vector<Tensor> gradients(const CustomCall& call) const = 0;
  // Whether that reads values of operands or results.
  virtual bool reads_values() const = 0;
};

// Of one captured call.
struct GradientCode {
  std::vector<GradientHooks> hooks;            // of each result; all, or none
  std::shared_ptr<const CustomGradient> rule;  // instead of the op's

  const GradientHooks* hooks_of(std::uint32_t output) const {
    return output < hooks.size() && !hooks[output].empty() ? &hooks[output] : nullptr;
  }
};

// The tensor at which gradients of this version of it end; null where the call is no such version.
std::shared_ptr<TensorImpl> leaf_of(const CapturedCall& call);

// Calls the hooks one after the other; the gradient after them. `name` stands in errors.
Tensor call_hooks(const GradientHooks& hooks, Tensor gradient, const char* name, SourceLocation at);

// A trace in force depends on the hooks that the leaf has now.
void guard_hooks(const std::vector<std::shared_ptr<TensorImpl>>& leaves);

}  // namespace weft
