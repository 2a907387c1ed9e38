#include "graph/capture/captured_call.h"

#include <algorithm>
#include <iterator>
#include <mutex>

namespace weft {
namespace {

thread_local std::uint64_t t_order = 0;
thread_local std::vector<std::shared_ptr<void>>* t_disposing = nullptr;

std::uint64_t next_order(const std::vector<CapturedValue>& operands) {
  for (const CapturedValue& operand : operands) t_order = std::max(t_order, operand.call->order);
  return ++t_order;
}

void dispose_operands(std::vector<CapturedValue> operands) {
  std::vector<std::shared_ptr<void>> handles;
  handles.reserve(operands.size());
  for (CapturedValue& operand : operands) handles.push_back(std::move(operand.call));
  dispose(std::move(handles));
}

}  // namespace

void dispose(std::vector<std::shared_ptr<void>> handles) {
  if (t_disposing) {
    std::move(handles.begin(), handles.end(), std::back_inserter(*t_disposing));
    return;
  }
  t_disposing = &handles;
  while (!handles.empty()) {
    std::shared_ptr<void> handle = std::move(handles.back());
    handles.pop_back();
    handle.reset();  // what this ends adds its own handles
  }
  t_disposing = nullptr;
}

CapturedCall::CapturedCall(const OpDef& o, std::vector<CapturedValue> operands, Attrs a, Types types, SourceLocation at,
                           bool needs_grad)
    : op(&o),
      attrs(std::move(a)),
      outputs(std::move(types)),
      where(at),
      order(next_order(operands)),
      requires_grad(needs_grad),
      num_operands_(operands.size()),
      operands_(std::move(operands)) {}

CapturedCall::~CapturedCall() {
  if (!operands_.empty()) dispose_operands(std::move(operands_));
  if (keeps_leaf) dispose({std::move(keeps_leaf)});
}

void CapturedCall::publish(std::vector<std::shared_ptr<const Buffer>> values) {
  {
    const std::lock_guard guard(lock_);
    if (known()) return;
    values_ = std::move(values);
    known_.store(true, std::memory_order_release);
  }
  release_operands_if_done();
}

void CapturedCall::forget_value() {
  const std::lock_guard guard(lock_);
  values_.clear();
  known_.store(false, std::memory_order_relaxed);
}

void CapturedCall::use_up() {
  used_up_.store(true, std::memory_order_release);
  release_operands_if_done();
}

void CapturedCall::release_operands_if_done() {
  if (!known() || (requires_grad && !is_leaf && !used_up())) return;
  std::vector<CapturedValue> operands;
  {
    const std::lock_guard guard(lock_);
    operands.swap(operands_);
  }
  if (!operands.empty()) dispose_operands(std::move(operands));
}

std::shared_ptr<CapturedCall> known_call(TensorType type, std::shared_ptr<const Buffer> value, SourceLocation at) {
  auto call = std::make_shared<CapturedCall>(kInput, std::vector<CapturedValue>{}, Attrs{}, Types{std::move(type)}, at,
                                             /*needs_grad=*/false);
  call->publish({std::move(value)});
  return call;
}

}  // namespace weft
