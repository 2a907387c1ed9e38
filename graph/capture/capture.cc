#include "graph/capture/capture.h"

#include <algorithm>
#include <array>

#include "graph/capture/captured_graph.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/trace.h"
#include "graph/known_ops.h"
#include "weft/autograd.h"

namespace weft {
namespace {

thread_local bool t_grad_enabled = true;

// bool < integer < floating.
int category(DType dtype) { return dtype == DType::boolean ? 0 : dtype == DType::i64 ? 1 : 2; }

DType wider(DType a, DType b) {
  if (category(a) != category(b)) return category(a) > category(b) ? a : b;
  return a == DType::f64 ? a : b;
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

Value record_number(Builder& builder, DType dtype, double value) {
  return builder.record(known_ops::full(), {}, known_ops::full_attrs({dtype, {}}, value));
}

}  // namespace

bool grad_enabled() { return t_grad_enabled; }
void set_grad_enabled(bool enabled) { t_grad_enabled = enabled; }

DType promote(std::span<const Value> values) {
  Promotion promotion;
  for (const Value& v : values) promotion.add(v.type());
  return promotion.result().value_or(DType::f32);
}

// All scopes hold the lock for their whole life: the graph does not move under a Builder.
CaptureScope::CaptureScope(SourceLocation at)
    : lock_(capture_lock()),
      graph_(Trace::current() ? Trace::current()->graph() : std::make_shared<CapturedGraph>()),
      builder_(graph_->graph()) {
  builder_.where = at;
  builder_.grad_enabled = grad_enabled();
}

CaptureScope::CaptureScope(std::span<const Operand* const> operands)
    : lock_(capture_lock()), graph_(graph_of(operands)), builder_(graph_->graph()) {
  builder_.where = operands[0]->at();
  builder_.grad_enabled = grad_enabled();
  Promotion promotion;
  for (const Operand* o : operands)
    if (!o->is_number()) promotion.add(o->tensor().impl()->type);
  values_.reserve(operands.size());
  for (const Operand* o : operands) {
    values_.push_back(o->is_number() ? record_number(builder_, number_dtype(*o, promotion.result()), o->number())
                                     : value_of(o->tensor()));
  }
}

CaptureScope::CaptureScope(const std::vector<Tensor>& tensors, SourceLocation at)
    : lock_(capture_lock()), graph_(graph_of(tensors, at)), builder_(graph_->graph()) {
  builder_.where = at;
  builder_.grad_enabled = grad_enabled();
  values_.reserve(tensors.size());
  for (const Tensor& tensor : tensors) values_.push_back(value_of(tensor));
}

CaptureScope::~CaptureScope() = default;

std::shared_ptr<CapturedGraph> CaptureScope::graph_of(std::span<const Operand* const> operands) {
  constexpr std::size_t kFew = 8;
  std::array<const Tensor*, kFew> few;
  std::vector<const Tensor*> many(operands.size() > kFew ? operands.size() : 0);
  const std::span<const Tensor*> tensors = many.empty() ? std::span(few.data(), operands.size()) : std::span(many);
  std::size_t n = 0;
  for (const Operand* o : operands)
    if (!o->is_number()) tensors[n++] = &o->tensor();
  return CapturedGraph::of(tensors.first(n), operands[0]->at());
}

std::shared_ptr<CapturedGraph> CaptureScope::graph_of(const std::vector<Tensor>& tensors, SourceLocation at) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& tensor : tensors) pointers.push_back(&tensor);
  return CapturedGraph::of(pointers, at);
}

Value CaptureScope::value_of(const Tensor& tensor) {
  return builder_.value(graph_->value_of(tensor.impl(), builder_.where));
}

Tensor CaptureScope::tensor(const Value& value, const char* grad_name) {
  return make_captured(graph_, value.id(), grad_name);
}

Tensor CaptureScope::made(const Value& value) {
  Tensor result = tensor(value);
  if (!graph_->trace()) evaluate(*graph_, {result.impl()});
  return result;
}

}  // namespace weft
