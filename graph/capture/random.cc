#include "graph/capture/random.h"

#include <array>
#include <cstring>

#include "graph/capture/trace.h"
#include "graph/known_ops.h"
#include "weft/checkpoint.h"
#include "weft/ops.h"

namespace weft {
namespace {

// The generator's state is the next draw, as i64[2].
std::shared_ptr<Buffer> buffer_of(const Draw& next) {
  const std::array<std::int64_t, 2> state{next.seed, next.number};
  auto buffer = std::make_shared<Buffer>(sizeof state);
  std::memcpy(buffer->data(), state.data(), sizeof state);
  return buffer;
}

// Never destroyed: tensors may outlive main.
const Tensor& generator() {
  static const auto& tensor = *new Tensor(make_leaf({DType::i64, {2}}, buffer_of({0, 0})));
  return tensor;
}

// Threads draw one after the other.
std::unique_lock<std::recursive_mutex> turn() {
  static auto& mutex = *new std::recursive_mutex;
  return std::unique_lock(mutex);
}

Draw read_next() {
  const auto now = TensorAccess::impl(generator())->storage()->read();
  std::array<std::int64_t, 2> state;
  std::memcpy(state.data(), now->data(), sizeof state);
  return {state[0], state[1]};
}

void set_next(Draw next) { TensorAccess::impl(generator())->storage()->assign(buffer_of(next)); }

}  // namespace

void manual_seed(std::uint64_t seed, SourceLocation at) {
  if (Trace::current())
    throw Error(ErrorKind::state, "[manual_seed] the generator cannot be seeded while a function is traced", at,
                "seed it before the call");
  const auto lock = turn();
  set_next({static_cast<std::int64_t>(seed), 0});
}

Tensor get_rng_state(SourceLocation at) {
  if (Trace::current())
    throw Error(ErrorKind::state, "[get_rng_state] the draws of a function that is traced are those of its runs", at);
  const auto lock = turn();
  return make_leaf({DType::i64, {2}}, buffer_of(read_next()));
}

void set_rng_state(const Tensor& state, SourceLocation at) {
  if (Trace::current())
    throw Error(ErrorKind::state, "[set_rng_state] the generator cannot be set while a function is traced", at);
  const TensorType type{DType::i64, {2}};
  if (!state.defined() || TensorAccess::impl(state)->type != type)
    throw Error(ErrorKind::shape, "[set_rng_state] the state must be i64[2]", at);
  const std::vector<std::int64_t> numbers = state.to_vector<std::int64_t>(at);
  if (numbers[1] < 0)
    throw Error(ErrorKind::value, "[set_rng_state] " + std::to_string(numbers[1]) + " draws: negative", at);
  const auto lock = turn();
  set_next({numbers[0], numbers[1]});
}

std::optional<Draw> next_draw() {
  if (Trace::current()) return std::nullopt;
  const auto lock = turn();
  return read_next();
}

DrawScope::DrawScope(Draw next) : lock_(turn()), before_(read_next()) { set_next(next); }
DrawScope::~DrawScope() { set_next(before_); }

RandomState next_random(CaptureScope& scope) {
  if (Trace* trace = Trace::current()) return {scope.value_of(generator()), trace->next_draw()};
  const auto lock = turn();
  Draw next = read_next();
  const Tensor draw = make_leaf({DType::i64, {2}}, buffer_of(next));
  ++next.number;
  set_next(next);
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
