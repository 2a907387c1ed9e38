#include "graph/capture/custom_call.h"

#include <utility>

#include "graph/capture/versions.h"
#include "graph/known_ops.h"

namespace weft {
std::vector<Tensor> record_custom_call(std::vector<CapturedValue> operands, std::size_t results,
                                       std::shared_ptr<const CustomGradient> rule, SourceLocation at) {
  CaptureBuilder builder(at);
  std::vector<Value> values;
  for (CapturedValue& operand : operands) {
    Value value = builder.value(std::move(operand));
    if (values.size() < results && builder.captured(value).call->requires_grad) value = record_detach(value);
    values.push_back(value);
  }
  const Value first =
      builder.record(known_ops::custom_call(), values, Attrs{{"results", static_cast<std::int64_t>(results)}});
  const auto& call = builder.call(first.id().node);
  call->code = std::make_shared<GradientCode>();
  call->code->rule = std::move(rule);
  std::vector<Tensor> tensors;
  for (std::uint32_t k = 0; k < results; ++k) tensors.push_back(make_captured({call, k}));
  return tensors;
}

}  // namespace weft
