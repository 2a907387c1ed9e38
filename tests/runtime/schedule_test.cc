#include "runtime/schedule.h"

#include "graph/builder.h"
#include "tests/testing/matchers.h"
#include "tests/testing/random_dag.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kMicro = 1e-6;

// Two paths of one result each, of so many steps.
std::shared_ptr<const Plan> two_chains(int first, int second) {
  Program program;
  Builder builder(program.graph);
  for (const int steps : {first, second}) {
    Value x = builder.value({program.graph.add_input({DType::f32, {4}}), 0});
    for (int i = 0; i < steps; ++i) x = builder.record(kTestNext, {x});
    program.graph.outputs().push_back(x.id());
  }
  return make_plan(std::move(program));
}

TEST(Schedule, OfOneWorkerTakesTheTimeOfAllSteps) {
  const auto plan = two_chains(3, 2);
  const ScheduleReport report = simulate(*plan, std::vector<double>(5, 10 * kMicro), 1);
  EXPECT_NEAR(report.work_seconds, 50 * kMicro, 1e-9);
  EXPECT_NEAR(report.predicted_seconds, 50 * kMicro, 1 * kMicro);
}

TEST(Schedule, OfEnoughWorkersTakesTheTimeOfTheCriticalPath) {
  const auto plan = two_chains(3, 2);
  const ScheduleReport report = simulate(*plan, std::vector<double>(5, 100 * kMicro), 2);
  EXPECT_NEAR(report.span_seconds, 300 * kMicro, 1e-9);
  EXPECT_NEAR(report.predicted_seconds, 300 * kMicro, 10 * kMicro);
  EXPECT_EQ(report.critical_path.size(), 3U);
}

TEST(Schedule, OfTinyStepsIsSerial) {
  const auto plan = two_chains(3, 2);
  const std::vector<double> seconds(5, 0.1 * kMicro);
  EXPECT_EQ(simulate(*plan, seconds, 8).predicted_seconds, simulate(*plan, seconds, 1).predicted_seconds);
}

TEST(Schedule, OfMoreWorkersIsNeverLongerThanOfOne) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto plan = make_plan(random_program(seed));
    const std::vector<double> seconds(plan->steps.size(), 50 * kMicro);
    const ScheduleReport one = simulate(*plan, seconds, 1);
    for (const int workers : {2, 3, 64}) {
      const ScheduleReport report = simulate(*plan, seconds, workers);
      EXPECT_LE(report.predicted_seconds, one.predicted_seconds);
      EXPECT_GE(report.predicted_seconds, report.span_seconds);
    }
  }
}

TEST(Schedule, IsReportedForWhatWasRunLast) {
  const Tensor w = ones({64, 64}).requires_grad_();
  auto step = compile([&] {
    const Tensor loss = w.matmul(w).square().mean();
    loss.backward();
    return loss;
  });
  EXPECT_THAT([&] { step.schedule_report(2); }, ThrowsMessage<Error>(HasSubstr("call the function once")));
  step();
  EXPECT_THAT([&] { step.schedule_report(0); }, ThrowsMessage<Error>(HasSubstr("at least 1")));
  const ScheduleReport report = step.schedule_report(2);
  EXPECT_GT(report.work_seconds, 0);
  EXPECT_LE(report.span_seconds, report.work_seconds);
  EXPECT_THAT(report.str(), HasSubstr("2 workers: predicted"));
  EXPECT_THAT(step.plan_text(), HasSubstr(" us; then"));
}

TEST(Memory, IsExplainedByTheValuesAtThePeak) {
  const Tensor x = ones({64, 64}), w = ones({64, 64}).requires_grad_();
  auto step = compile([&] {
    const Tensor loss = x.matmul(w).relu().matmul(w).square().mean();
    loss.backward();
    return loss;
  });
  step();
  const MemoryReport memory = step.memory();
  ASSERT_FALSE(memory.at_peak.empty());
  std::size_t held = 0;
  for (const MemoryReport::Holder& holder : memory.at_peak) held += holder.bytes;
  EXPECT_LE(held, memory.planned_peak_bytes);
  EXPECT_GE(2 * held, memory.planned_peak_bytes);
  EXPECT_THAT(memory.at_peak[0].value, HasSubstr("f32[64,64] (tests/runtime/schedule_test.cc:"));
  EXPECT_THAT(memory.str(), HasSubstr("held at the peak:\n"));
}

}  // namespace
}  // namespace weft
