// What the executors cost: steps whose kernels do nothing.
//
// serial/<graph>/<nodes> and parallel/<graph>/<nodes>: one run a time, in an arena of two threads for parallel. The
// counter per_node is the figure to look at.
#include <benchmark/benchmark.h>
#include <oneapi/tbb/task_arena.h>

#include <memory>
#include <vector>

#include "graph/builder.h"
#include "runtime/running/run.h"

namespace weft {
namespace {

Types infer_scalar(const OpCall&) { return {{DType::f32, {}}}; }
Kernel compile_nothing(const OpCall&) {
  return {.run = [](const KernelArgs&) {}};
}
constexpr OpDef kNothing{.name = "bench_nothing", .max_inputs = -1, .infer = infer_scalar, .compile = compile_nothing};

Value nothing(Builder& builder, std::vector<Value> operands) { return builder.record(kNothing, operands); }

// Each node reads the one before.
void chain(Builder& builder, std::size_t nodes, Value x) {
  for (std::size_t i = 0; i < nodes; ++i) x = nothing(builder, {x});
  builder.graph().outputs().push_back(x.id());
}

// Nodes that depend on one, and one that depends on all.
void wide(Builder& builder, std::size_t nodes, Value x) {
  const Value source = nothing(builder, {x});
  std::vector<Value> middle;
  for (std::size_t i = 0; i + 2 < nodes; ++i) middle.push_back(nothing(builder, {source}));
  builder.graph().outputs().push_back(nothing(builder, middle).id());
}

// Layers of 32; each node reads its own and the next column of the layer before.
void lattice(Builder& builder, std::size_t nodes, Value x) {
  constexpr std::size_t kColumns = 32;
  std::vector<Value> layer(kColumns, x);
  for (std::size_t i = 0; i < nodes / kColumns; ++i) {
    std::vector<Value> next;
    for (std::size_t c = 0; c < kColumns; ++c) next.push_back(nothing(builder, {layer[c], layer[(c + 1) % kColumns]}));
    layer = std::move(next);
  }
  for (const Value& v : layer) builder.graph().outputs().push_back(v.id());
}

struct BoundRun {
  std::unique_ptr<Run> run;
  std::vector<std::unique_ptr<Buffer>> buffers;
};

BoundRun bound_run(void (*build)(Builder&, std::size_t, Value), std::size_t nodes) {
  Program program;
  Builder builder(program.graph);
  build(builder, nodes, builder.value({program.graph.add_input({DType::f32, {}}), 0}));
  const std::shared_ptr<const Plan> plan = make_plan(std::move(program));
  BoundRun bound{.run = std::make_unique<Run>(plan), .buffers = {}};
  const auto buffer = [&] { return bound.buffers.emplace_back(std::make_unique<Buffer>(sizeof(float)))->data(); };
  bound.run->bind_argument(0, buffer());
  for (std::size_t k = 0; k < plan->program.num_results(); ++k) bound.run->bind_result(k, buffer());
  return bound;
}

void measure(benchmark::State& state, void (*build)(Builder&, std::size_t, Value), bool parallel) {
  const BoundRun bound = bound_run(build, static_cast<std::size_t>(state.range(0)));
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);  // tasks however small the graph
  tbb::task_arena arena(parallel ? 2 : 1);
  arena.execute([&] {
    Executor& executor = parallel ? *tasks : serial_executor();
    bound.run->execute(executor);
    for (auto _ : state) bound.run->execute(executor);
  });
  const auto nodes = static_cast<double>(bound.run->plan().steps.size());
  state.SetItemsProcessed(static_cast<std::int64_t>(nodes) * state.iterations());
  state.counters["per_node"] =
      benchmark::Counter(nodes, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t nodes : {100, 1000, 10000, 100000, 1000000}) bench->Arg(nodes);
  bench->UseRealTime()->Unit(benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(measure, serial / chain, chain, false)->Apply(sizes);
BENCHMARK_CAPTURE(measure, serial / wide, wide, false)->Apply(sizes);
BENCHMARK_CAPTURE(measure, serial / lattice, lattice, false)->Apply(sizes);
BENCHMARK_CAPTURE(measure, parallel / chain, chain, true)->Apply(sizes);
BENCHMARK_CAPTURE(measure, parallel / wide, wide, true)->Apply(sizes);
BENCHMARK_CAPTURE(measure, parallel / lattice, lattice, true)->Apply(sizes);

}  // namespace
}  // namespace weft

BENCHMARK_MAIN();
