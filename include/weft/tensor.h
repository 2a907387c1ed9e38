// Tensor: a handle to a value, known now or computed when somebody looks.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "weft/dims.h"
#include "weft/dtype.h"
#include "weft/error.h"
#include "weft/shape.h"

namespace weft {

struct TensorImpl;
struct Sorted;
class TensorIndex;
class Operand;
class Index;
class HookHandle;
struct TensorAccess;  // for the library's own layers: graph/capture/tensor_impl.h

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

// A handle with shared ownership: copies name the same tensor. As with std::shared_ptr, a const handle is one that
// keeps naming the same tensor; what it names may change. So in-place methods are const: they work on temporaries
// (x.data().mul_(2)) and on what a lambda has captured.
//
// An operation is captured and checked (shapes, dtypes, grad mode) when it is called. Its value is computed when it is
// needed; looking at a value changes nothing else. A captured operation sees the values that its operands had when it
// was captured: writing to a tensor gives it another version.
//
// Threads: handles follow the rules of std::shared_ptr. Looking at one tensor from several threads is safe; changing
// it (in-place methods, requires_grad_, backward) while another thread uses it is not.
class Tensor {
 public:
  // An undefined tensor; every method but defined() and is_same() throws Error.
  Tensor() = default;

  bool defined() const { return impl_ != nullptr; }

  // ---- What it is
  const Shape& shape(SourceLocation at = SourceLocation::current()) const;
  const Shape& sizes(SourceLocation at = SourceLocation::current()) const { return shape(at); }
  // A negative dim counts from the end.
  std::int64_t size(std::int64_t dim, SourceLocation at = SourceLocation::current()) const;
  std::int64_t dim(SourceLocation at = SourceLocation::current()) const;  // the rank
  std::int64_t numel(SourceLocation at = SourceLocation::current()) const;
  DType dtype(SourceLocation at = SourceLocation::current()) const;

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
    return std::vector<T>(first, first + numel(at));
  }
  // The elements, row-major, 64-byte aligned; valid while this tensor lives and is not written to.
  template <class T>
  const T* data_ptr(SourceLocation at = SourceLocation::current()) const {
    return static_cast<const T*>(raw_data(dtype_of<T>, at));
  }
  // The same for writing, leaves only. Operations captured before keep the old values.
  template <class T>
  T* mutable_data_ptr(SourceLocation at = SourceLocation::current()) const {
    return static_cast<T*>(raw_mutable_data(dtype_of<T>, at));
  }

