// Reports as people read them.
#include <gmock/gmock.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MemoryReport, ReadsAsAFewLines) {
  MemoryReport report;
  report.planned_peak_bytes = 1536;
  report.without_reuse_bytes = 3 << 20;
  report.unfused_bytes = 4 << 20;
  report.scratch_bytes = 64;
  report.variable_bytes = 2048;
  report.input_bytes = 1023;
  report.output_bytes = 4;
  report.at_peak = {{"exp %3: f32[256] (model.cc:7)", 1024}, {"neg %1: f32[16] (model.cc:5)", 64}};
  EXPECT_EQ(report.str(),
            "planned peak 1.5 KiB (3.0 MiB without reuse, 4.0 MiB without fusion either), scratch 64 B a worker\n"
            "variables 2.0 KiB, constants 0 B, inputs 1023 B, outputs 4 B\n"
            "held at the peak:\n"
            "     1.0 KiB  exp %3: f32[256] (model.cc:7)\n"
            "        64 B  neg %1: f32[16] (model.cc:5)\n");
}

TEST(MemoryReport, OfNothingHasNoHolders) { EXPECT_THAT(MemoryReport{}.str(), Not(HasSubstr("held"))); }

TEST(MemoryReport, ListsTheTenLargestHolders) {
  MemoryReport report;
  report.at_peak.assign(13, {"neg %1: f32[16]", 64});
  EXPECT_THAT(report.str(), HasSubstr("and 3 others\n"));
}

TEST(ScheduleReport, ReadsAsAFewLines) {
  ScheduleReport report;
  report.workers = 4;
  report.work_seconds = 100e-6;
  report.span_seconds = 25e-6;
  report.predicted_seconds = 31.25e-6;
  report.critical_path = {{"fused %3", 20e-6}, {"matmul %4 part 0/8", 5e-6}};
  EXPECT_EQ(report.str(),
            "4 workers: predicted 31.2 us, work 100.0 us, span 25.0 us\n"
            "critical path, 2 steps:\n"
            "      20.0 us  fused %3\n"
            "       5.0 us  matmul %4 part 0/8\n");
}

TEST(ScheduleReport, ListsTwentySteps) {
  ScheduleReport report;
  report.critical_path.assign(25, {"neg %1", 1e-6});
  EXPECT_THAT(report.str(), HasSubstr("critical path, 25 steps:\n"));
  EXPECT_THAT(report.str(), HasSubstr("and 5 others\n"));
}

TEST(Report, LongNamesAreNotCut) {
  const std::string name(300, 'x');
  MemoryReport memory;
  memory.at_peak = {{name, 1}};
  EXPECT_THAT(memory.str(), HasSubstr(name));
  ScheduleReport schedule;
  schedule.critical_path = {{name, 1}};
  EXPECT_THAT(schedule.str(), HasSubstr(name));
}

// The lines of the holders: what a reader looks for.
TEST(MemoryReport, NamesOpTypeAndLineOfEachHolderTheLargestFirst) {
  const Tensor x = ones({100, 50}), w = ones({50, 20});
  auto run = compile([&] {
    const Tensor a = softmax(x, 1);  // 20000 bytes
    const Tensor b = softmax(w, 1);  // 4000 bytes
    return matmul(a, b).sum();       // 8000 bytes
  });
  run();
  const MemoryReport memory = run.memory();
  ASSERT_EQ(memory.at_peak.size(), 3U);
  constexpr std::size_t kSoftmax = 20000, kProduct = 8000, kSmall = 4000;
  EXPECT_EQ(memory.at_peak[0].bytes, kSoftmax);
  EXPECT_EQ(memory.at_peak[1].bytes, kProduct);
  EXPECT_EQ(memory.at_peak[2].bytes, kSmall);
  EXPECT_THAT(memory.at_peak[0].value, HasSubstr("softmax %"));
  EXPECT_THAT(memory.at_peak[0].value, HasSubstr(": f32[100,50] (tests/runtime/reports/report_test.cc:"));
  EXPECT_THAT(memory.at_peak[1].value, HasSubstr("matmul %"));
}

TEST(MemoryReport, TellsWhatTheCallsWouldHoldWithoutFusion) {
  const Tensor x = ones({256});  // 1024 bytes
  auto run = compile([&] { return x.exp().neg().exp(); });
  run();
  EXPECT_EQ(run.memory().planned_peak_bytes, 0U);
  EXPECT_EQ(run.memory().without_reuse_bytes, 0U);
  EXPECT_EQ(run.memory().unfused_bytes, 2048U);
}

TEST(MemoryReport, CountsNoIntermediateBytesForAResultInAnotherShape) {
  const Tensor x = ones({256});
  auto run = compile([&] { return x.exp().reshape({16, 16}); });
  run();
  EXPECT_EQ(run.memory().unfused_bytes, 0U);
}

TEST(MemoryReport, IsEmptyBeforeTheFirstCall) {
  const auto run = compile([] { return ones({3}); });
  EXPECT_EQ(run.memory().planned_peak_bytes, 0U);
  EXPECT_TRUE(run.memory().at_peak.empty());
  EXPECT_EQ(run.plan_text(), "");
}

}  // namespace
}  // namespace weft
