// Tensor: a handle to a value, known now or computed when somebody looks.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "weft/dtype.h"
#include "weft/error.h"
#include "weft/shape.h"

namespace weft {

struct TensorImpl;
class Operand;

// The operation that made a tensor, as far as a user may look at it.
// Prints "None", or "<AddBackward0 object at 0x5581...>".
class GradFn {
 public:
  GradFn() = default;
  GradFn(const char* name, const void* identity) : name_(name), identity_(identity) {}
  // "AddBackward0"; "" for a leaf.
  const char* name() const { return name_; }
  explicit operator bool() const { return *name_ != '\0'; }
  friend std::ostream& operator<<(std::ostream& out, const GradFn& fn);

 private:
  const char* name_ = "";
  const void* identity_ = nullptr;
};

// A handle with shared ownership: copies name the same tensor.
//
// Operations are captured when they are called and checked then (shapes, dtypes, grad mode); the value is computed when
// somebody looks at it, which changes nothing else. A captured operation sees the values that its operands had when it
// was captured: writing to a tensor gives it another version.
//
// Threads: handles follow the rules of std::shared_ptr. Looking at one tensor from several threads is safe; changing
// it (in-place methods, requires_grad_, backward) while another thread uses it is not.
class Tensor {
 public:
  // An undefined tensor; every method but defined() throws Error.
  Tensor() = default;

  bool defined() const { return impl_ != nullptr; }

  // ---- What it is
  const Shape& shape() const;
  const Shape& sizes() const { return shape(); }
  std::int64_t size(std::int64_t dim) const;  // a negative dim counts from the end
  std::int64_t dim() const;                   // the rank
  std::int64_t numel() const;
  DType dtype() const;

  // ---- Its value. Each of these computes it when that has not happened yet.
  // The value of a tensor of one element. Throws Error for any other number of elements.
  template <class T = double>
  T item(SourceLocation at = SourceLocation::current()) const {
    if constexpr (std::is_same_v<T, bool>)
      return item_bool(at);
    else if constexpr (std::is_integral_v<T>)
      return static_cast<T>(item_i64(at, sizeof(T), std::is_signed_v<T>));
    else
      return static_cast<T>(item_f64(at));
  }
  // All elements in row-major order; T must be the tensor's element type.
  template <class T>
  std::vector<T> to_vector(SourceLocation at = SourceLocation::current()) const {
    const std::shared_ptr<const void> values = held_data(dtype_of<T>, at);
    const T* first = static_cast<const T*>(values.get());
    return std::vector<T>(first, first + numel());
  }
  // The elements, row-major, 64-byte aligned; valid while this tensor lives and is not written to.
  template <class T>
  const T* data_ptr(SourceLocation at = SourceLocation::current()) const {
    return static_cast<const T*>(raw_data(dtype_of<T>, at));
  }
  // The same for writing, leaves only. Operations captured before keep the old values.
  template <class T>
  T* mutable_data_ptr(SourceLocation at = SourceLocation::current()) {
    return static_cast<T*>(raw_mutable_data(dtype_of<T>, at));
  }

  // ---- Autograd
  bool requires_grad() const;
  // Sets requires_grad in place and returns this tensor. Floating tensors only; a tensor that an operation made
  // from inputs that require gradients (a non-leaf) is refused.
  Tensor requires_grad_(bool value = true, SourceLocation at = SourceLocation::current()) const;
  bool is_leaf() const;
  GradFn grad_fn() const;
  // The accumulated gradient; undefined when there is none.
  Tensor grad() const;
  void set_grad(const Tensor& grad, SourceLocation at = SourceLocation::current()) const;
  // Keeps the gradient of a non-leaf in grad() at the next backward().
  void retain_grad(SourceLocation at = SourceLocation::current()) const;
  bool retains_grad() const;
  // Adds d(this)/d(leaf) to the grad() of each leaf that this tensor depends on. Scalars only.
  void backward(SourceLocation at = SourceLocation::current()) const;
  // Adds d(sum(this * gradient))/d(leaf); gradient has this tensor's shape. retain_graph keeps what a second backward()
  // needs; create_graph makes the gradients differentiable (and retains the graph).
  void backward(const Tensor& gradient, bool retain_graph = false, bool create_graph = false,
                SourceLocation at = SourceLocation::current()) const;
  // The same elements outside of the graph: writing to them changes this tensor, but no operation captured before, and
  // gradients do not see it.
  Tensor detach(SourceLocation at = SourceLocation::current()) const;
  // As detach().
  Tensor data(SourceLocation at = SourceLocation::current()) const;

  // ---- In place, as PyTorch's: views write through to what they are views of, and gradients flow through what is
  // written. Refused are leaves that require gradients (and views of them) while grad mode is on, views with repeated
  // elements, and results of a higher category than this tensor's dtype (bool < integer < floating).
  Tensor zero_(SourceLocation at = SourceLocation::current()) const;
  Tensor fill_(const Operand& value, SourceLocation at = SourceLocation::current()) const;
  Tensor copy_(const Tensor& src, SourceLocation at = SourceLocation::current()) const;
  Tensor add_(const Operand& other) const;
  Tensor sub_(const Operand& other) const;
  Tensor mul_(const Operand& other) const;
  Tensor div_(const Operand& other) const;