  // ---- Autograd
  bool requires_grad(SourceLocation at = SourceLocation::current()) const;
  // Sets requires_grad in place and returns this tensor. Floating tensors only; a tensor that an operation made
  // from inputs that require gradients (a non-leaf) is refused.
  Tensor requires_grad_(bool value = true, SourceLocation at = SourceLocation::current()) const;
  bool is_leaf(SourceLocation at = SourceLocation::current()) const;
  GradFn grad_fn(SourceLocation at = SourceLocation::current()) const;
  // The accumulated gradient; undefined when there is none.
  Tensor grad(SourceLocation at = SourceLocation::current()) const;
  void set_grad(const Tensor& grad, SourceLocation at = SourceLocation::current()) const;
  // Keeps the gradient of a non-leaf in grad() at the next backward().
  void retain_grad(SourceLocation at = SourceLocation::current()) const;
  bool retains_grad(SourceLocation at = SourceLocation::current()) const;
  // Calls hook(gradient) whenever backward() or grad() has the gradient by this tensor: the sum of all that arrives,
  // and before it goes on. Where the hook gives a tensor, of the same shape and dtype, that is the gradient from there
  // on; it may also give nothing (void). Hooks are called in the order in which they were registered, and with the grad
  // mode of create_graph. A hook belongs to the value that the tensor has now: after a write in place it is called with
  // the gradient by the value before, but for a leaf, which keeps its hooks. In a traced function the hook is called
  // while that is traced, and what it does is part of the program. Throws Error for a tensor that does not require
  // gradients, and in a traced function for one from outside of it. Include weft/hooks.h.
  template <class F>
  HookHandle register_hook(F hook, SourceLocation at = SourceLocation::current()) const;
  // Calls hook(this leaf), which gives nothing, whenever backward() has added to grad(). Throws Error for what is no
  // leaf that requires gradients, and in a traced function for a tensor from outside of it. Include weft/hooks.h.
  template <class F>
  HookHandle register_post_accumulate_grad_hook(F hook, SourceLocation at = SourceLocation::current()) const;
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
  Tensor abs_(SourceLocation at = SourceLocation::current()) const;
  Tensor neg_(SourceLocation at = SourceLocation::current()) const;
  Tensor exp_(SourceLocation at = SourceLocation::current()) const;
  Tensor log_(SourceLocation at = SourceLocation::current()) const;
  Tensor sqrt_(SourceLocation at = SourceLocation::current()) const;
  Tensor square_(SourceLocation at = SourceLocation::current()) const;
  Tensor sin_(SourceLocation at = SourceLocation::current()) const;
  Tensor cos_(SourceLocation at = SourceLocation::current()) const;
  Tensor tanh_(SourceLocation at = SourceLocation::current()) const;
  Tensor sigmoid_(SourceLocation at = SourceLocation::current()) const;
  Tensor relu_(SourceLocation at = SourceLocation::current()) const;
  Tensor reciprocal_(SourceLocation at = SourceLocation::current()) const;
  Tensor rsqrt_(SourceLocation at = SourceLocation::current()) const;
  Tensor floor_(SourceLocation at = SourceLocation::current()) const;
  Tensor ceil_(SourceLocation at = SourceLocation::current()) const;
  Tensor round_(SourceLocation at = SourceLocation::current()) const;
  Tensor trunc_(SourceLocation at = SourceLocation::current()) const;
  Tensor erf_(SourceLocation at = SourceLocation::current()) const;
  Tensor log1p_(SourceLocation at = SourceLocation::current()) const;
  Tensor expm1_(SourceLocation at = SourceLocation::current()) const;
  Tensor clamp_(std::optional<double> min, std::optional<double> max = std::nullopt,
                SourceLocation at = SourceLocation::current()) const;
  Tensor pow_(const Operand& exponent) const;
  Tensor lerp_(const Operand& end, const Operand& weight) const;
  Tensor addcmul_(const Operand& a, const Operand& b, double value = 1) const;
  Tensor addcdiv_(const Operand& a, const Operand& b, double value = 1) const;
  Tensor masked_fill_(const Tensor& mask, const Operand& value) const;
  Tensor index_fill_(std::int64_t dim, const Tensor& index, const Operand& value) const;
  Tensor index_add_(std::int64_t dim, const Tensor& index, const Tensor& src, double alpha = 1,
                    SourceLocation at = SourceLocation::current()) const;
  Tensor index_copy_(std::int64_t dim, const Tensor& index, const Tensor& src,
                     SourceLocation at = SourceLocation::current()) const;
  Tensor scatter_(std::int64_t dim, const Tensor& index, const Operand& src) const;
  Tensor scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& src,
                      SourceLocation at = SourceLocation::current()) const;
  // Random numbers: uniform in [low, high), and normal.
  Tensor uniform_(double low = 0, double high = 1, SourceLocation at = SourceLocation::current()) const;
  Tensor normal_(double mean = 0, double std = 1, SourceLocation at = SourceLocation::current()) const;

  // ---- Operations as methods; weft/ops.h has the formulas and all others.
  Tensor neg(SourceLocation at = SourceLocation::current()) const;
  Tensor abs(SourceLocation at = SourceLocation::current()) const;
  Tensor exp(SourceLocation at = SourceLocation::current()) const;
  Tensor log(SourceLocation at = SourceLocation::current()) const;
  Tensor sqrt(SourceLocation at = SourceLocation::current()) const;
  Tensor square(SourceLocation at = SourceLocation::current()) const;
  Tensor sin(SourceLocation at = SourceLocation::current()) const;
  Tensor cos(SourceLocation at = SourceLocation::current()) const;
  Tensor tanh(SourceLocation at = SourceLocation::current()) const;
  Tensor sigmoid(SourceLocation at = SourceLocation::current()) const;
  Tensor relu(SourceLocation at = SourceLocation::current()) const;
  Tensor clamp(std::optional<double> min, std::optional<double> max = std::nullopt,
               SourceLocation at = SourceLocation::current()) const;
  Tensor erf(SourceLocation at = SourceLocation::current()) const;
  Tensor sign(SourceLocation at = SourceLocation::current()) const;
  Tensor exp2(SourceLocation at = SourceLocation::current()) const;
  Tensor expm1(SourceLocation at = SourceLocation::current()) const;
  Tensor log1p(SourceLocation at = SourceLocation::current()) const;
  Tensor log2(SourceLocation at = SourceLocation::current()) const;
  Tensor log10(SourceLocation at = SourceLocation::current()) const;
  Tensor tan(SourceLocation at = SourceLocation::current()) const;
  Tensor asin(SourceLocation at = SourceLocation::current()) const;
  Tensor acos(SourceLocation at = SourceLocation::current()) const;
  Tensor atan(SourceLocation at = SourceLocation::current()) const;
  Tensor sinh(SourceLocation at = SourceLocation::current()) const;
  Tensor cosh(SourceLocation at = SourceLocation::current()) const;
  Tensor asinh(SourceLocation at = SourceLocation::current()) const;
  Tensor acosh(SourceLocation at = SourceLocation::current()) const;
  Tensor atanh(SourceLocation at = SourceLocation::current()) const;
  Tensor erfc(SourceLocation at = SourceLocation::current()) const;
  Tensor erfinv(SourceLocation at = SourceLocation::current()) const;
  Tensor lgamma(SourceLocation at = SourceLocation::current()) const;
  Tensor digamma(SourceLocation at = SourceLocation::current()) const;
  Tensor reciprocal(SourceLocation at = SourceLocation::current()) const;
  Tensor rsqrt(SourceLocation at = SourceLocation::current()) const;
  Tensor floor(SourceLocation at = SourceLocation::current()) const;
  Tensor ceil(SourceLocation at = SourceLocation::current()) const;
  Tensor round(SourceLocation at = SourceLocation::current()) const;
  Tensor trunc(SourceLocation at = SourceLocation::current()) const;
  Tensor frac(SourceLocation at = SourceLocation::current()) const;
  Tensor isnan(SourceLocation at = SourceLocation::current()) const;
  Tensor isinf(SourceLocation at = SourceLocation::current()) const;
  Tensor isfinite(SourceLocation at = SourceLocation::current()) const;
  Tensor nan_to_num(double nan = 0, std::optional<double> posinf = std::nullopt,
                    std::optional<double> neginf = std::nullopt, SourceLocation at = SourceLocation::current()) const;
  Tensor logical_not(SourceLocation at = SourceLocation::current()) const;
  Tensor add(const Operand& other) const;
  Tensor sub(const Operand& other) const;
  Tensor mul(const Operand& other) const;
  Tensor div(const Operand& other) const;
  Tensor pow(const Operand& exponent) const;
  Tensor atan2(const Operand& other) const;
  Tensor hypot(const Operand& other) const;
  Tensor fmod(const Operand& other) const;
  Tensor remainder(const Operand& other) const;
  Tensor floor_divide(const Operand& other) const;
  Tensor xlogy(const Operand& other) const;
  Tensor logaddexp(const Operand& other) const;
  Tensor lerp(const Operand& end, const Operand& weight) const;
  Tensor addcmul(const Operand& a, const Operand& b, double value = 1) const;
  Tensor addcdiv(const Operand& a, const Operand& b, double value = 1) const;
  Tensor maximum(const Operand& other) const;
  Tensor minimum(const Operand& other) const;
  Tensor eq(const Operand& other) const;
  Tensor ne(const Operand& other) const;
  Tensor lt(const Operand& other) const;
  Tensor le(const Operand& other) const;
  Tensor gt(const Operand& other) const;
  Tensor ge(const Operand& other) const;
  Tensor logical_and(const Operand& other) const;
  Tensor logical_or(const Operand& other) const;
  Tensor logical_xor(const Operand& other) const;
  // This where condition is true, else other.
  Tensor where(const Operand& condition, const Operand& other) const;
  Tensor sum(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor mean(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor max(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor min(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor argmax(std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                SourceLocation at = SourceLocation::current()) const;
  Tensor softmax(std::int64_t dim, SourceLocation at = SourceLocation::current()) const;
  Tensor log_softmax(std::int64_t dim, SourceLocation at = SourceLocation::current()) const;
  Tensor matmul(const Tensor& other, SourceLocation at = SourceLocation::current()) const;
  Tensor view(DimsRef shape, SourceLocation at = SourceLocation::current()) const;
  Tensor reshape(DimsRef shape, SourceLocation at = SourceLocation::current()) const;
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1,
                 SourceLocation at = SourceLocation::current()) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1, SourceLocation at = SourceLocation::current()) const;
  Tensor t(SourceLocation at = SourceLocation::current()) const;
  Tensor permute(DimsRef dims, SourceLocation at = SourceLocation::current()) const;
  Tensor expand(DimsRef shape, SourceLocation at = SourceLocation::current()) const;
  Tensor squeeze(std::optional<std::int64_t> dim = std::nullopt, SourceLocation at = SourceLocation::current()) const;
  Tensor unsqueeze(std::int64_t dim, SourceLocation at = SourceLocation::current()) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length,
                SourceLocation at = SourceLocation::current()) const;
  Tensor slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step = 1,
               SourceLocation at = SourceLocation::current()) const;
  Tensor select(std::int64_t dim, std::int64_t index, SourceLocation at = SourceLocation::current()) const;
  Tensor clone(SourceLocation at = SourceLocation::current()) const;
  Tensor contiguous(SourceLocation at = SourceLocation::current()) const;
  Tensor to(DType dtype, SourceLocation at = SourceLocation::current()) const;

  // ---- Parts, orders and elements by number; weft/arrange.h and weft/indexing.h have the formulas.
  std::vector<Tensor> split(std::int64_t size, std::int64_t dim = 0,
                            SourceLocation at = SourceLocation::current()) const;
  std::vector<Tensor> split(const std::vector<std::int64_t>& sizes, std::int64_t dim = 0,
                            SourceLocation at = SourceLocation::current()) const;
  std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0,
                            SourceLocation at = SourceLocation::current()) const;
  std::vector<Tensor> unbind(std::int64_t dim = 0, SourceLocation at = SourceLocation::current()) const;
  Tensor movedim(DimsRef source, DimsRef destination, SourceLocation at = SourceLocation::current()) const;
  Tensor swapaxes(std::int64_t dim0, std::int64_t dim1, SourceLocation at = SourceLocation::current()) const;
  Tensor unflatten(std::int64_t dim, DimsRef sizes, SourceLocation at = SourceLocation::current()) const;
  Tensor broadcast_to(DimsRef shape, SourceLocation at = SourceLocation::current()) const;
  Tensor diagonal(std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1,
                  SourceLocation at = SourceLocation::current()) const;
  Tensor repeat(DimsRef repeats, SourceLocation at = SourceLocation::current()) const;
  Tensor tile(DimsRef repeats, SourceLocation at = SourceLocation::current()) const;
  Tensor repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt,
                           SourceLocation at = SourceLocation::current()) const;
  Tensor flip(DimsRef dims, SourceLocation at = SourceLocation::current()) const;
  Tensor roll(DimsRef shifts, DimsRef dims = {}, SourceLocation at = SourceLocation::current()) const;
  Tensor tril(std::int64_t diagonal = 0, SourceLocation at = SourceLocation::current()) const;
  Tensor triu(std::int64_t diagonal = 0, SourceLocation at = SourceLocation::current()) const;
  Tensor diag(std::int64_t diagonal = 0, SourceLocation at = SourceLocation::current()) const;
  Tensor index_select(std::int64_t dim, const Tensor& index, SourceLocation at = SourceLocation::current()) const;
  Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& src, double alpha = 1,
                   SourceLocation at = SourceLocation::current()) const;
  Tensor index_copy(std::int64_t dim, const Tensor& index, const Tensor& src,
                    SourceLocation at = SourceLocation::current()) const;
  Tensor gather(std::int64_t dim, const Tensor& index, SourceLocation at = SourceLocation::current()) const;
  Tensor take_along_dim(const Tensor& index, std::optional<std::int64_t> dim = std::nullopt,
                        SourceLocation at = SourceLocation::current()) const;
  Tensor take(const Tensor& index, SourceLocation at = SourceLocation::current()) const;
  Tensor scatter_add(std::int64_t dim, const Tensor& index, const Tensor& src,
                     SourceLocation at = SourceLocation::current()) const;
  Tensor masked_select(const Tensor& mask, SourceLocation at = SourceLocation::current()) const;
  Tensor nonzero(SourceLocation at = SourceLocation::current()) const;
  Sorted sort(std::int64_t dim = -1, bool descending = false, SourceLocation at = SourceLocation::current()) const;
  Tensor argsort(std::int64_t dim = -1, bool descending = false, SourceLocation at = SourceLocation::current()) const;
  Sorted topk(std::int64_t k, std::int64_t dim = -1, bool largest = true,
              SourceLocation at = SourceLocation::current()) const;
  Sorted kthvalue(std::int64_t k, std::int64_t dim = -1, bool keepdim = false,
                  SourceLocation at = SourceLocation::current()) const;
  Tensor median(SourceLocation at = SourceLocation::current()) const;
  Sorted median(std::int64_t dim, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor cumsum(std::int64_t dim, SourceLocation at = SourceLocation::current()) const;
  Tensor cumprod(std::int64_t dim, SourceLocation at = SourceLocation::current()) const;
  Tensor prod(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor amax(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor amin(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor var(DimsRef dims = {}, double correction = 1, bool keepdim = false,
             SourceLocation at = SourceLocation::current()) const;
  Tensor std(DimsRef dims = {}, double correction = 1, bool keepdim = false,
             SourceLocation at = SourceLocation::current()) const;
  Tensor norm(double p = 2, DimsRef dims = {}, bool keepdim = false,
              SourceLocation at = SourceLocation::current()) const;
  Tensor logsumexp(DimsRef dims, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor any(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor all(DimsRef dims = {}, bool keepdim = false, SourceLocation at = SourceLocation::current()) const;
  Tensor mm(const Tensor& other, SourceLocation at = SourceLocation::current()) const;
  Tensor bmm(const Tensor& other, SourceLocation at = SourceLocation::current()) const;
  Tensor mv(const Tensor& other, SourceLocation at = SourceLocation::current()) const;
  Tensor dot(const Tensor& other, SourceLocation at = SourceLocation::current()) const;
  Tensor outer(const Tensor& other, SourceLocation at = SourceLocation::current()) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, const Operand& src) const;
  Tensor index_fill(std::int64_t dim, const Tensor& index, const Operand& value) const;
  Tensor masked_fill(const Tensor& mask, const Operand& value) const;

  // By several indices: x.index({Slice(1, 5), None, -1, rows}); see TensorIndex.
  Tensor index(std::initializer_list<TensorIndex> indices, SourceLocation at = SourceLocation::current()) const;
  // Writes value, which broadcasts, to these elements; of equal places the last one counts.
  Tensor index_put_(std::initializer_list<TensorIndex> indices, const Operand& value) const;

  // Row i: select(0, i). A negative index counts from the end. Throws Error where there is no such row.
  Tensor operator[](const Index& i) const;

  // Copies name the same tensor: identity, not equality of values.
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }

 private:
  friend struct TensorAccess;
  explicit Tensor(std::shared_ptr<TensorImpl> impl) : impl_(std::move(impl)) {}

  HookHandle add_hook(std::function<Tensor(const Tensor&)> hook, SourceLocation at) const;
  HookHandle add_post_hook(std::function<Tensor(const Tensor&)> hook, SourceLocation at) const;
  double item_f64(SourceLocation at) const;
  std::int64_t item_i64(SourceLocation at, std::size_t bytes, bool is_signed) const;
  bool item_bool(SourceLocation at) const;
  const void* raw_data(DType dtype, SourceLocation at) const;
  // The bytes of the value, which live at least as long as this handle of them.
  std::shared_ptr<const void> held_data(DType dtype, SourceLocation at) const;
  void* raw_mutable_data(DType dtype, SourceLocation at) const;

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
  // Of a number; f32 for a tensor.
  DType number_dtype() const { return number_dtype_.value_or(DType::f32); }
  SourceLocation at() const { return at_; }

 private:
  Tensor tensor_;
  double number_ = 0;
  std::int64_t whole_ = 0;
  std::optional<DType> number_dtype_;
  SourceLocation at_;
};

// A place along a dim, and where in the user's code it was handed over.
class Index {
 public:
  template <std::integral N>
  requires(!std::same_as<N, bool>) Index(N i, SourceLocation at = SourceLocation::current())
      : i_(static_cast<std::int64_t>(i)), at_(at) {}

  std::int64_t value() const { return i_; }
  SourceLocation at() const { return at_; }

 private:
  std::int64_t i_;
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
std::string to_string(const Tensor& tensor, SourceLocation at = SourceLocation::current());

// How tensors are printed, for the whole process; PyTorch's defaults.
struct PrintOptions {
  int precision = 4;
  std::int64_t threshold = 1000;  // more elements than this are summarised
  std::int64_t edge_items = 3;
  int line_width = 80;
};
void set_print_options(const PrintOptions& options, SourceLocation at = SourceLocation::current());
PrintOptions print_options();

}  // namespace weft
