// Modules that hold others, or parameters, and modules of several tensors. Names are PyTorch's.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/module.h"

namespace weft::nn {

// A module whose forward() takes and gives what its type says: any number of tensors.
//
//   struct Attention : nn::ModuleOf<std::pair<Tensor, Tensor>(Tensor, Tensor, Tensor)> {
//     std::pair<Tensor, Tensor> forward(Operand q, Operand k, Operand v) override { ... }
//   };
//   auto [y, weights] = attention(q, k, v);
//
// Each Operand carries the line of the caller, so that errors can name it. They come by value: forward(const Operand&)
// is that of a Module, which gives one tensor.
template <class Signature>
class ModuleOf;
template <class R, class... Inputs>
class ModuleOf<R(Inputs...)> : public Module {
  static_assert((std::same_as<Inputs, Tensor> && ...), "a module takes tensors");
  template <class>
  using Given = Operand;

 public:
// It hides the forward() of a Module of one tensor, and shall.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverloaded-virtual"
  virtual R forward(Given<Inputs>... inputs) = 0;
#pragma GCC diagnostic pop
  R operator()(Given<Inputs>... inputs) {
    check_no_hooks({});
    return forward(std::move(inputs)...);
  }
};

// Parts that a module of the user's own calls as it likes; named "0", "1", ...
class ModuleList : public Module {
 public:
  // Modules by value or as shared_ptr, in any mixture.
  template <class... M>
  explicit ModuleList(M... parts) {
    (push_back(std::move(parts), SourceLocation{}), ...);  // nobody knows the caller's line here
  }

  // Throws Error for a null pointer.
  void push_back(std::shared_ptr<Module> part, SourceLocation at = SourceLocation::current());
  template <class M>
  requires std::derived_from<M, Module>
  void push_back(M part, SourceLocation at = SourceLocation::current()) {
    push_back(std::static_pointer_cast<Module>(std::make_shared<M>(std::move(part))), at);
  }

  std::size_t size() const { return parts_.size(); }
  // Throws Error when there is no such part.
  Module& operator[](const Index& i) const;
  // The same of a part that is known to be an M. Throws Error where it is none.
  template <class M>
  M& get(const Index& i) const {
    if (M* part = dynamic_cast<M*>(&(*this)[i])) return *part;
    refuse_type(i);
  }
  std::vector<std::shared_ptr<Module>>::const_iterator begin() const { return parts_.begin(); }
  std::vector<std::shared_ptr<Module>>::const_iterator end() const { return parts_.end(); }

  std::string str() const override;

 private:
  [[noreturn]] void refuse_type(const Index& i) const;

  std::vector<std::shared_ptr<Module>> parts_;
};

// Parts by name, in the order in which they were put there.
class ModuleDict : public Module {
 public:
  ModuleDict() = default;

  // Throws Error for a null pointer, and for a name that is empty, has a dot or is taken.
  void insert(const std::string& name, std::shared_ptr<Module> part, SourceLocation at = SourceLocation::current());
  template <class M>
  requires std::derived_from<M, Module>
  void insert(const std::string& name, M part, SourceLocation at = SourceLocation::current()) {
    insert(name, std::static_pointer_cast<Module>(std::make_shared<M>(std::move(part))), at);
  }

  std::size_t size() const { return children().size(); }
  bool contains(const std::string& name) const;
  // Throws Error where there is no such part.
  Module& at(const std::string& name, SourceLocation at = SourceLocation::current()) const;
  // The same of a part that is known to be an M. Throws Error where it is none.
  template <class M>
  M& get(const std::string& name, SourceLocation where = SourceLocation::current()) const {
    if (M* part = dynamic_cast<M*>(&at(name, where))) return *part;
    refuse_type(name, where);
  }

  std::string str() const override;

 private:
  [[noreturn]] void refuse_type(const std::string& name, SourceLocation at) const;
};

// Parameters named "0", "1", ...
class ParameterList : public Module {
 public:
  ParameterList() = default;
  // Throws Error as push_back() does.
  ParameterList(std::initializer_list<Tensor> values, SourceLocation at = SourceLocation::current());

  // Makes a floating leaf a parameter: it will require gradients. Throws Error for any other tensor.
  void push_back(const Tensor& value, SourceLocation at = SourceLocation::current());

  std::size_t size() const { return values_.size(); }
  // Throws Error when there is no such parameter.
  const Tensor& operator[](const Index& i) const;
  std::vector<Tensor>::const_iterator begin() const { return values_.begin(); }
  std::vector<Tensor>::const_iterator end() const { return values_.end(); }

  std::string str() const override;

 private:
  std::vector<Tensor> values_;
};

}  // namespace weft::nn
