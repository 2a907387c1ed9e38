#include "runtime/reports/schedule.h"

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

TEST(Schedule, TakesTheSlowestPathAsTheCriticalOne) {
  const auto plan = two_chains(3, 2);  // steps 0, 1, 2 and 3, 4 in some order
  std::vector<double> seconds(5, 10 * kMicro);
  for (StepId s = 0; s < plan->steps.size(); ++s)
    if (plan->successors_of(s).empty() && plan->steps[s].node == 6) seconds[s] = 100 * kMicro;  // the end of the second
  const ScheduleReport report = simulate(*plan, seconds, 2);
  EXPECT_NEAR(report.span_seconds, 110 * kMicro, 1e-9);
  ASSERT_EQ(report.critical_path.size(), 2U);
  EXPECT_EQ(report.critical_path[0].name, "test_next %5");
  EXPECT_EQ(report.critical_path[1].name, "test_next %6");
  EXPECT_NEAR(report.critical_path[1].seconds, 100 * kMicro, 1e-12);
}

TEST(Schedule, StartsTheMostUrgentStepFirst) {
  // Three chains on two workers: the long one must not wait for the short ones.
  Program program;
  Builder builder(program.graph);
  for (const int steps : {1, 1, 2}) {
    Value x = builder.value({program.graph.add_input({DType::f32, {4}}), 0});
    for (int i = 0; i < steps; ++i) x = builder.record(kTestNext, {x});
    program.graph.outputs().push_back(x.id());
  }
  const auto plan = make_plan(std::move(program));
  const ScheduleReport report = simulate(*plan, std::vector<double>(4, 1000 * kMicro), 2);
  EXPECT_NEAR(report.predicted_seconds, 2000 * kMicro, 20 * kMicro);
}

TEST(Schedule, OfAnEmptyPlanTakesNoTime) {
  const ScheduleReport report = simulate(*make_plan({}), {}, 4);
  EXPECT_EQ(report.predicted_seconds, 0);
  EXPECT_TRUE(report.critical_path.empty());
}

TEST(Schedule, SpanIsTheSumOfTheCriticalPathAndNoMoreThanTheWork) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto plan = make_plan(random_program(seed));
    std::vector<double> seconds;
    for (StepId s = 0; s < plan->steps.size(); ++s) seconds.push_back((s * 7 % 13 + 1) * kMicro);
    const ScheduleReport report = simulate(*plan, seconds, 3);
    double path = 0;
    for (const ScheduleReport::Step& step : report.critical_path) path += step.seconds;
    EXPECT_NEAR(report.span_seconds, path, 1e-12);
    EXPECT_LE(report.span_seconds, report.work_seconds + 1e-12);
  }
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

TEST(Schedule, AddsUpTheWorkOfEachCallTheLongestFirst) {
  const auto plan = two_chains(3, 2);
  const ScheduleReport report = simulate(*plan, std::vector<double>{1, 5, 2, 3, 4}, 2);
  ASSERT_EQ(report.calls.size(), 5U);
  EXPECT_EQ(report.calls[0].seconds, 5);
  EXPECT_EQ(report.calls[4].seconds, 1);
  EXPECT_EQ(report.calls[0].parts, 1U);
  EXPECT_THAT(report.calls[0].name, HasSubstr("test_next %"));
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
  EXPECT_THAT(report.str(), HasSubstr("GF/s  "));
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
  EXPECT_THAT(memory.at_peak[0].value, HasSubstr("f32[64,64] (tests/runtime/reports/schedule_test.cc:"));
  EXPECT_THAT(memory.str(), HasSubstr("held at the peak:\n"));
}

}  // namespace
}  // namespace weft
