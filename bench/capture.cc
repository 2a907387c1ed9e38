// What it costs to make a program: capture, differentiate, optimise and fuse, plan; per node of the differentiated
// graph, for graphs of growing size. The making of kernels is timed apart, since equal calls share one. compile_layers:
// all of it, with the first step, for a network of so many layers of 256 units that is trained with SGD in batches
// of 64.
//
//   bazel run -c opt //bench:capture
#include <benchmark/benchmark.h>

#include <chrono>

#include "graph/autodiff.h"
#include "graph/capture/extract.h"
#include "graph/capture/tensor_impl.h"
#include "graph/passes/optimize.h"
#include "runtime/planning/plan.h"
#include "weft/weft.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// y <- tanh(y * w + x): a recurrence in which w and x are used by every level.
Tensor recurrence(const Tensor& x, const Tensor& w, std::int64_t levels) {
  Tensor y = x;
  for (std::int64_t i = 0; i < levels; ++i) y = tanh(y * w + x);
  return y.sum();
}

struct Seconds {
  double capture = 0, differentiate = 0, optimise = 0, plan = 0, kernels = 0;
  std::size_t captured = 0, nodes = 0;
};

// The gradients of loss by each leaf that it depends on.
EagerRequest gradients_of(const Tensor& loss) {
  const CapturedValue root = current_version(TensorAccess::impl(loss), {});
  EagerRequest request{Extraction({}, {&root, 1}, {})};
  request.roots.push_back(request.calls.id(root));
  request.seeds.resize(1);
  for (std::uint32_t i = 0; i < request.calls.entries().size(); ++i)
    if (request.calls.entries()[i].call->is_leaf) request.groups.push_back({{i, 0}});
  request.add_to.resize(request.groups.size());
  return request;
}

Seconds make_program(std::int64_t levels) {
  Seconds seconds;
  const Tensor x = ones({16}).requires_grad_(), w = ones({16}).requires_grad_();

  auto start = Clock::now();
  const Tensor loss = recurrence(x, w, levels);
  seconds.capture = seconds_since(start);

  start = Clock::now();
  const EagerRequest request = gradients_of(loss);
  seconds.captured = request.calls.entries().size();
  EagerProgram gradients = build_program(request);
  seconds.differentiate = seconds_since(start);
  seconds.nodes = gradients.graph.size();

  start = Clock::now();
  Program program;
  program.graph = run_passes(gradients.graph).fused;
  seconds.optimise = seconds_since(start);

  start = Clock::now();
  const std::shared_ptr<const Plan> plan = make_plan(std::move(program));
  seconds.kernels = plan->stats.kernel_seconds;
  seconds.plan = seconds_since(start) - seconds.kernels;
  return seconds;
}

void programs(benchmark::State& state) {
  Seconds total;
  for (auto _ : state) {
    const Seconds s = make_program(state.range(0) / 7);  // about seven nodes a level once it is differentiated
    total.capture += s.capture;
    total.differentiate += s.differentiate;
    total.optimise += s.optimise;
    total.plan += s.plan;
    total.kernels += s.kernels;
    total.captured = s.captured;
    total.nodes = s.nodes;
  }
  const double per_node = 1e9 / (static_cast<double>(state.iterations()) * static_cast<double>(total.nodes));
  state.counters["nodes"] = static_cast<double>(total.nodes);
  state.counters["captured"] = static_cast<double>(total.captured);
  state.counters["capture_ns"] = total.capture * per_node;
  state.counters["differentiate_ns"] = total.differentiate * per_node;
  state.counters["optimise_ns"] = total.optimise * per_node;
  state.counters["plan_ns"] = total.plan * per_node;
  state.counters["kernels_ns"] = total.kernels * per_node;
  state.counters["all_ns_per_node"] = (total.capture + total.differentiate + total.optimise + total.plan) * per_node;
}

BENCHMARK(programs)->Arg(1000)->Arg(10000)->Arg(100000)->Arg(1000000)->Unit(benchmark::kMillisecond);

void compile_layers(benchmark::State& state) {
  nn::Sequential network;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    network.push_back(nn::Linear(256, 256));
    network.push_back(nn::ReLU());
  }
  optim::SGD optimizer(network.parameters(), {.lr = 1e-3, .momentum = 0.9});
  const Tensor x = randn({64, 256});
  for (auto _ : state) {
    auto step = compile([&] {
      const Tensor loss = network(x).square().mean();
      loss.backward();
      optimizer.step();
      optimizer.zero_grad();
      return loss;
    });
    benchmark::DoNotOptimize(step().item());
    state.counters["steps"] = static_cast<double>(step.stats().steps);
    state.counters["planned_bytes"] = static_cast<double>(step.memory().planned_peak_bytes);
    state.counters["without_reuse_bytes"] = static_cast<double>(step.memory().without_reuse_bytes);
  }
}
BENCHMARK(compile_layers)->Arg(50)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weft

BENCHMARK_MAIN();
