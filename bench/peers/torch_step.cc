// The workloads of bench/train_step.cc in libtorch's eager C++ API: what Weft's training steps are compared with.
//
//   torch_step --threads N --seconds S --workload NAME
//
// Prints one line of JSON: {"workload": ..., "threads": ..., "median_us": ..., "steps": ..., "loss": ...}.
// README.md beside this file says how to build it. Of the ways to write a step in libtorch the fast ones were taken:
// weights stored as [in, out] so that a layer is one addmm, activations in place, a fused loss, gradients set to none,
// memory kept by malloc, denormals flushed.
#include <malloc.h>
#include <pmmintrin.h>
#include <torch/torch.h>
#include <xmmintrin.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

using torch::Tensor;
using Loss = std::function<Tensor()>;
using Sizes = std::vector<std::int64_t>;

// Creates leaves and remembers them for the optimizer.
struct Parameters {
  std::vector<Tensor> all;
  Tensor uniform(at::IntArrayRef shape, double bound) {
    all.push_back(torch::empty(shape).uniform_(-bound, bound).requires_grad_());
    return all.back();
  }
};

class Mlp {
 public:
  Mlp(Parameters& parameters, const Sizes& sizes, bool relu) : relu_(relu) {
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      const double bound = 1 / std::sqrt(static_cast<double>(sizes[i - 1]));
      weights_.push_back(parameters.uniform({sizes[i - 1], sizes[i]}, bound));
      biases_.push_back(parameters.uniform({sizes[i]}, bound));
    }
  }
  Tensor operator()(Tensor x) const {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (i > 0) x = relu_ ? x.relu_() : x.tanh_();
      x = torch::addmm(biases_[i], x, weights_[i]);
    }
    return x;
  }

 private:
  bool relu_;
  std::vector<Tensor> weights_, biases_;
};

Loss mean_square_mlp(Parameters& parameters, std::int64_t batch, const Sizes& sizes, bool relu) {
  const Tensor x = torch::randn({batch, sizes.front()}), zero = torch::zeros({batch, sizes.back()});
  return [=, mlp = Mlp(parameters, sizes, relu)] { return torch::mse_loss(mlp(x), zero); };
}

Loss classifier(Parameters& parameters) {
  const Tensor x = torch::randn({128, 784}), labels = torch::randint(10, {128}, torch::kLong);
  return [=, mlp = Mlp(parameters, {784, 512, 512, 10}, true)] { return torch::cross_entropy_loss(mlp(x), labels); };
}

Loss towers(Parameters& parameters) {
  std::vector<Mlp> all;
  for (int i = 0; i < 32; ++i) all.emplace_back(parameters, Sizes{64, 64, 64}, false);
  const Tensor x = torch::randn({16, 64}), zero = torch::zeros({16, 64});
  return [=] {
    Tensor sum = all[0](x);
    for (std::size_t i = 1; i < all.size(); ++i) sum = sum.add_(all[i](x));
    return torch::mse_loss(sum, zero);
  };
}

// y = 0.9 tanh(y x + 0.5) + 0.1 y, five times.
Loss chain(Parameters& parameters) {
  const std::int64_t n = 1 << 20;
  const Tensor x = torch::randn({n}), zero = torch::zeros({n});
  parameters.all.push_back(torch::randn({n}).requires_grad_());
  return [=, w = parameters.all.back()] {
    Tensor y = w;
    for (int k = 0; k < 5; ++k) y = torch::lerp(y, (y * x).add_(0.5).tanh_(), 0.9);
    return torch::mse_loss(y, zero);
  };
}

const std::map<std::string, std::function<Loss(Parameters&)>> kWorkloads = {
    {"tiny_mlp_b1",
     [](Parameters& p) {
       return mean_square_mlp(p, 1, {2, 16, 16, 1}, false);
     }},
    {"tiny_mlp_b16",
     [](Parameters& p) {
       return mean_square_mlp(p, 16, {2, 16, 16, 1}, false);
     }},
    {"mlp_b128", classifier},
    {"wide_mlp_b64",
     [](Parameters& p) {
       return mean_square_mlp(p, 64, {1024, 4096, 4096, 1024}, true);
     }},
    {"towers32_b16", towers},
    {"chain_1m", chain},
};

// SGD, learning rate 1e-3, momentum 0.9.
void update(std::vector<Tensor>& parameters, std::vector<Tensor>& buffers) {
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    buffers[i].mul_(0.9).add_(parameters[i].grad());
    parameters[i].add_(buffers[i], -1e-3);
  }
}

void prepare_process(int threads) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2047 << 20);
  torch::set_num_threads(threads);
  torch::manual_seed(0);
  at::parallel_for(0, threads, 1, [](std::int64_t, std::int64_t) {
    _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
    _MM_SET_DENORMALS_ZERO_MODE(_MM_DENORMALS_ZERO_ON);
  });
}

int measure(const std::string& name, int threads, double seconds) {
  const auto found = kWorkloads.find(name);
  if (found == kWorkloads.end() || threads < 1 || !(seconds > 0)) {
    std::fprintf(stderr, "torch_step: no workload '%s', or a bad number\n", name.c_str());
    return 2;
  }
  prepare_process(threads);
  Parameters parameters;
  const Loss loss = found->second(parameters);
  std::vector<Tensor> buffers;
  for (const Tensor& p : parameters.all) buffers.push_back(torch::zeros_like(p));
  double last = 0;
  const auto step = [&] {
    for (Tensor& p : parameters.all) p.mutable_grad().reset();
    const Tensor value = loss();
    value.backward();
    update(parameters.all, buffers);
    last = value.item<double>();
  };

  using Clock = std::chrono::steady_clock;
  const auto after = [](double s) { return Clock::now() + std::chrono::duration<double>(s); };
  for (const auto end = after(seconds / 5); Clock::now() < end;) step();
  std::vector<double> times;
  for (const auto end = after(seconds); times.size() < 5 || Clock::now() < end;) {
    const auto start = Clock::now();
    step();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  std::printf("{\"workload\": \"%s\", \"threads\": %d, \"median_us\": %.2f, \"steps\": %zu, \"loss\": %.6g}\n",
              name.c_str(), threads, times[times.size() / 2], times.size(), last);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags{{"--threads", "1"}, {"--seconds", "3"}, {"--workload", ""}};
  for (int i = 1; i + 1 < argc && flags.count(argv[i]); i += 2) flags[argv[i]] = argv[i + 1];
  if (argc % 2 == 0 || flags["--workload"].empty()) {
    std::fprintf(stderr, "usage: torch_step --workload NAME [--threads N] [--seconds S]\nworkloads:");
    for (const auto& entry : kWorkloads) std::fprintf(stderr, " %s", entry.first.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  return measure(flags["--workload"], std::atoi(flags["--threads"].c_str()), std::atof(flags["--seconds"].c_str()));
}
