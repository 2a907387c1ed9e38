#include "graph/capture/evaluate.h"

#include <algorithm>
#include <unordered_map>

#include "graph/capture/capture.h"
#include "graph/capture/trace.h"

namespace weft {
namespace {

EvaluateFn g_evaluate = nullptr;

// All results of entry i, as what a request wants.
void want_all(EagerRequest& request, std::uint32_t i, std::vector<std::uint32_t>& entries) {
  for (std::uint32_t k = 0; k < request.calls.entries()[i].call->outputs.size(); ++k) request.wanted.push_back({i, k});
  entries.push_back(i);
}

}  // namespace

void set_evaluator(EvaluateFn evaluate) { g_evaluate = evaluate; }

EagerResults run_request(EagerRequest request) {
  if (!g_evaluate) throw Error(ErrorKind::state, "[evaluate] the run time is not linked in");
  return g_evaluate(std::move(request));
}

std::vector<std::uint32_t> want_held(EagerRequest& request) {
  std::vector<std::uint32_t> entries;
  // Values at which gradients end are kept, so that what lies behind them need not be.
  std::vector<char> cut(request.calls.entries().size(), 0);
  for (const Extraction::Entry& entry : request.calls.entries()) {
    if (!entry.call->requires_grad || entry.known) continue;
    for (const ValueId& v : request.calls.operands(entry)) {
      const Extraction::Entry& operand = request.calls.entries()[v.node];
      if (operand.known || operand.call->requires_grad) continue;
      for (const ValueId& w : request.calls.operands(operand))
        if (request.calls.entries()[w.node].call->requires_grad) cut[v.node] = 1;
    }
  }
  for (std::uint32_t i = 0; i < request.calls.entries().size(); ++i) {
    const Extraction::Entry& entry = request.calls.entries()[i];
    if (!entry.known && (cut[i] || entry.call->handles.load(std::memory_order_relaxed) > 0))
      want_all(request, i, entries);
  }
  return entries;
}

void publish_wanted(const std::vector<std::shared_ptr<CapturedCall>>& calls,
                    const std::vector<std::shared_ptr<const Buffer>>& buffers) {
  std::size_t next = 0;
  for (const auto& call : calls) {
    const auto first = buffers.begin() + static_cast<std::ptrdiff_t>(next);
    next += call->outputs.size();
    call->publish({first, first + static_cast<std::ptrdiff_t>(call->outputs.size())});
  }
}

void compute(std::span<const CapturedValue> values, SourceLocation at) {
  EagerRequest request{Extraction(values, {}, at)};
  std::vector<std::uint32_t> entries = want_held(request);
  for (const CapturedValue& value : values) {
    const std::uint32_t target = request.calls.id(value).node;
    if (!request.calls.entries()[target].known && std::find(entries.begin(), entries.end(), target) == entries.end())
      want_all(request, target, entries);
  }
  std::vector<std::shared_ptr<CapturedCall>> calls;
  for (const std::uint32_t i : entries) calls.push_back(request.calls.entries()[i].call);
  if (!calls.empty()) publish_wanted(calls, run_request(std::move(request)).buffers);
}

std::shared_ptr<const Buffer> value_of(const CapturedValue& value) {
  if (!value.call->known()) compute({&value, 1}, value.call->where);
  return value.call->value(value.output);
}

std::shared_ptr<const Buffer> value(const Tensor& tensor, SourceLocation at) {
  if (!tensor.defined()) throw Error(ErrorKind::state, "[tensor] undefined tensor", at);
  const auto& impl = TensorAccess::impl(tensor);
  if (Trace::current())
    throw Error(ErrorKind::state,
                "[compile] " + impl->type.str() + ": the value of a tensor is not known while its function is traced",
                at, "return it from the function, or compute it outside");
  if (!impl->view)
    if (const auto variable = impl->storage_if_any()) return variable->read();
  return detail::placed(at, [&] { return value_of(current_version(impl, at)); });
}

// ---- Writes

namespace {

// The call that holds the variable's value now, if nobody but this request holds it: then its buffer can be let go and
// be written in place. Counts the handles that the entries of the request have of each other.
std::vector<char> held_by_nobody_else(const Extraction& calls) {
  const auto& entries = calls.entries();
  std::vector<long> inside(entries.size(), 1);
  std::vector<char> free(entries.size(), 0);
  for (std::size_t i = entries.size(); i-- > 0;) {
    free[i] = entries[i].call.use_count() == inside[i];
    if (!free[i]) continue;
    for (const ValueId& v : calls.operands(entries[i])) ++inside[v.node];
  }
  return free;
}

}  // namespace

void let_go_of_old_values(EagerRequest& request) {
  const std::vector<char> free = held_by_nobody_else(request.calls);
  for (const EagerRequest::Write& write : request.writes)
    if (write.version && free[*write.version]) request.calls.entries()[*write.version].call->forget_value();
}

void find_versions(EagerRequest& request) {
  std::unordered_map<const Buffer*, std::uint32_t> known;
  for (std::uint32_t i = 0; i < request.calls.entries().size(); ++i) {
    const Extraction::Entry& entry = request.calls.entries()[i];
    if (entry.known && !entry.crossed && entry.call->op == &kInput) known.emplace(entry.call->value(0).get(), i);
  }
  std::vector<char> taken(request.calls.entries().size(), 0);
  for (EagerRequest::Write& write : request.writes) {
    const auto at = known.find(write.variable->read().get());
    if (at == known.end() || taken[at->second]) continue;
    taken[at->second] = 1;
    write.version = at->second;
  }
}

void run_writes(std::vector<VariableWrite> writes) {
  std::vector<CapturedValue> values;
  for (VariableWrite& write : writes) values.push_back(std::move(write.value));
  EagerRequest request{Extraction(values, {}, {})};
  for (std::size_t j = 0; j < writes.size(); ++j) {
    const ValueId v = request.calls.id(values[j]);
    // The value that it has already.
    if (values[j].call->known() && values[j].call->value(values[j].output) == writes[j].variable->read()) continue;
    request.writes.push_back({std::move(writes[j].variable), v, {}});
  }
  if (request.writes.empty()) return;
  values.clear();
  std::vector<std::shared_ptr<CapturedCall>> calls;
  for (const std::uint32_t i : want_held(request)) calls.push_back(request.calls.entries()[i].call);
  find_versions(request);
  publish_wanted(calls, run_request(std::move(request)).buffers);
}

}  // namespace weft
