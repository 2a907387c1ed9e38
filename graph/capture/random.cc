#include "graph/capture/random.h"

#include <array>
#include <cstring>
#include <mutex>

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
  if (Trace::current())
    throw Error("[manual_seed] the generator cannot be seeded while a function is traced", {},
                "seed it before the call");
  TensorAccess::impl(generator())->storage()->assign(buffer_of({static_cast<std::int64_t>(seed), 0}));
}

RandomState next_random(CaptureScope& scope) {
  if (Trace* trace = Trace::current()) return {scope.value_of(generator()), trace->next_draw()};
  static std::mutex turn;
  const std::lock_guard guard(turn);
  const std::shared_ptr<Variable> variable = TensorAccess::impl(generator())->storage();
  const auto now = variable->read();
  State state;
  std::memcpy(state.data(), now->data(), sizeof(State));
  const Tensor draw = make_leaf({DType::i64, {2}}, buffer_of(state));
  ++state[1];
  variable->assign(buffer_of(state));
  return {scope.value_of(draw), 0};
}

void finish_random(Trace& trace) {
  if (trace.draws() == 0) return;
  CaptureScope scope(SourceLocation{});
  scope.builder().grad_enabled = false;
  const Value state = scope.value_of(generator());
  const Value advance = scope.builder().record(known_ops::arange(), {},
                                               Attrs{{"dtype", DType::i64},
                                                     {"start", 0.0},
                                                     {"step", static_cast<double>(trace.draws())},
                                                     {"length", std::int64_t{2}}});
  trace.write(TensorAccess::impl(generator()),
              scope.captured(scope.builder().record(known_ops::add(), {state, advance})));
}

}  // namespace weft
