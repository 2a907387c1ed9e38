#include "runtime/reports/schedule.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <queue>

#include "runtime/planning/plan_text.h"
#include "runtime/planning/urgency.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

// What a step costs beside its kernel where it is counted down, and where it is a task that another worker takes.
constexpr double kCountSeconds = 15e-9;
constexpr double kTaskSeconds = 150e-9;
// Until the other workers are awake.
constexpr double kWakeSeconds = 5e-6;

// What reading the clock takes.
double clock_seconds() {
  constexpr int kReads = 100;
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < kReads; ++i) Clock::now();
  return std::chrono::duration<double>(Clock::now() - begin).count() / kReads;
}

std::vector<ScheduleReport::Call> work_by_call(const Plan& plan, std::span<const double> seconds) {
  std::vector<ScheduleReport::Call> calls;
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    const Kernel& kernel = plan.kernels[step.kernel];
    if (step.part == 0 && step.num_outputs > 0)
      calls.push_back({describe_result(plan, step, 0), kernel.parts, 0, kernel.flops});
    if (step.num_outputs > 0) calls.back().seconds += seconds[s];
  }
  std::stable_sort(calls.begin(), calls.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return calls;
}

// The end of the last step, the workers' choices replayed event by event.
double makespan(const Plan& plan, std::span<const double> seconds, const std::vector<double>& rest, int workers) {
  using Timed = std::pair<double, StepId>;
  std::priority_queue<StepId, std::vector<StepId>, LessUrgent<double>> ready(LessUrgent<double>{rest});
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> running;
  std::vector<std::uint32_t> waiting = plan.dependencies;
  for (const StepId s : plan.source_steps) ready.push(s);
  const double overhead = workers == 1 ? kCountSeconds / 3 : kCountSeconds;
  double now = 0;
  int idle = workers;
  while (!ready.empty() || !running.empty()) {
    for (; idle > 0 && !ready.empty(); --idle) {
      const StepId s = ready.top();
      ready.pop();
      const double task =
          workers > 1 && plan.successors_of(s).size() != 1 && seconds[s] > kTaskSeconds ? kTaskSeconds : 0;
      running.emplace(now + seconds[s] + overhead + task, s);
    }
    now = running.top().first;
    const StepId done = running.top().second;
    running.pop();
    ++idle;
    for (const StepId next : plan.successors_of(done))
      if (--waiting[next] == 0) ready.push(next);
  }
  return workers > 1 ? now + kWakeSeconds : now;
}

}  // namespace

std::vector<double> measure_steps(Run& run, Executor& executor) {
  constexpr int kLeastRounds = 5, kMostRounds = 200;
  constexpr double kEnough = 0.2;
  std::vector<double> seconds(run.plan().steps.size(), 1e9);
  run.watch_steps([&](StepId s, Clock::time_point begin, Clock::time_point end) {
    seconds[s] = std::min(seconds[s], std::chrono::duration<double>(end - begin).count());
  });
  const Clock::time_point begin = Clock::now();
  for (int round = 0; round < kMostRounds; ++round) {
    run.execute(executor);
    const double passed = std::chrono::duration<double>(Clock::now() - begin).count();
    if (round >= kLeastRounds && passed > kEnough) break;
  }
  const double reading = clock_seconds();
  for (double& s : seconds) s = std::max(s - reading, 1e-9);
  return seconds;
}

std::vector<StepId> critical_path(const Plan& plan, std::span<const double> seconds) {
  const std::vector<double> rest = longest_paths(plan, seconds);
  std::vector<StepId> path;
  for (std::span<const StepId> next = plan.source_steps; !next.empty(); next = plan.successors_of(path.back()))
    path.push_back(*std::max_element(next.begin(), next.end(), [&](StepId a, StepId b) { return rest[a] < rest[b]; }));
  return path;
}

ScheduleReport simulate(const Plan& plan, std::span<const double> seconds, int workers) {
  ScheduleReport report;
  report.workers = workers;
  for (const double s : seconds) report.work_seconds += s;
  if (plan.steps.empty()) return report;
  const std::vector<double> rest = longest_paths(plan, seconds);
  for (const StepId s : critical_path(plan, seconds))
    report.critical_path.push_back({name_of(plan, plan.steps[s]), seconds[s]});
  report.calls = work_by_call(plan, seconds);
  for (const ScheduleReport::Step& step : report.critical_path) report.span_seconds += step.seconds;
  // The executor runs a plan serially that gains nothing from threads.
  report.predicted_seconds = makespan(plan, seconds, rest, 1);
  if (workers > 1)
    report.predicted_seconds = std::min(report.predicted_seconds, makespan(plan, seconds, rest, workers));
  return report;
}

}  // namespace weft
