// Module: a part of a network that owns parameters, buffers and parts of its own. weft/nn.h has the layers.
//
// Threads: building and changing a module is for one thread; forward() may be called in several at once.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/hooks.h"
#include "weft/state_dict.h"
#include "weft/tensor.h"

namespace weft::nn {

// A part of a network: named parameters, named parts of its own, and a function of one tensor.
//
//   struct Block : nn::Module {
//     std::shared_ptr<nn::Linear> inner = register_module("inner", nn::Linear(64, 64));
//     Tensor forward(const Operand& x) override { return x + relu((*inner)(x)); }
//   };
//
// Moving a module moves its parameters; there are no copies, because two modules with one set of parameters and two
// training flags would surprise.
class Module {
 public:
  Module() = default;
  virtual ~Module() = default;
  Module(Module&&) = default;
  Module& operator=(Module&&) = default;

  // What the module computes. An Operand carries the line of the caller, so that errors can name it. A module that does
  // not override this throws Error.
  virtual Tensor forward(const Operand& x);
  // forward(), with the hooks of this module around it.
  Tensor operator()(const Operand& x);

  // Calls hook(module, x) before each forward() that a call of the module makes. Where the hook gives a tensor, that is
  // what forward() gets; it may also give nothing (void). Hooks are called in the order of registration, in a traced
  // function while that is traced; one that has called the module is traced again when its hooks change. A module of
  // several tensors throws Error when it is called with hooks.
  template <class F>
  HookHandle register_forward_pre_hook(F hook, SourceLocation at = SourceLocation::current()) {
    return add_pre_hook(detail::as_hook<Module&, const Tensor&>(std::move(hook), "register_forward_pre_hook", at));
  }
  // The same for hook(module, x, y) after forward(), with x as it was given to forward(); a tensor that the hook gives
  // is the result instead of y.
  template <class F>
  HookHandle register_forward_hook(F hook, SourceLocation at = SourceLocation::current()) {
    return add_hook(
        detail::as_hook<Module&, const Tensor&, const Tensor&>(std::move(hook), "register_forward_hook", at));
  }

  // Its own parameters and those of its parts in the order of registration, each once: "weight", "0.weight".
  std::vector<std::pair<std::string, Tensor>> named_parameters() const;
  std::vector<Tensor> parameters() const;
  // Tensors that belong to the module and are not trained, as running statistics are. In the same order.
  std::vector<std::pair<std::string, Tensor>> named_buffers() const;
  std::vector<Tensor> buffers() const;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children() const { return children_; }
  // This module under the name "", its parts and theirs, each once: a module comes before its parts. The pointers are
  // valid while this module lives and gets no other parts.
  std::vector<std::pair<std::string, Module*>> named_modules();
  // Calls f with each part, the parts of a module before itself, and with this module last. Throws Error for an empty
  // f.
  Module& apply(const std::function<void(Module&)>& f, SourceLocation at = SourceLocation::current());

  // Makes floating parameters and buffers, and their gradients, tensors of this dtype; handles of them name what they
  // named. Returns this module. Views of them, as those of a state_dict(), have to be made again, and optimizers of the
  // parameters, too; a compiled function is traced again. Throws Error for a dtype that is not floating, for a tensor
  // that is a view, and while a function is traced; then nothing is changed.
  Module& to(DType dtype, SourceLocation at = SourceLocation::current());

  // Parameters and persistent buffers by name: those of a module before those of its parts. They share elements with
  // the module, outside of the graph. Tensors that several names reach are there under each of them.
  StateDict state_dict(SourceLocation at = SourceLocation::current()) const;
  // Gives the tensors of state_dict() the values of their names, in the dtype that they have. All of them or, where it
  // throws, none. Throws one Error that lists all names that are missing here, unexpected, or of another shape; with
  // strict off only for the last, and the others are returned. Not while a function is traced.
  LoadReport load_state_dict(const StateDict& state, bool strict = true, SourceLocation at = SourceLocation::current());

  // Training mode, of this module and all its parts; on at first. A compiled function that reads it is traced again
  // when it changes.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const;

  // Clears the gradients of all parameters.
  void zero_grad(SourceLocation at = SourceLocation::current());

