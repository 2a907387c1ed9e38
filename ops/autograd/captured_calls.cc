// Operations that graph/capture puts into graphs: they give operands on as they are.
#include <cstring>
#include <utility>
#include <vector>

#include "graph/autodiff.h"
#include "graph/passes/rewriter.h"

namespace weft {
namespace {

// custom_call(a, b, ..., x, y, ...): the first `results` operands. What gradients do is up to the captured call.
Types infer_custom(const OpCall& call) {
  const AttrValue* results = call.attrs.find("results");
  call.require(ErrorKind::value, results && std::holds_alternative<std::int64_t>(*results),
               "attribute 'results' is missing or of another type");
  const auto count = std::get<std::int64_t>(*results);
  call.require(ErrorKind::value, count >= 1 && static_cast<std::size_t>(count) <= call.inputs.size(),
               "there are not as many operands as results");
  Types types;
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) types.push_back(call.in(k));
  return types;
}

Kernel compile_custom(const OpCall& call) {
  std::vector<std::size_t> bytes;
  for (const TensorType& type : call.outputs) bytes.push_back(type.bytes());
  return {.run = [bytes = std::move(bytes)](const KernelArgs& args) {
    for (std::size_t k = 0; k < bytes.size(); ++k)
      if (args.out[k] != args.in[k] && bytes[k] > 0) std::memcpy(args.out[k], args.in[k], bytes[k]);
  }};
}

bool in_its_place(const Attrs&, std::size_t operand, std::size_t output) { return operand == output; }

std::optional<ValueId> simplify_custom(Rewriter&, const Call& call) {
  if (call.attrs->get<std::int64_t>("results") != 1) return std::nullopt;
  return call.operands[0];
}

constexpr OpDef kCustomCall{.name = "custom_call",
                            .min_inputs = 1,
                            .max_inputs = -1,
                            .infer = infer_custom,
                            .compile = compile_custom,
                            .grad_name = "CustomFunctionBackward",
                            .in_place = in_its_place,
                            .simplify = simplify_custom};
WEFT_REGISTER_OP(kCustomCall);

// after(x, a, b, ...): x, once a, b and so on are there.
Types infer_after(const OpCall& call) { return {call.in(0)}; }
void grad_after(GradCall& g) { g.set(0, g.dout()); }
Kernel compile_after(const OpCall& call) {
  return {.run = [bytes = call.out().bytes()](const KernelArgs& args) {
    if (args.out[0] != args.in[0] && bytes > 0) std::memcpy(args.out[0], args.in[0], bytes);
  }};
}
bool first_in_place(const Attrs&, std::size_t operand, std::size_t) { return operand == 0; }

constexpr OpDef kAfter{.name = "after",
                       .min_inputs = 1,
                       .max_inputs = -1,
                       .infer = infer_after,
                       .grad = grad_after,
                       .compile = compile_after,
                       .grad_name = "AliasBackward0",
                       .in_place = first_in_place};
WEFT_REGISTER_OP(kAfter);

}  // namespace
}  // namespace weft
