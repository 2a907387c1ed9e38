#include "graph/capture/trace.h"

#include <algorithm>
#include <atomic>

#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/grad_field.h"

namespace weft {
namespace {

thread_local Trace* t_trace = nullptr;
std::atomic<std::uint64_t> g_traces{0};

}  // namespace

Trace::Trace(bool reads_calls_around)
    : id_(g_traces.fetch_add(1, std::memory_order_relaxed) + 1),
      before_(t_trace),
      reads_calls_around_(reads_calls_around) {
  t_trace = this;
}

Trace::~Trace() { t_trace = before_; }

Trace* Trace::current() { return t_trace; }

bool Trace::reads_calls_of(std::uint64_t trace) const {
  for (const Trace* t = this; t && t->reads_calls_around_; t = t->before_)
    if (trace == (t->before_ ? t->before_->id() : 0)) return true;
  return false;
}

TraceSuspended::TraceSuspended() : before_(t_trace) { t_trace = nullptr; }
TraceSuspended::~TraceSuspended() { t_trace = before_; }

void Trace::add_argument(std::size_t index, const std::shared_ptr<TensorImpl>& shadow,
                         const std::shared_ptr<TensorImpl>& tensor) {
  arguments_.try_emplace(tensor.get(), index);
  if (shadow != tensor) shadows_.emplace(shadow.get(), tensor);
}

const std::shared_ptr<TensorImpl>& Trace::without_shadow(const std::shared_ptr<TensorImpl>& tensor) const {
  const auto at = shadows_.find(tensor.get());
  return at == shadows_.end() ? tensor : at->second;
}

std::optional<std::size_t> Trace::argument(const TensorImpl& tensor) const {
  const auto at = arguments_.find(&tensor);
  return at == arguments_.end() ? std::nullopt : std::optional(at->second);
}

const std::shared_ptr<TensorImpl>& Trace::reached(const std::shared_ptr<TensorImpl>& tensor) {
  const auto& itself = without_shadow(tensor);
  if (const auto index = argument(*tensor);
      index && itself == tensor && !shadows_.empty() &&
      std::find(captured_arguments_.begin(), captured_arguments_.end(), *index) == captured_arguments_.end())
    captured_arguments_.push_back(*index);
  if (itself == tensor && grad_owner_.contains(tensor.get()))
    for (auto& field : grad_fields_) field->is_known = field->is_known || field->before == tensor;
  return itself;
}

Trace::Path Trace::path_to(const std::shared_ptr<TensorImpl>& tensor) const {
  if (tensor->born_in == id_) return {{Origin::Kind::constant, 0, 0}, tensor};
  if (const auto index = argument(*tensor)) return {{Origin::Kind::argument, *index, 0}, nullptr};
  const auto field = grad_owner_.find(tensor.get());
  if (field == grad_owner_.end()) return {{Origin::Kind::captured, 0, 0}, tensor};
  const auto& [owner, grads] = field->second;
  if (const auto index = argument(*owner)) return {{Origin::Kind::argument, *index, grads}, nullptr};
  return {{Origin::Kind::captured, 0, grads}, owner};
}

std::size_t Trace::enter(const std::shared_ptr<TensorImpl>& tensor) {
  const auto [at, fresh] = index_.try_emplace(tensor.get(), outside_.size());
  if (!fresh) return at->second;
  Outside outside{tensor, {}, {}};
  {
    const TraceSuspended suspended;
    tensor->storage();
  }
  auto input = std::make_shared<CapturedCall>(kInput, std::vector<CapturedValue>{}, Attrs{}, Types{tensor->type},
                                              SourceLocation{}, tensor->leaf_requires_grad);
  input->trace = id_;
  input->is_leaf = tensor->leaf_requires_grad;
  if (input->is_leaf) input->leaf = tensor;
  outside.input = outside.now = {std::move(input), 0};
  outside_.push_back(std::move(outside));
  return outside_.size() - 1;
}

CapturedValue Trace::read(const std::shared_ptr<TensorImpl>& tensor) { return outside_[meet(tensor)].now; }

void Trace::write(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value) {
  Outside& outside = outside_[meet(tensor)];
  outside.now = std::move(value);
  outside.written = true;
}

Trace::GradField& Trace::grad_field(const std::shared_ptr<TensorImpl>& handle) {
  const std::shared_ptr<TensorImpl>& owner = without_shadow(handle);
  const auto [at, fresh] = grad_field_index_.try_emplace(owner.get(), grad_fields_.size());
  if (fresh) {
    grad_fields_.push_back(std::make_unique<GradField>(GradField{owner, owner->grad(), {}, {}}));
    hand_out_grad(*grad_fields_.back());
  }
  return *grad_fields_[at->second];
}

// The function gets a shadow of the .grad, so that a handle of its own for the same tensor is told from it.
void Trace::hand_out_grad(GradField& field) {
  field.now = field.before;
  if (!field.before) return;
  const auto above = grad_owner_.find(field.owner.get());
  const auto root =
      above == grad_owner_.end() ? std::pair{field.owner, 1} : std::pair{above->second.first, above->second.second + 1};
  const bool is_argument = arguments_.contains(field.before.get());
  field.is_known = is_argument || index_.contains(field.before.get());
  if (!is_argument && !grad_owner_.try_emplace(field.before.get(), root).second) field.is_known = true;
  if (field.before->view) field.is_known = true;  // the program reaches its base
  if (field.before->view || field.before->requires_grad()) return;
  field.shadow = std::make_shared<TensorImpl>(field.before->type);
  field.shadow->leaf_requires_grad = field.before->leaf_requires_grad;
  {
    const TraceSuspended suspended;
    field.shadow->set_storage(field.before->storage());
  }
  shadows_.emplace(field.shadow.get(), field.before);
  field.now = field.shadow;
}

// Runs that set the .grad of one tensor take turns at the tensor.
void Trace::set_grad(const std::shared_ptr<TensorImpl>& handle, std::shared_ptr<TensorImpl> grad) {
  GradField& field = grad_field(handle);
  field.written = true;
  field.now = std::move(grad);
  if (!field.owner->view) outside_[enter(field.owner)].sets_grad = true;
}

void Trace::note_gradients(const std::vector<CapturedValue>& roots,
                           const std::vector<std::shared_ptr<TensorImpl>>& leaves) {
  differentiated_.insert(differentiated_.end(), roots.begin(), roots.end());
  for (const auto& leaf : leaves) with_gradient_.insert(without_shadow(leaf).get());
}

void Trace::become_leaf(const std::shared_ptr<TensorImpl>& tensor, CapturedValue value) {
  Outside& outside = outside_[meet(tensor)];
  outside.now = std::move(value);
  outside.becomes_leaf = true;
}

// ---- .grad

std::shared_ptr<TensorImpl> grad_of(TensorImpl& owner) {
  Trace* const trace = Trace::current();
  if (!trace || owner.born_in == trace->id()) return owner.grad();
  Trace::GradField& field = trace->grad_field(owner.shared_from_this());
  field.read = field.read || !field.written;
  return field.now;
}

void set_grad_of(TensorImpl& owner, std::shared_ptr<TensorImpl> grad) {
  Trace* const trace = Trace::current();
  if (!trace || owner.born_in == trace->id()) {
    owner.set_grad(std::move(grad));
    return;
  }
  trace->set_grad(owner.shared_from_this(), std::move(grad));
}

}  // namespace weft
