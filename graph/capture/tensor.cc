// What a Tensor tells of itself: type, value, place in the graph, printed form.
#include <ostream>

#include "graph/capture/evaluate.h"
#include "graph/capture/grad_field.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "graph/element_type.h"
#include "graph/text/print.h"

namespace weft {
namespace {

// Whoever calls this gives its name, too.
TensorImpl& checked(const std::shared_ptr<TensorImpl>& impl, SourceLocation at,
                    const char* name = __builtin_FUNCTION()) {
  if (!impl) throw Error(ErrorKind::state, std::string("[") + name + "] undefined tensor", at);
  return *impl;
}

// The bytes of a tensor for writing: its storage, where it has all of one.
Variable& own_storage(TensorImpl& tensor, SourceLocation at) {
  if (!tensor.is_leaf())
    throw Error(ErrorKind::state, "[mutable_data_ptr] only leaves are written in place", at, "use detach()");
  TensorImpl* base = &tensor;
  while (base->view) {
    for (const ViewStep& step : base->view->steps)
      if (!step.op->alias)
        throw Error(
            ErrorKind::state,
            "[mutable_data_ptr] " + tensor.type.str() + ": a view of a part has no elements in a row of its own", at,
            "clone() it, or write to it with operations");
    base = base->view->base.get();
  }
  return *base->storage();
}

void require_dtype(const TensorImpl& impl, const char* name, DType dtype, SourceLocation at) {
  if (impl.type.dtype != dtype)
    throw Error(ErrorKind::dtype, std::string("[") + name + "] " + impl.type.str() + " read as " + name_of(dtype), at,
                "convert with to(dtype)");
}

// The one element as T, from whatever dtype it has.
template <class T>
T single_element(const Tensor& tensor, SourceLocation at) {
  if (tensor.numel() != 1)
    throw Error(ErrorKind::shape,
                "[item] " + TensorAccess::impl(tensor)->type.str() + ": a tensor of one element is needed", at);
  const auto buffer = value(tensor, at);
  return with_element_type(tensor.dtype(),
                           [&]<class E>(E) { return static_cast<T>(*static_cast<const E*>(buffer->data())); });
}

// A function that asks for the flag of a tensor from outside of it is traced again when it changes.
void guard_flag(TensorImpl& impl) {
  Trace* const trace = Trace::current();
  if (!trace || impl.born_in == trace->id() || trace->without_shadow(impl.shared_from_this()).get() != &impl) return;
  trace->guard([tensor = impl.weak_from_this(), flag = impl.leaf_requires_grad] {
    const auto now = tensor.lock();
    return now && now->leaf_requires_grad == flag;
  });
}

}  // namespace

const Shape& Tensor::shape(SourceLocation at) const { return checked(impl_, at).type.shape; }
DType Tensor::dtype(SourceLocation at) const { return checked(impl_, at).type.dtype; }
std::int64_t Tensor::dim(SourceLocation at) const { return checked(impl_, at).type.shape.rank(); }
std::int64_t Tensor::numel(SourceLocation at) const { return checked(impl_, at).type.shape.numel(); }

std::int64_t Tensor::size(std::int64_t dim, SourceLocation at) const {
  const Shape& shape = checked(impl_, at).type.shape;
  const std::int64_t rank = shape.rank();
  if (dim < -rank || dim >= rank)
    throw Error(ErrorKind::shape,
                "[size] a: " + impl_->type.str() + ": dim " + std::to_string(dim) + " is out of range", at);
  return shape[static_cast<int>(dim < 0 ? dim + rank : dim)];
}

double Tensor::item_f64(SourceLocation at) const {
  checked(impl_, at, "item");
  return single_element<double>(*this, at);
}

std::int64_t Tensor::item_i64(SourceLocation at, std::size_t bytes, bool is_signed) const {
  checked(impl_, at, "item");
  const auto refuse = [&](const std::string& value) {
    throw Error("[item] " + impl_->type.str() + ": the value " + value + " does not fit the integer type asked for",
                at);
  };
  std::int64_t whole = 0;
  if (is_floating(dtype())) {
    const double number = single_element<double>(*this, at);
    if (!(number >= -0x1p63 && number < 0x1p63)) refuse(std::to_string(number));
    whole = static_cast<std::int64_t>(number);
  } else {
    whole = single_element<std::int64_t>(*this, at);
  }
  const int bits = static_cast<int>(8 * bytes) - (is_signed ? 1 : 0);
  if ((!is_signed && whole < 0) || (bits < 63 && (whole >> bits) != (whole < 0 ? -1 : 0)))
    refuse(std::to_string(whole));
  return whole;
}

bool Tensor::item_bool(SourceLocation at) const {
  checked(impl_, at, "item");
  return is_integer(dtype()) ? single_element<std::int64_t>(*this, at) != 0 : single_element<double>(*this, at) != 0;
}

const void* Tensor::raw_data(DType dtype, SourceLocation at) const {
  require_dtype(checked(impl_, at, "data_ptr"), "data_ptr", dtype, at);
  const auto now = value(*this, at);
  // Storage and calls keep their buffers. What a view gave out stays with it, as long as its value does.
  return impl_->view ? impl_->keep_handed_out(now)->data() : now->data();
}

std::shared_ptr<const void> Tensor::held_data(DType dtype, SourceLocation at) const {
  require_dtype(checked(impl_, at, "to_vector"), "to_vector", dtype, at);
  const auto now = value(*this, at);
  return {now, now->data()};
}

void* Tensor::raw_mutable_data(DType dtype, SourceLocation at) const {
  require_dtype(checked(impl_, at, "mutable_data_ptr"), "mutable_data_ptr", dtype, at);
  value(*this, at);
  Variable& storage = own_storage(*impl_, at);
  storage.expose();
  return detail::placed(at, [&] { return storage.write(); });
}

bool Tensor::requires_grad(SourceLocation at) const {
  TensorImpl& impl = checked(impl_, at);
  guard_flag(impl);
  return impl.requires_grad();
}
bool Tensor::is_leaf(SourceLocation at) const {
  TensorImpl& impl = checked(impl_, at);
  guard_flag(impl);
  return impl.is_leaf();
}
bool Tensor::retains_grad(SourceLocation at) const { return checked(impl_, at).retains_grad; }

GradFn Tensor::grad_fn(SourceLocation at) const {
  TensorImpl& impl = checked(impl_, at);
  if (impl.is_leaf()) return {};
  const CapturedValue version = current_version(impl_, at);
  // PyTorch makes the history of a view anew when its base was written since.
  const CapturedValue base = impl.view ? impl.view->base->call_if_any() : CapturedValue{};
  if (base && base.call->order != impl.view->base_order) return {"AsStridedBackward0", version.call.get()};
  return {impl.grad_name ? impl.grad_name : version.call->op->grad_name, version.call.get()};
}

Tensor Tensor::grad(SourceLocation at) const { return TensorAccess::wrap(grad_of(checked(impl_, at))); }

void Tensor::set_grad(const Tensor& grad, SourceLocation at) const {
  TensorImpl& impl = checked(impl_, at);
  if (grad.defined() && grad.impl_->type != impl.type)
    throw Error(kind_of_difference(grad.impl_->type, impl.type),
                "[set_grad] " + impl.type.str() + ", gradient: " + grad.impl_->type.str() + ": types differ", at);
  if (grad.defined() && grad.impl_ == impl_)
    throw Error(ErrorKind::state, "[set_grad] " + impl.type.str() + ": a tensor cannot be its own gradient", at);
  // A value that is still to be computed would hold what it is computed from: this tensor, as often as not.
  if (grad.defined() && !Trace::current() && !grad.impl_->view && !grad.impl_->requires_grad())
    detail::placed(at, [&] { grad.impl_->storage(); });
  set_grad_of(impl, grad.impl_);
}

std::ostream& operator<<(std::ostream& out, const GradFn& fn) {
  if (!fn) return out << "None";
  return out << '<' << fn.name_ << " object at " << fn.identity_ << '>';
}

std::string to_string(const Tensor& tensor, SourceLocation at) {
  if (!tensor.defined()) return "None";
  const auto buffer = value(tensor, at);
  std::string suffix;
  if (const GradFn fn = tensor.grad_fn(at))
    suffix = ", grad_fn=<" + std::string(fn.name()) + ">";
  else if (tensor.requires_grad(at))
    suffix = ", requires_grad=True";
  return format_tensor(TensorAccess::impl(tensor)->type, buffer->data(), suffix, print_options());
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << to_string(tensor, SourceLocation{}); }

}  // namespace weft
