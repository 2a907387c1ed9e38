#include "graph/capture/trace.h"

namespace weft {
namespace {

thread_local Trace* t_trace = nullptr;

}  // namespace

Trace::Trace() : graph_(std::make_shared<CapturedGraph>(this)), before_(t_trace) { t_trace = this; }

Trace::~Trace() {
  const auto lock = capture_lock();
  for (const GradField& field : grad_fields_)
    if (const auto owner = field.owner.lock()) owner->grad = field.before;
  // Tensors that outlive the trace have no value: they keep the graph, which is now nobody's trace.
  t_trace = before_;
}

Trace* Trace::current() { return t_trace; }

Tensor Trace::add_argument(const TensorType& type, bool requires_grad) {
  const NodeId node = graph_->graph().add_input(type, false);
  auto impl = std::make_shared<TensorImpl>(type);
  graph_->attach(*impl, {node, 0});
  if (requires_grad) graph_->make_grad_leaf(impl);
  return Tensor(std::move(impl));
}

void Trace::touch_grad(TensorImpl& owner, bool read, bool write) {
  if (owner.graph == graph_) return;  // a tensor of this trace: its grad is nobody else's
  const auto [at, fresh] = grad_field_index_.try_emplace(&owner, grad_fields_.size());
  if (fresh) grad_fields_.push_back({owner.weak_from_this(), owner.grad});
  GradField& field = grad_fields_[at->second];
  field.read = field.read || (read && !field.written);
  field.written = field.written || write;
}

}  // namespace weft
