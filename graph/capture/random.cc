#include "graph/capture/random.h"

#include <array>
#include <cstring>

#include "graph/capture/captured_graph.h"
#include "graph/capture/trace.h"
#include "graph/known_ops.h"
#include "weft/ops.h"

namespace weft {
namespace {

using State = std::array<std::int64_t, 2>;

std::shared_ptr<Buffer> buffer_of(const State& state) {
  auto buffer = std::make_shared<Buffer>(sizeof(State));
  std::memcpy(buffer->data(), state.data(), sizeof(State));
  return buffer;
}

// Never destroyed: tensors may outlive main.
const Tensor& generator() {
  static const auto& tensor = *new Tensor(make_leaf({DType::i64, {2}}, buffer_of({0, 0})));
  return tensor;
}

}  // namespace

void manual_seed(std::uint64_t seed) {
  const auto lock = capture_lock();
  generator().impl()->variable->assign(buffer_of({static_cast<std::int64_t>(seed), 0}));
}

RandomState next_random(CaptureScope& scope) {
  if (Trace* trace = scope.graph()->trace()) return {scope.value_of(generator()), trace->next_draw()};
  Variable& variable = *generator().impl()->variable;
  const auto now = variable.read();
  State state;
  std::memcpy(state.data(), now->data(), sizeof(State));
  const Tensor draw = make_leaf({DType::i64, {2}}, buffer_of(state));
  ++state[1];
  variable.assign(buffer_of(state));
  return {scope.value_of(draw), 0};
}

void finish_random(CapturedGraph& graph) {
  const std::int64_t draws = graph.trace()->draws();
  if (draws == 0) return;
  Builder builder(graph.graph());
  builder.grad_enabled = false;
  const Value state = builder.value(graph.value_of(generator().impl(), {}));
  const Value advance = builder.record(
      known_ops::arange(), {},
      Attrs{{"dtype", DType::i64}, {"start", 0.0}, {"step", static_cast<double>(draws)}, {"length", std::int64_t{2}}});
  graph.assign(generator().impl(), builder.record(known_ops::add(), {state, advance}).id(), {});
}

}  // namespace weft