  // One line for people: "Linear(784, 128)".
  virtual std::string str() const { return "Module"; }

 protected:
  // For calls that no hook is called around: throws Error where this module has some.
  void check_no_hooks(SourceLocation at) const;
  // Makes a floating leaf a parameter: it will require gradients. Throws Error for any other tensor, and for a name
  // that is empty, has a dot or is taken.
  Tensor register_parameter(const std::string& name, const Tensor& value,
                            SourceLocation at = SourceLocation::current());
  // Makes a tensor a buffer, which is part of the state_dict() where it is persistent. Throws Error for one that is
  // undefined or requires gradients, and for a bad name.
  Tensor register_buffer(const std::string& name, const Tensor& value, bool persistent = true,
                         SourceLocation at = SourceLocation::current());
  // A new parameter that starts as U(-bound, bound), drawn now; see Sequential for the one exception.
  Tensor register_uniform(const std::string& name, DimsRef shape, double bound, DType dtype = kFloat32,
                          SourceLocation at = SourceLocation::current());
  // The same with N(0, 1); the row `zero_row` starts as zeros.
  Tensor register_normal(const std::string& name, DimsRef shape, std::optional<std::int64_t> zero_row = std::nullopt,
                         DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  // Makes a module, given by value or as a shared_ptr, a part of this one. Throws Error for a bad name, a null pointer
  // and a module that contains this one.
  template <class M>
  std::shared_ptr<M> register_module(const std::string& name, std::shared_ptr<M> part,
                                     SourceLocation at = SourceLocation::current()) {
    add_child(name, part, at);
    return part;
  }
  template <class M>
  requires std::derived_from<M, Module> std::shared_ptr<M> register_module(
      const std::string& name, M part, SourceLocation at = SourceLocation::current()) {
    return register_module(name, std::make_shared<M>(std::move(part)), at);
  }

 private:
  using PreHook = std::function<Tensor(Module&, const Tensor&)>;
  using Hook = std::function<Tensor(Module&, const Tensor&, const Tensor&)>;
  struct Hooks {
    detail::HookList<PreHook> before;
    detail::HookList<Hook> after;
    std::uint64_t changed() const { return std::max(before.changed(), after.changed()); }
  };
  HookHandle add_pre_hook(PreHook hook);
  HookHandle add_hook(Hook hook);
  Hooks& hooks();
  bool has_hooks() const;
  void add_child(const std::string& name, std::shared_ptr<Module> part, SourceLocation at);
  void check_name(const std::string& name, SourceLocation at) const;
  bool contains(const Module* other) const;
  using Tensors = std::vector<std::pair<std::string, Tensor>>;
  Tensors collect(Tensors Module::*own) const;
  StateDict state(SourceLocation at) const;

  // What a parameter's first values are: U(-bound, bound), or N(0, 1) where there is no bound.
  struct Distribution {
    std::optional<double> bound;
    std::optional<std::int64_t> zero_row;
    void draw(const Tensor& to, SourceLocation at) const;
  };
  // The generator's draw `number` after `seed`.
  struct FirstValues {
    Tensor parameter;
    Distribution distribution;
    std::int64_t seed = 0, number = 0;
    void draw() const;
    bool are_there() const;  // nothing else was written since
  };
  Tensor register_drawn(const std::string& name, DimsRef shape, const Distribution& distribution, DType dtype,
                        SourceLocation at);
  // Of a module that was moved: somebody had named it.
  struct WasMoved {
    bool value = false;
    WasMoved() = default;
    WasMoved(WasMoved&&) noexcept : value(true) {}
    WasMoved& operator=(WasMoved&&) noexcept {
      value = true;
      return *this;
    }
  };
  friend class Sequential;
  void collect_first_values(std::vector<FirstValues*>& found);
  void forget_first_values();
  void draw_in_order();

  std::vector<FirstValues> first_values_;
  WasMoved was_moved_;
  Tensors parameters_, buffers_;
  std::vector<std::string> not_persistent_;  // names of buffers
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
  std::shared_ptr<bool> training_ = std::make_shared<bool>(true);  // shared with traces that read it
  std::shared_ptr<Hooks> hooks_ = std::make_shared<Hooks>();       // and these
};

}  // namespace weft::nn
