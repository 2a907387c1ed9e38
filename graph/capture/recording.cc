#include "graph/capture/recording.h"

#include <iterator>

#include "graph/capture/trace.h"
#include "weft/autograd.h"

namespace weft {
namespace {

void refuse_effects(const std::string& name, const Trace& trace, SourceLocation at) {
  const auto refuse = [&](const std::string& text) { throw Error(ErrorKind::state, name + " " + text, at); };
  if (trace.draws() > 0) refuse("draws random numbers: draw them outside, and hand them over");
  for (const auto& field : trace.grad_fields())
    refuse("uses the .grad of " + field->owner->type.str() + ", a tensor from outside: use weft::grad()");
  for (const Trace::Outside& outside : trace.outside()) {
    if (outside.tensor->born_in == trace.id()) continue;
    const std::string type = outside.tensor->type.str();
    if (outside.written || outside.becomes_leaf) refuse("changes " + type + ", a tensor from outside");
  }
}

}  // namespace

Extraction Recording::calls(SourceLocation at) const {
  std::vector<CapturedValue> values;
  for (const CapturedValue& result : results)
    if (result) values.push_back(result);
  return Extraction(values, {}, at);
}

Recording record_function(const std::string& name, const std::vector<TensorType>& arguments,
                          const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f, SourceLocation at) {
  Recording recording;
  Trace* const around = Trace::current();
  const GradModeGuard grad_mode(true);
  Trace trace(/*reads_calls_around=*/true);
  recording.trace = trace.id();
  std::vector<Tensor> tensors;
  for (const TensorType& type : arguments) {
    auto call = std::make_shared<CapturedCall>(kInput, std::vector<CapturedValue>{}, Attrs{}, Types{type}, at,
                                               is_floating(type.dtype));
    call->trace = trace.id();
    recording.arguments.push_back({std::move(call), 0});
    tensors.push_back(make_captured(recording.arguments.back()));
  }
  const std::vector<Tensor> results = f(tensors);
  refuse_effects(name, trace, at);
  for (const Tensor& result : results)
    recording.results.push_back(result.defined() ? current_version(TensorAccess::impl(result), at) : CapturedValue{});
  for (const Trace::Outside& outside : trace.outside()) {
    // Constants that f made belong to whoever goes on with the recording.
    if (outside.tensor->born_in == trace.id()) outside.tensor->born_in = around ? around->id() : 0;
    recording.outside.emplace_back(outside.tensor, outside.input);
  }
  if (around)
    for (const auto& guard : trace.guards()) around->guard(guard);
  return recording;
}

}  // namespace weft
