// Any bytes are the text of a graph, which prints as a text of the same graph, or an Error. The operations are a few of
// its own: what the library's make of any attributes is what tests/hostile_calls_test.cc tries.
#include <cstdint>
#include <cstdlib>

#include "graph/op.h"
#include "graph/text/text.h"

namespace weft {
namespace {

Types infer_first(const OpCall& call) { return {call.in(0)}; }
Types infer_twice(const OpCall& call) { return {call.in(0), call.in(0)}; }
Types infer_shaped(const OpCall& call) {
  const AttrValue* const shape = call.attrs.find("shape");
  call.require(shape && std::holds_alternative<Dims>(*shape), "needs a shape");
  return {{DType::f64, Shape(std::get<Dims>(*shape))}};
}

constexpr OpDef kRelu{.name = "relu", .min_inputs = 1, .max_inputs = 1, .infer = infer_first};
constexpr OpDef kMix{.name = "mix", .min_inputs = 1, .max_inputs = -1, .infer = infer_first};
constexpr OpDef kSplit{.name = "split", .min_inputs = 2, .max_inputs = 2, .infer = infer_twice};
constexpr OpDef kFull{.name = "full", .infer = infer_shaped};
WEFT_REGISTER_OP(kRelu);
WEFT_REGISTER_OP(kMix);
WEFT_REGISTER_OP(kSplit);
WEFT_REGISTER_OP(kFull);

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  try {
    const std::string text = print_graph(parse_graph({reinterpret_cast<const char*>(data), size}));
    if (print_graph(parse_graph(text)) != text) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