  // ---- Operations as methods; weft/ops.h has the formulas and all others.
#define WEFT_AT SourceLocation at = SourceLocation::current()
  Tensor neg(WEFT_AT) const;
  Tensor abs(WEFT_AT) const;
  Tensor exp(WEFT_AT) const;
  Tensor log(WEFT_AT) const;
  Tensor sqrt(WEFT_AT) const;
  Tensor square(WEFT_AT) const;
  Tensor sin(WEFT_AT) const;
  Tensor cos(WEFT_AT) const;
  Tensor tanh(WEFT_AT) const;
  Tensor sigmoid(WEFT_AT) const;
  Tensor relu(WEFT_AT) const;
  Tensor clamp(std::optional<double> min, std::optional<double> max = std::nullopt, WEFT_AT) const;
  Tensor pow(const Operand& exponent) const;
  Tensor sum(WEFT_AT) const;
  Tensor sum(const std::vector<std::int64_t>& dims, bool keepdim = false, WEFT_AT) const;
  Tensor mean(WEFT_AT) const;
  Tensor mean(const std::vector<std::int64_t>& dims, bool keepdim = false, WEFT_AT) const;
  Tensor max(WEFT_AT) const;
  Tensor max(const std::vector<std::int64_t>& dims, bool keepdim = false, WEFT_AT) const;
  Tensor min(WEFT_AT) const;
  Tensor min(const std::vector<std::int64_t>& dims, bool keepdim = false, WEFT_AT) const;
  Tensor argmax(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false, WEFT_AT) const;
  Tensor softmax(std::int64_t dim, WEFT_AT) const;
  Tensor log_softmax(std::int64_t dim, WEFT_AT) const;
  Tensor matmul(const Tensor& other, WEFT_AT) const;
  Tensor view(const std::vector<std::int64_t>& shape, WEFT_AT) const;
  Tensor reshape(const std::vector<std::int64_t>& shape, WEFT_AT) const;
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1, WEFT_AT) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1, WEFT_AT) const;
  Tensor t(WEFT_AT) const;
  Tensor permute(const std::vector<std::int64_t>& dims, WEFT_AT) const;
  Tensor expand(const std::vector<std::int64_t>& shape, WEFT_AT) const;
  Tensor squeeze(std::optional<std::int64_t> dim = std::nullopt, WEFT_AT) const;
  Tensor unsqueeze(std::int64_t dim, WEFT_AT) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length, WEFT_AT) const;
  Tensor slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step = 1, WEFT_AT) const;
  Tensor select(std::int64_t dim, std::int64_t index, WEFT_AT) const;
  Tensor to(DType dtype, WEFT_AT) const;
#undef WEFT_AT

  // Copies name the same tensor: identity, not equality of values.
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }

  // For the library's own layers.
  explicit Tensor(std::shared_ptr<TensorImpl> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<TensorImpl>& impl() const { return impl_; }

 private:
  double item_f64(SourceLocation at) const;
  std::int64_t item_i64(SourceLocation at, std::size_t bytes, bool is_signed) const;
  bool item_bool(SourceLocation at) const;
  const void* raw_data(DType dtype, SourceLocation at) const;
  // The bytes of the value, which live at least as long as this handle of them.
  std::shared_ptr<const void> held_data(DType dtype, SourceLocation at) const;
  void* raw_mutable_data(DType dtype, SourceLocation at);

  std::shared_ptr<TensorImpl> impl_;
};

// What an operation takes: a tensor or a number, and where in the user's code it was handed over.
// A number takes the dtype of the tensors beside it (a fractional number beside integers: f32).
class Operand {
 public:
  Operand(const Tensor& tensor, SourceLocation at = SourceLocation::current()) : tensor_(tensor), at_(at) {}
  template <class N>
  requires std::is_arithmetic_v<N> Operand(N number, SourceLocation at = SourceLocation::current())
      : number_(static_cast<double>(number)),
        whole_(std::is_integral_v<N> ? static_cast<std::int64_t>(number) : 0),
        number_dtype_(std::is_same_v<N, bool> ? DType::boolean
                      : std::is_integral_v<N> ? DType::i64
                                              : DType::f32),
        at_(at) {}

  bool is_number() const { return !tensor_.defined() && number_dtype_.has_value(); }
  const Tensor& tensor() const { return tensor_; }
  double number() const { return number_; }
  // All digits of a whole number.
  std::int64_t whole() const { return whole_; }
  DType number_dtype() const { return *number_dtype_; }
  SourceLocation at() const { return at_; }

 private:
  Tensor tensor_;
  double number_ = 0;
  std::int64_t whole_ = 0;
  std::optional<DType> number_dtype_;
  SourceLocation at_;
};

Tensor operator+(const Operand& a, const Operand& b);
Tensor operator-(const Operand& a, const Operand& b);
Tensor operator*(const Operand& a, const Operand& b);
Tensor operator/(const Operand& a, const Operand& b);
Tensor operator-(const Operand& a);
Tensor operator<(const Operand& a, const Operand& b);
Tensor operator<=(const Operand& a, const Operand& b);
Tensor operator>(const Operand& a, const Operand& b);
Tensor operator>=(const Operand& a, const Operand& b);
Tensor operator==(const Operand& a, const Operand& b);
Tensor operator!=(const Operand& a, const Operand& b);
// In place, as the methods add_ ... div_.
Tensor operator+=(const Tensor& a, const Operand& b);
Tensor operator-=(const Tensor& a, const Operand& b);
Tensor operator*=(const Tensor& a, const Operand& b);
Tensor operator/=(const Tensor& a, const Operand& b);

// PyTorch's printed form: "tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)".
// Prints "None" for an undefined tensor.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
std::string to_string(const Tensor& tensor);

// How tensors are printed, for the whole process; PyTorch's defaults.
struct PrintOptions {
  int precision = 4;
  std::int64_t threshold = 1000;  // more elements than this are summarised
  std::int64_t edge_items = 3;
  int line_width = 80;
};
void set_print_options(const PrintOptions& options);
PrintOptions print_options();

}  // namespace weft
