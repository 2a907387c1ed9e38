// What a step takes with what looks inside of it: never used, used and switched off again, and on. Rows are
// microseconds, the median of steps that are run in turn; "off" and "never" should be equal up to noise.
//
//   bazel run -c opt //bench:switched_off
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weft/weft.h"

namespace weft {
namespace {

// A network that is trained, with parameters of its own.
struct Training {
  explicit Training(CompileOptions options = {})
      : model(nn::Linear(64, 128), nn::ReLU(), nn::Linear(128, 10)),
        optimizer(model.parameters(), {.lr = 1e-3, .momentum = 0.9}),
        step([this](Tensor in, Tensor target) { return once(in, target); }, options) {}

  Tensor once(const Tensor& in, const Tensor& target) {
    const Tensor loss = cross_entropy(model(in), target);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  }
  void run_compiled() { step(x, y).item(); }
  void run_eagerly() { once(x, y).item(); }

  Tensor x = randn({32, 64}), y = randint(0, 10, {32});
  nn::Sequential model;
  optim::SGD optimizer;
  Compiled<Tensor(Tensor, Tensor)> step;
};

using Run = std::function<void(Training&)>;

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> seconds) {
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

// Runs both in turn, each first every other time.
void compare(const char* feature, const Run& run, Training& never, Training& off) {
  constexpr int kWarm = 20, kRounds = 300;
  std::vector<double> of_never, of_off;
  for (int i = 0; i < kWarm + kRounds; ++i) {
    double a = 0, b = 0;
    if (i % 2 == 0) a = seconds_of([&] { run(never); });
    b = seconds_of([&] { run(off); });
    if (i % 2 == 1) a = seconds_of([&] { run(never); });
    if (i < kWarm) continue;
    of_never.push_back(a);
    of_off.push_back(b);
  }
  const double a = median(of_never) * 1e6, b = median(of_off) * 1e6;
  std::printf("%-34s %10.1f %10.1f %8.3f\n", feature, a, b, b / a);
}

void use_hooks(Training& training) {
  std::vector<HookHandle> handles;
  for (const Tensor& parameter : training.model.parameters())
    handles.push_back(parameter.register_hook([](const Tensor& gradient) { return gradient * 1; }));
  training.run_eagerly();
  training.run_compiled();
  for (HookHandle& handle : handles) handle.remove();
}

void use_anomaly_detection(Training& training) {
  const DetectAnomalyGuard guard;
  training.run_eagerly();
}

void compare_all() {
  const Run compiled = [](Training& training) { training.run_compiled(); };
  const Run eager = [](Training& training) { training.run_eagerly(); };
  std::printf("%-34s %10s %10s %8s\n", "us for a step", "never", "off", "ratio");
  const auto with = [](const char* feature, const Run& run, const std::function<void(Training&)>& use) {
    Training never, off;
    off.run_compiled();
    use(off);
    compare(feature, run, never, off);
  };
  with("nothing, compiled", compiled, [](Training&) {});
  with("hooks, compiled", compiled, use_hooks);
  with("trace_run, compiled", compiled, [](Training& t) { t.step.trace_run("/dev/null"); });
  with("explain_nonfinite, compiled", compiled, [](Training& t) { t.step.explain_nonfinite(t.x, t.y); });
  with("gradient_audit, compiled", compiled, [](Training& t) { t.step.gradient_audit(); });
  with("nothing, eager", eager, [](Training&) {});
  with("hooks, eager", eager, use_hooks);
  with("set_detect_anomaly, eager", eager, use_anomaly_detection);
  Training never, on({.keep_last_run = true});
  compare("keep_last_run, compiled: on", compiled, never, on);
}

}  // namespace
}  // namespace weft

int main() {
  weft::manual_seed(1);
  weft::compare_all();
}
