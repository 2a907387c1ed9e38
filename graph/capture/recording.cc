#include "graph/capture/recording.h"

#include <iterator>

#include "graph/capture/trace.h"
#include "weft/autograd.h"

namespace weft {
namespace {

void refuse_effects(const std::string& name, const Trace& trace, SourceLocation at) {
  const auto refuse = [&](const std::string& text) { throw Error(ErrorKind::state, name + " " + text, at); };
  if (trace.draws() > 0) refuse("draws random numbers: draw them outside, and hand them over");
  for (const Trace::Outside& outside : trace.outside()) {
    if (outside.tensor->born_in == trace.id()) continue;
    const std::string type = outside.tensor->type.str();
    if (outside.sets_grad) refuse("sets the .grad of " + type + ", a tensor from outside: use weft::grad()");
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
  const GradModeGuard grad_mode(true);
  Trace trace;
  std::vector<Tensor> tensors, results;
  for (const TensorType& type : arguments) {
    auto call = std::make_shared<CapturedCall>(kInput, std::vector<CapturedValue>{}, Attrs{}, Types{type}, at,
                                               is_floating(type.dtype));
    call->trace = trace.id();
    recording.arguments.push_back({std::move(call), 0});
    tensors.push_back(make_captured(recording.arguments.back()));
  }
  results = f(tensors);
  refuse_effects(name, trace, at);
  for (const Tensor& result : results)
    recording.results.push_back(result.defined() ? current_version(TensorAccess::impl(result), at) : CapturedValue{});
  for (const Trace::Outside& outside : trace.outside()) recording.outside.emplace_back(outside.tensor, outside.input);
  return recording;
}

}  // namespace weft
