// Clients that use a network while it is trained: how long an inference takes, and what it costs the trainer.
//
//   serving                                  1 to 8 clients, without and with a trainer beside them
//   serving --benchmark_filter=clients:2
//
// A client asks at most once a millisecond, as requests that come from outside would. Counters: median_us and p99_us of
// an inference; steps_per_s of the trainer; alone, the trainer's share of the steps that it makes without clients. All
// run on one thread each, so figures mean something where cores suffice: with more clients than cores they wait for
// each other.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "weft/weft.h"

namespace weft::bench {
namespace {

using Clock = std::chrono::steady_clock;

double micros_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// A network of about a hundred thousand parameters, its training step and its use.
struct Service {
  nn::Sequential net{nn::Linear(256, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10)};
  optim::SGD optimizer{net.parameters(), {.lr = 1e-3, .momentum = 0.9}};
  Tensor images = randn({128, 256}), labels = randint(0, 10, {128});
  Compiled<Tensor(Tensor, Tensor)> step = compile(
      [this](Tensor x, Tensor y) {
        optimizer.zero_grad();
        const Tensor loss = cross_entropy(net(x), y);
        loss.backward();
        optimizer.step();
        return loss;
      },
      {.executor = ExecutorKind::serial});
  Compiled<Tensor(Tensor)> infer = compile(
      [this](Tensor x) {
        const NoGradGuard no_grad;
        return softmax(net(x), 1);
      },
      {.executor = ExecutorKind::serial});
};

struct Outcome {
  std::vector<double> latencies;  // in microseconds, ascending
  double steps_per_second = 0;
};

Outcome serve(Service& service, int clients, bool trains, double seconds) {
  std::atomic<bool> done{false};
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  for (auto& own : latencies)
    threads.emplace_back([&service, &own, &done] {
      const Tensor query = randn({1, 256});
      while (!done) {
        const Clock::time_point start = Clock::now();
        benchmark::DoNotOptimize(service.infer(query));
        own.push_back(micros_since(start));
        std::this_thread::sleep_until(start + std::chrono::milliseconds(1));
      }
    });
  std::int64_t steps = 0;
  const Clock::time_point start = Clock::now();
  while (micros_since(start) < seconds * 1e6) {
    if (trains)
      service.step(service.images, service.labels), ++steps;
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Outcome outcome;
  outcome.steps_per_second = static_cast<double>(steps) / micros_since(start) * 1e6;
  done = true;
  for (std::thread& thread : threads) thread.join();
  for (const auto& own : latencies) outcome.latencies.insert(outcome.latencies.end(), own.begin(), own.end());
  std::sort(outcome.latencies.begin(), outcome.latencies.end());
  return outcome;
}

void measure(benchmark::State& state, int clients, bool trains) {
  Service service;
  service.step(service.images, service.labels);
  service.infer(randn({1, 256}));
  const double alone = trains ? serve(service, 0, true, 0.5).steps_per_second : 0;
  for (auto _ : state) {
    const Outcome outcome = serve(service, clients, trains, 2);
    const auto at = [&](double share) {
      return outcome.latencies[static_cast<std::size_t>(share * static_cast<double>(outcome.latencies.size() - 1))];
    };
    state.counters["median_us"] = at(0.5);
    state.counters["p99_us"] = at(0.99);
    if (!trains) continue;
    state.counters["steps_per_s"] = outcome.steps_per_second;
    state.counters["alone"] = outcome.steps_per_second / alone;
  }
}

void register_all() {
  for (const int clients : {1, 2, 4, 8})
    for (const bool trains : {false, true})
      benchmark::RegisterBenchmark(("serving/clients:" + std::to_string(clients) + (trains ? "/trainer" : "")).c_str(),
                                   [=](benchmark::State& state) { measure(state, clients, trains); })
          ->Iterations(1)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  weft::bench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
