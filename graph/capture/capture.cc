#include "graph/capture/capture.h"

#include <optional>

#include "graph/capture/evaluate.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "graph/element_type.h"
#include "graph/known_ops.h"
#include "weft/autograd.h"

namespace weft {
namespace {

thread_local bool t_grad_enabled = true;

// bool < integer < floating; within a category the one of more bytes.
DType wider(DType a, DType b) {
  if (category(a) != category(b)) return category(a) > category(b) ? a : b;
  return size_of(a) > size_of(b) ? a : b;
}

// PyTorch's rule over tensors: those with dims decide, unless a scalar is of a higher category.
class Promotion {
 public:
  void add(const TensorType& type) {
    std::optional<DType>& group = type.shape.rank() > 0 ? dims_ : scalars_;
    group = group ? wider(*group, type.dtype) : type.dtype;
  }
  std::optional<DType> result() const {
    if (!dims_) return scalars_;
    if (scalars_ && category(*scalars_) > category(*dims_)) return scalars_;
    return dims_;
  }

 private:
  std::optional<DType> dims_, scalars_;
};

// The dtype that a number takes beside tensors of this one.
DType number_dtype(const Operand& number, std::optional<DType> beside) {
  if (!beside || category(number.number_dtype()) > category(*beside)) return number.number_dtype();
  return *beside;
}

Value record_number(Builder& builder, DType dtype, const Operand& number) {
  const bool whole = is_integer(dtype) && number.number_dtype() == DType::i64;
  return builder.record(known_ops::full(), {},
                        whole ? known_ops::full_attrs({dtype, {}}, wrapped(number.whole(), dtype))
                              : known_ops::full_attrs({dtype, {}}, number.number()));
}

}  // namespace

bool grad_enabled() { return t_grad_enabled; }
void set_grad_enabled(bool enabled) { t_grad_enabled = enabled; }

DType promote(std::span<const Value> values) {
  Promotion promotion;
  for (const Value& v : values) promotion.add(v.type());
  return promotion.result().value_or(DType::f32);
}

// ---- CaptureBuilder

CaptureBuilder::CaptureBuilder(SourceLocation at) : trace_(Trace::current() ? Trace::current()->id() : 0) {
  where = at;
  grad_enabled = weft::grad_enabled();
}

Value CaptureBuilder::value(CapturedValue value) {
  calls_.push_back(std::move(value.call));
  first_operand_.push_back({kNotRecorded, 0});
  return {this, {static_cast<NodeId>(calls_.size() - 1), value.output}};
}

Value CaptureBuilder::record(const OpDef& op, std::span<const Value> operands, Attrs attrs) {
  std::vector<CapturedValue> reads;
  std::vector<const TensorType*> types;
  reads.reserve(operands.size());
  types.reserve(operands.size());
  bool needs_grad = false;
  for (const Value& operand : operands) {
    reads.push_back(captured(operand));
    types.push_back(&operand.type());
    // Indices that come beside values have no gradient.
    needs_grad = needs_grad || (reads.back().call->requires_grad && is_floating(operand.dtype()));
  }
  Types outputs = infer_types({op, types, attrs, where});
  needs_grad = needs_grad && grad_enabled && is_floating(outputs[0].dtype);
  auto call =
      std::make_shared<CapturedCall>(op, std::move(reads), std::move(attrs), std::move(outputs), where, needs_grad);
  call->trace = trace_;
  calls_.push_back(std::move(call));
  first_operand_.push_back(operands.empty() ? ValueId{kNotRecorded, 0} : operands[0].id());
  return {this, {static_cast<NodeId>(calls_.size() - 1), 0}};
}

// ---- CaptureScope

CaptureScope::CaptureScope(SourceLocation at, const char* name) : builder_(at), name_(name) {}

CaptureScope::CaptureScope(std::span<const Operand* const> operands, const char* name)
    : builder_(operands[0]->at()), name_(name) {
  Promotion promotion;
  for (const Operand* o : operands) {
    if (o->is_number()) continue;
    if (!o->tensor().defined()) refuse_undefined(o->at());
    promotion.add(TensorAccess::impl(o->tensor())->type);
  }
  values_.reserve(operands.size());
  for (const Operand* o : operands) {
    values_.push_back(o->is_number() ? record_number(builder_, number_dtype(*o, promotion.result()), *o)
                                     : value_of(o->tensor()));
  }
}

CaptureScope::CaptureScope(const std::vector<Tensor>& tensors, SourceLocation at, const char* name)
    : builder_(at), name_(name) {
  values_.reserve(tensors.size());
  for (const Tensor& tensor : tensors) values_.push_back(value_of(tensor));
}

void CaptureScope::refuse_undefined(SourceLocation at) const {
  throw Error(ErrorKind::state, std::string("[") + name_ + "] undefined tensor", at);
}

Value CaptureScope::value_of(const Tensor& tensor) {
  if (!tensor.defined()) refuse_undefined(builder_.where);
  return builder_.value(current_version(TensorAccess::impl(tensor), builder_.where));
}

Tensor CaptureScope::tensor(const Value& value, const char* grad_name) {
  return make_captured(builder_.captured(value), grad_name);
}

Tensor CaptureScope::view(const Tensor& of, const Value& from, const Value& value, const char* grad_name) {
  std::vector<ViewStep> steps;
  for (ValueId at = value.id(); at != from.id(); at = builder_.operand(at.node)) {
    const CapturedCall& call = *builder_.call(at.node);
    if (!builder_.recorded(at.node) || call.num_operands() != 1 || !call.op->view) return tensor(value, grad_name);
    steps.insert(steps.begin(), {call.op, call.attrs, builder_.type(builder_.operand(at.node)), call.outputs[0]});
  }
  const auto& impl = TensorAccess::impl(of);
  std::optional<Dims> strides = strides_of(*impl);
  for (const ViewStep& step : steps) {
    strides = step.op->view->strides(step.from, step.to, step.attrs, *strides);
    if (!strides) return tensor(value, grad_name);  // the elements do not lie so that the result could share them
  }
  return make_view(impl, std::move(steps), std::move(*strides), builder_.grad_enabled, builder_.captured(value),
                   grad_name);
}

Tensor CaptureScope::made(const Value& value) {
  Tensor result = tensor(value);
  if (!Trace::current()) detail::placed(builder_.where, [&] { return TensorAccess::impl(result)->storage(); });
  return result;
}

// ---- assign

void assign(std::vector<std::pair<Tensor, Tensor>> updates, SourceLocation at) {
  std::vector<VariableWrite> writes;
  Trace* const trace = Trace::current();
  for (auto& [target, source] : updates) {
    if (!target.defined() || !source.defined()) throw Error(ErrorKind::state, "[assign] undefined tensor", at);
    const auto& to = TensorAccess::impl(target);
    const auto& from = TensorAccess::impl(source);
    if (to->type != from->type)
      throw Error(kind_of_difference(to->type, from->type),
                  "[assign] a: " + to->type.str() + ", b: " + from->type.str() + ": types differ", at);
    if (!to->is_leaf()) throw Error(ErrorKind::state, "[assign] only a leaf can be written", at);
    CapturedValue value = current_version(from, at);
    if (trace || to->view)
      write_version(to, std::move(value), "assign", at);
    else
      writes.push_back({to->storage(), std::move(value)});
  }
  updates.clear();  // what they hold of the old values would make the run copy them before it writes
  if (!writes.empty()) detail::placed(at, [&] { run_writes(std::move(writes)); });
}

}  // namespace weft
