// Training steps: zero_grad, forward, backward and SGD with momentum 0.9 as one compiled Function, for networks
// that range from all overhead (tiny_mlp_b1) to all arithmetic (wide_mlp_b64) and all memory traffic (chain_1m).
// bench/peers has the same in libtorch, bench/compare.py the ratios.
//
//   train_step --benchmark_filter=mlp_b128/threads:2
//   train_step --benchmark_filter=tiny_mlp_b16/eager       the same lines outside of compile()
//   train_step --benchmark_filter=tiny_mlp_b16/traced_anew with Retrace::always
//   train_step --explain=mlp_b128    prints the steps of the plan, what holds memory at the peak, and predictions for
//                                    1 to 64 workers
//
// Counters: median_us, the median step; mallocs, calls of malloc and its relatives in a step; planned_bytes, the memory
// of a step but for parameters and their state.
#include <benchmark/benchmark.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/image_models.h"
#include "bench/malloc_count.h"
#include "weft/weft.h"

namespace weft::bench {
namespace {

struct Network {
  std::vector<Tensor> parameters;
  std::function<Tensor()> loss;
};

using Sizes = std::vector<std::int64_t>;

// Layers x W + b with weights stored as [in, out].
struct Mlp {
  Mlp(const Sizes& sizes, bool use_relu) : relu(use_relu) {
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      const double bound = 1 / std::sqrt(static_cast<double>(sizes[i - 1]));
      weights.push_back(nn::init::uniform_(zeros({sizes[i - 1], sizes[i]}), -bound, bound).requires_grad_());
      biases.push_back(nn::init::uniform_(zeros({sizes[i]}), -bound, bound).requires_grad_());
    }
  }
  Tensor operator()(Tensor x) const {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (i > 0) x = relu ? x.relu() : x.tanh();
      x = x.matmul(weights[i]) + biases[i];
    }
    return x;
  }
  void append_to(std::vector<Tensor>& parameters) const {
    for (std::size_t i = 0; i < weights.size(); ++i) parameters.insert(parameters.end(), {weights[i], biases[i]});
  }

  bool relu;
  std::vector<Tensor> weights, biases;
};

Tensor mean_square(const Tensor& x) { return x.square().mean(); }

Network mean_square_mlp(std::int64_t batch, const Sizes& sizes, bool use_relu) {
  const Mlp mlp(sizes, use_relu);
  Network network{{}, [=, x = randn({batch, sizes.front()})] { return mean_square(mlp(x)); }};
  mlp.append_to(network.parameters);
  return network;
}

Network mlp_b128() {
  const Mlp mlp({784, 512, 512, 10}, true);
  Network network{{},
                  [=, x = randn({128, 784}), labels = randint(0, 10, {128})] { return cross_entropy(mlp(x), labels); }};
  mlp.append_to(network.parameters);
  return network;
}

Network towers32_b16() {
  std::vector<Mlp> towers;
  for (int i = 0; i < 32; ++i) towers.emplace_back(Sizes{64, 64, 64}, false);
  Network network{{}, [=, x = randn({16, 64})] {
                    Tensor sum = towers[0](x);
                    for (std::size_t i = 1; i < towers.size(); ++i) sum = sum + towers[i](x);
                    return mean_square(sum);
                  }};
  for (const Mlp& tower : towers) tower.append_to(network.parameters);
  return network;
}

Network chain_1m() {
  const Tensor w = randn({1 << 20}).requires_grad_();
  return {{w}, [=, x = randn({1 << 20})] {
            Tensor y = w;
            for (int k = 0; k < 5; ++k) y = (y * x + 0.5).tanh() * 0.9 + y * 0.1;
            return mean_square(y);
          }};
}

Network resnet20_b32() {
  const auto model = std::make_shared<nn::Sequential>(resnet20(3));
  return {model->parameters(), [=, x = randn({32, 3, 32, 32}), labels = randint(0, 10, {32})] {
            return cross_entropy((*model)(x), labels);
          }};
}

struct Workload {
  const char* name;
  std::function<Network()> make;
};

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all = {
      {"tiny_mlp_b1",
       [] {
         return mean_square_mlp(1, {2, 16, 16, 1}, false);
       }},
      {"tiny_mlp_b16",
       [] {
         return mean_square_mlp(16, {2, 16, 16, 1}, false);
       }},
      {"mlp_b128", mlp_b128},
      {"wide_mlp_b64",
       [] {
         return mean_square_mlp(64, {1024, 4096, 4096, 1024}, true);
       }},
      {"towers32_b16", towers32_b16},
      {"chain_1m", chain_1m},
      {"resnet20_b32", resnet20_b32},
  };
  return all;
}

// How the lines of a step are run.
enum class Mode { compiled, traced_anew, eager };
struct NamedMode {
  Mode mode;
  const char* suffix;
};
constexpr NamedMode kModes[] = {{Mode::compiled, ""}, {Mode::traced_anew, "/traced_anew"}, {Mode::eager, "/eager"}};

