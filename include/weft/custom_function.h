// autograd::Function: a function of tensors whose gradient is the user's own.
#pragma once

#include <any>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft::autograd {

using variable_list = std::vector<Tensor>;

namespace detail {
struct FunctionAccess;
}

// What the forward() of a Function leaves for its backward(). Each call has one of its own.
class AutogradContext {
 public:
  // ---- For forward()
  // Keeps the values that these tensors have now. Arguments and results are kept with their history, so that backward()
  // can be differentiated again. An undefined tensor stays one.
  void save_for_backward(const variable_list& tensors, SourceLocation at = SourceLocation::current());
  // These results do not require gradients. Results that are not floating never do.
  void mark_non_differentiable(const variable_list& results) { non_differentiable_ = results; }
  // Whether backward() gets zeros (the default), or undefined tensors, for results that nothing depends on.
  void set_materialize_grads(bool value) { materialize_grads_ = value; }

  // ---- For backward()
  // In the order in which they were kept.
  variable_list get_saved_variables() const { return saved_; }

  // ---- For both
  // Whether somebody wants the gradient by this argument of forward(), counted from 0 after the context. Throws Error
  // for one that does not exist.
  bool needs_input_grad(std::size_t argument, SourceLocation at = SourceLocation::current()) const;
  // Values besides tensors. backward() has what forward() left; what it changes itself is lost.
  std::map<std::string, std::any> saved_data;

 private:
  friend struct detail::FunctionAccess;
  variable_list saved_, saved_as_;  // in forward(): their values then, and the tensors themselves
  variable_list non_differentiable_;
  bool materialize_grads_ = true;
  std::vector<bool> needs_;
};

namespace detail {

struct FunctionCall {
  variable_list arguments;  // of forward(); undefined for those that are no tensors
  std::vector<bool> is_tensor;
  std::function<variable_list(AutogradContext*)> forward;
  std::function<variable_list(AutogradContext*, variable_list)> backward;
  SourceLocation at;
};
variable_list apply(const FunctionCall& call);

template <class F, class... Args>
auto apply_function(SourceLocation at, const Args&... args) {
  using Result = decltype(F::forward(std::declval<AutogradContext*>(), args...));
  constexpr bool kOne = std::is_same_v<Result, Tensor>;
  static_assert(kOne || std::is_same_v<Result, variable_list>, "forward() gives a Tensor or a variable_list");
  static_assert((!std::is_same_v<Args, variable_list> && ...), "a Function takes tensors one by one");
  FunctionCall call;
  const auto add = [&call](const auto& argument) {
    constexpr bool kTensor = std::is_same_v<std::remove_cvref_t<decltype(argument)>, Tensor>;
    call.is_tensor.push_back(kTensor);
    if constexpr (kTensor)
      call.arguments.push_back(argument);
    else
      call.arguments.emplace_back();
  };
  (add(args), ...);
  call.forward = [&](AutogradContext* context) -> variable_list { return {F::forward(context, args...)}; };
  call.backward = F::backward;
  call.at = at;
  if constexpr (kOne)
    return Tensor(apply(call)[0]);
  else
    return apply(call);
}

}  // namespace detail

// A class F that derives from Function<F> has
//
//   static Tensor forward(AutogradContext* ctx, Args...);          // or variable_list
//   static variable_list backward(AutogradContext* ctx, variable_list gradients);
//
// and is called as F::apply(args...). forward() runs at once, with grad mode off; where an argument requires gradients
// its floating results do, and backward() gets the gradients of all results and gives one for each argument, of its
// shape and dtype, undefined where there is none. Args are tensors, and anything else that has no gradient.
//
//   struct Exp : autograd::Function<Exp> {
//     static Tensor forward(AutogradContext* ctx, const Tensor& x) {
//       const Tensor y = x.exp();
//       ctx->save_for_backward({y});
//       return y;
//     }
//     static variable_list backward(AutogradContext* ctx, variable_list gradients) {
//       return {gradients[0] * ctx->get_saved_variables()[0]};
//     }
//   };
//
// Made of tensor operations, backward() can be differentiated again. In a traced function both run while that is
// traced, and what they do is part of the program; results of a compiled function call backward() as others do. Results
// are new tensors: a function that writes to its arguments is not told from one that does not.
//
// apply() throws Error where forward() gives an undefined tensor. Gradients of another number, shape or dtype throw it
// when backward() was called. Threads: backward() may be called in any, several calls side by side.
template <class Self>
class Function {
 public:
  template <class A>
  static auto apply(const A& a, SourceLocation at = SourceLocation::current()) {
    return detail::apply_function<Self>(at, a);
  }
  template <class A, class B>
  static auto apply(const A& a, const B& b, SourceLocation at = SourceLocation::current()) {
    return detail::apply_function<Self>(at, a, b);
  }
  template <class A, class B, class C>
  static auto apply(const A& a, const B& b, const C& c, SourceLocation at = SourceLocation::current()) {
    return detail::apply_function<Self>(at, a, b, c);
  }
  template <class A, class B, class C, class D>
  static auto apply(const A& a, const B& b, const C& c, const D& d, SourceLocation at = SourceLocation::current()) {
    return detail::apply_function<Self>(at, a, b, c, d);
  }
  template <class A, class B, class C, class D, class E>
  static auto apply(const A& a, const B& b, const C& c, const D& d, const E& e,
                    SourceLocation at = SourceLocation::current()) {
    return detail::apply_function<Self>(at, a, b, c, d, e);
  }
  template <class A, class B, class C, class D, class E, class F>
  static auto apply(const A& a, const B& b, const C& c, const D& d, const E& e, const F& f,
                    SourceLocation at = SourceLocation::current()) {
    return detail::apply_function<Self>(at, a, b, c, d, e, f);
  }
};

}  // namespace weft::autograd
