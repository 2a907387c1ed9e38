// Operations of your own: a shape rule, a gradient and a kernel under a name. Everything else is as with Weft's own:
// eager use and compile(), planned memory, text of graphs, errors with the line of the call.
//
//   const weft::op::Operation& swish_op() {
//     static const weft::op::Operation op({.name = "mine.swish", .elementwise = true, .gradient = ..., .kernel = ...});
//     return op;
//   }
//   weft::Tensor swish(const weft::Operand& x, double beta) { return swish_op()({x}, {{"beta", beta}}); }
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "weft/dtype.h"
#include "weft/error.h"
#include "weft/shape.h"
#include "weft/tensor.h"

namespace weft {
struct OpCall;  // for the library's own layers
}

namespace weft::op {

// What is known of an operand or a result before it is computed.
struct Type {
  DType dtype = DType::f32;
  Shape shape;

  bool operator==(const Type&) const = default;
  // "f32[2,3]"
  std::string str() const { return name_of(dtype) + shape.str(); }
};

// What a call says besides its operands. A graph as text has them as name=value.
using Attr = std::variant<bool, std::int64_t, double, DType, std::vector<std::int64_t>>;
using Attrs = std::map<std::string, Attr>;

struct Access;  // for the library's own layers

// One call of an operation, as its rules see it. Valid while the rule runs. Methods throw Error for what is not there.
class Call {
 public:
  std::size_t num_inputs() const;
  Type input_type(std::size_t i) const;
  // There are results only after the shape rule.
  std::size_t num_results() const;
  Type result_type(std::size_t k = 0) const;

  // The attribute of this name, as one of the types of Attr; a whole number is a double, too, where one is wanted.
  // Throws Error where there is none of that type.
  template <class T>
  T attr(const std::string& name) const {
    const Attr* const value = find(name);
    if constexpr (std::is_same_v<T, double>)
      if (const auto* whole = value ? std::get_if<std::int64_t>(value) : nullptr) return static_cast<double>(*whole);
    const T* const of_type = value ? std::get_if<T>(value) : nullptr;
    if (!of_type) refuse_attr(name, value != nullptr);
    return *of_type;
  }
  // The same, or `otherwise` where there is no attribute of this name.
  template <class T>
  T attr(const std::string& name, T otherwise) const {
    return find(name) ? attr<T>(name) : otherwise;
  }

  // Throws Error "[mine.swish] a: i64[2]: rule", with the line of the user's call and the hint, unless ok.
  void require(bool ok, const std::string& rule, ErrorKind kind = ErrorKind::shape, const std::string& hint = "") const;

 protected:
  explicit Call(const OpCall& call);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() = default;

 private:
  friend struct Access;
  const Attr* find(const std::string& name) const;
  [[noreturn]] void refuse_attr(const std::string& name, bool is_there) const;

  const OpCall& call_;
  Attrs attrs_;
};

// A call whose gradient is wanted.
class GradientCall : public Call {
 public:
  const Tensor& input(std::size_t i) const;
  const Tensor& result(std::size_t k = 0) const;
  // Of result k; zeros where nothing depends on it.
  const Tensor& gradient(std::size_t k = 0) const;
  // Whether anybody wants the gradient by operand i.
  bool needs(std::size_t i) const;

 private:
  friend struct Access;
  explicit GradientCall(const OpCall& call) : Call(call) {}
  std::vector<Tensor> inputs_, results_, gradients_;
  std::vector<bool> needs_;
};

// What one run of a kernel works on: dense row-major elements, 64-byte aligned. A pointer to no elements may be null.
// The types are not checked: they are those of the call that the kernel was made for.
struct Work {
  const void* const* inputs = nullptr;
  void* const* results = nullptr;
  void* scratch = nullptr;
  std::int64_t begin = 0, end = 0;  // the items to compute: begin .. end - 1

  template <class T>
  const T* input(std::size_t i) const {
    return static_cast<const T*>(inputs[i]);
  }
  template <class T>
  T* result(std::size_t k = 0) const {
    return static_cast<T*>(results[k]);
  }
};

struct Kernel {
  using Run = std::function<void(const Work&)>;
  // Runs on one thread; any number of threads may run it at once, so it changes nothing but the results and its
  // scratch. It may throw: the run then ends with an Error, and no variable has changed.
  Run run;
  // The work is this many items, of which `run` is given ranges, by several workers side by side where there is much of
  // it. Item i computes the i-th of as many equal blocks of every result, in row-major order, as one by one would:
  // where ranges are cut follows from shapes, never from threads. No items: there is nothing to do.
  std::int64_t items = 1;
  // Arithmetic of all items, as far as it is known. With the bytes of operands and results it says how long the work
  // takes: pieces of it are about 50 microseconds long.
  double flops = 0;
  // For each run at once, 64-byte aligned.
  std::size_t scratch_bytes = 0;
};

// The rules of an operation. All are called by any thread, and give the same whenever they are given the same: equal
// calls may be computed once. An exception in a rule is an Error of the call.
struct Rules {
  using ShapeRule = std::function<std::vector<Type>(const Call&)>;
  using GradientRule = std::function<std::vector<Tensor>(const GradientCall&)>;
  using KernelRule = std::function<Kernel(const Call&)>;
  // "PACKAGE.NAME": letters, digits and _ ; Weft's own names have no dot.
  std::string name;
  std::size_t inputs = 1;
  bool more_inputs = false;  // there may be more of them
  // Element i of each result is computed of element i of the operands, and written after those were read: the result
  // may lie where an operand was. Operands are broadcast to one shape before the rules see them.
  bool elementwise = false;
  // The types of the results, at least one. It requires all that the other rules take for granted, attributes too,
  // since graphs also come from text. None, for elementwise operations: the operands are f32 or f64, of one type, and
  // so is the result.
  ShapeRule shape = nullptr;
  // Gradients by the operands, of their types, made of operations on what it is given; undefined where there is none.
  // They are recorded, so they are differentiated again as any other operation. Values cannot be looked at, and tensors
  // from elsewhere not be read. None: differentiating raises an error. Gradients are wanted only where the first result
  // is floating.
  GradientRule gradient = nullptr;
  // Reads types and attributes once, and gives what computes the results.
  KernelRule kernel = nullptr;
};

// A registered operation. What is registered stays for the rest of the process, as must the code of its rules.
// Registering is safe from any thread; an Operation is used by any number of threads.
class Operation {
 public:
  // Throws Error where the name is taken or is no name, and where a rule is missing.
  explicit Operation(Rules rules, SourceLocation at = SourceLocation::current());

  // The result of a call. A number is of the dtype of the tensors beside it. Errors name the line where the first
  // operand was made an Operand: a function that takes `const Operand&` and hands it on gives the line of its caller.
  // Throws Error without operands.
  Tensor operator()(const std::vector<Operand>& operands, const Attrs& attrs = {},
                    SourceLocation at = SourceLocation::current()) const;
  // All results.
  std::vector<Tensor> results(const std::vector<Operand>& operands, const Attrs& attrs = {},
                              SourceLocation at = SourceLocation::current()) const;

  const std::string& name() const;

 private:
  struct Impl;
  const Impl* impl_;  // lives as long as the process
};

}  // namespace weft::op