// A training step on an arena of its own. One at a time lives, and it outlives the several calls that Google
// Benchmark makes to find the number of iterations.
class Trainer {
 public:
  Trainer(const Workload& workload, int threads, Mode mode)
      : limit_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)),
        arena_(threads),
        network_((manual_seed(0), workload.make())),
        optimizer_(network_.parameters, {.lr = 1e-3, .momentum = 0.9}),
        mode_(mode),
        // A converging network would slow down with denormals; bench/peers flushes them, too.
        compiled_(compile(
            [this] { return lines(); },
            {.retrace = mode == Mode::traced_anew ? Retrace::always : Retrace::on_change, .flush_denormals = true})) {
    arena_.execute([&] { warm_up(); });
  }
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  static Trainer& of(const Workload& workload, int threads, Mode mode = Mode::compiled) {
    static std::unique_ptr<Trainer> trainer;
    static std::string key;
    const std::string wanted = workload.name + std::to_string(threads) + std::to_string(static_cast<int>(mode));
    if (key != wanted) {
      trainer.reset();
      trainer = std::make_unique<Trainer>(workload, threads, mode);
      key = wanted;
    }
    return *trainer;
  }

  void explain() {
    std::printf("%s\n%s\n", compiled_.plan_text().c_str(), compiled_.memory().str().c_str());
    for (const int workers : {1, 2, 4, 8, 16, 32, 64})
      arena_.execute([&] { std::printf("%s\n", compiled_.schedule_report(workers).str().c_str()); });
  }

  void measure(benchmark::State& state) {
    arena_.execute([&] { run(state); });
  }

 private:
  using Clock = std::chrono::steady_clock;

  Tensor lines() {
    const Tensor loss = network_.loss();
    loss.backward();
    optimizer_.step();
    optimizer_.zero_grad();  // last: gradients that nobody can see after the step need no memory
    return loss;
  }
  Tensor step() { return mode_ == Mode::eager ? lines() : compiled_(); }

  // Also makes sure that what is measured is a training step: the first gives the loss that the same lines give outside
  // of compile(), and the steps change every parameter.
  void warm_up() {
    std::vector<std::vector<float>> before;
    for (const Tensor& parameter : network_.parameters) before.push_back(some_of(parameter));
    const float expected = network_.loss().item<float>();
    if (const float loss = step().item<float>(); !(loss == expected))
      throw Error("[train_step] the first loss is " + std::to_string(loss) + ", not " + std::to_string(expected));
    for (int i = 0; i < 4; ++i) step();
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] == some_of(network_.parameters[i]))
        throw Error("[train_step] parameter " + std::to_string(i) + " did not change");
  }

  // Enough to see a change, and little beside what is measured.
  static std::vector<float> some_of(const Tensor& parameter) {
    const float* first = parameter.data_ptr<float>();
    return {first, first + std::min<std::int64_t>(parameter.numel(), 4096)};
  }

  void run(benchmark::State& state) {
    std::vector<double> micros;
    micros.reserve(static_cast<std::size_t>(state.max_iterations));
    const std::size_t mallocs_before = mallocs();
    for (auto _ : state) {
      const auto start = Clock::now();
      benchmark::DoNotOptimize(step());
      micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    const auto steps = static_cast<double>(micros.size());
    state.counters["mallocs"] = static_cast<double>(mallocs() - mallocs_before) / steps;
    std::nth_element(micros.begin(), micros.begin() + static_cast<std::ptrdiff_t>(micros.size() / 2), micros.end());
    state.counters["median_us"] = micros[micros.size() / 2];
    state.counters["planned_bytes"] = static_cast<double>(compiled_.memory().planned_peak_bytes);
  }

  tbb::global_control limit_;
  tbb::task_arena arena_;
  Network network_;
  optim::SGD optimizer_;
  Mode mode_;
  Compiled<Tensor()> compiled_;
};

void register_all() {
  for (const Workload& workload : workloads())
    for (const NamedMode& named : kModes)
      for (const int threads : {1, 2})
        benchmark::RegisterBenchmark(
            (std::string("train_step/") + workload.name + named.suffix + "/threads:" + std::to_string(threads)).c_str(),
            [&workload, &named, threads](benchmark::State& state) {
              try {
                Trainer::of(workload, threads, named.mode).measure(state);
              } catch (const Error& error) {
                state.SkipWithError(error.what());
              }
            })
            ->Unit(benchmark::kMicrosecond);
}

int explain(std::string_view name) {
  for (const Workload& workload : workloads()) {
    if (workload.name != name) continue;
    Trainer::of(workload, 2).explain();
    return 0;
  }
  std::fprintf(stderr, "no workload %s\n", std::string(name).c_str());
  return 1;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  constexpr std::string_view kExplain = "--explain=";
  if (argc == 2 && std::string_view(argv[1]).starts_with(kExplain))
    return weft::bench::explain(std::string_view(argv[1]).substr(kExplain.size()));
  weft::bench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
