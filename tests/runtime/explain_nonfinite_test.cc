// Where nan and infinity come from.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

#include "graph/text/text.h"
#include "runtime/reports/nonfinite.h"
#include "tests/testing/tensor_values.h"
#include "weft/autograd.h"
#include "weft/checkpoint.h"
#include "weft/diagnosis.h"
#include "weft/function.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(ExplainNonfinite, NamesTheFirstOperationWithItsOperandsAndLine) {
  int line = 0;
  const auto f = compile([&](Tensor x) {
    const Tensor y = x * 2;
    line = __LINE__ + 1;
    return (log(y) + 1).sum();
  });
  const Tensor x = tensor({1.0, -3.0, 0.5});
  EXPECT_TRUE(std::isnan(f(x).item()));
  const NonfiniteReport report = f.explain_nonfinite(x);
  ASSERT_EQ(report.origins.size(), 1u);
  const NonfiniteReport::Origin& origin = report.origins[0];
  EXPECT_EQ(origin.op, "log");
  EXPECT_EQ(origin.where.line, line);
  EXPECT_EQ(origin.first, 1);
  EXPECT_EQ(origin.result.nans, 1);
  ASSERT_EQ(origin.operands.size(), 1u);
  EXPECT_EQ(origin.operands[0].min, -6);
  EXPECT_EQ(origin.operands[0].max, 2);
  EXPECT_THAT(report.str(), AllOf(HasSubstr("the first result that is not finite: [log] f32[3]"),
                                  HasSubstr("1 nan of 3, the first at element 1"), HasSubstr("operand 0: [mul] f32[3]"),
                                  HasSubstr("-6 to 2")));
}

TEST(ExplainNonfinite, IsFineWithFiniteNumbers) {
  const auto f = compile([](Tensor x) { return log(x).sum(); });
  const NonfiniteReport report = f.explain_nonfinite(tensor({1.0, 2.0}));  // without a call before
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.str(), "every result is finite\n");
  EXPECT_EQ(f.stats().traces, 0u);
}

TEST(ExplainNonfinite, NamesTheInfinityAndTheNanThatItBecomes) {
  const auto f = compile([](Tensor x) {
    const Tensor e = exp(x);
    return e / e.sum();
  });
  const NonfiniteReport report = f.explain_nonfinite(tensor({1.0, 200.0}));
  ASSERT_EQ(report.origins.size(), 2u);
  EXPECT_EQ(report.origins[0].op, "exp");
  EXPECT_EQ(report.origins[0].result.infinities, 1);
  EXPECT_EQ(report.origins[1].op, "div");
  EXPECT_EQ(report.origins[1].result.nans, 1);
}

TEST(ExplainNonfinite, AMaskOfInfinitiesIsNoOrigin) {
  const auto f = compile([](Tensor x) { return softmax(where(x > 0, x, -kInf), 0); });
  EXPECT_TRUE(f.explain_nonfinite(tensor({1.0, -2.0})).ok());
  const NonfiniteReport all_masked = f.explain_nonfinite(tensor({-1.0, -2.0}));
  ASSERT_EQ(all_masked.origins.size(), 1u);
  EXPECT_EQ(all_masked.origins[0].op, "softmax");
  EXPECT_THAT(all_masked.str(), HasSubstr("the first nan: [softmax]"));
}

TEST(ExplainNonfinite, SaysWhatWasNotFiniteBeforeTheRun) {
  const Tensor w = tensor({1.0, NAN}).requires_grad_();
  const auto f = compile([&](Tensor x) { return (x * w).sum(); });
  const NonfiniteReport report = f.explain_nonfinite(tensor({1.0, 2.0}));
  ASSERT_EQ(report.origins.size(), 1u);
  EXPECT_EQ(report.origins[0].op, "");
  EXPECT_THAT(report.str(), HasSubstr("not finite before the run: parameter f32[2]: 1 to 1, 1 nan of 2"));
  const NonfiniteReport argument = f.explain_nonfinite(tensor({kInf, 2.0}));
  EXPECT_THAT(argument.str(), HasSubstr("argument 0 f32[2]"));
}

TEST(ExplainNonfinite, FindsAGradientThatIsNotFinite) {
  const Tensor w = tensor({0.0, 4.0}).requires_grad_();
  int line = 0;
  const auto step = compile([&](Tensor x) {
    line = __LINE__ + 1;
    const Tensor loss = (sqrt(w) * x).sum();
    loss.backward();
    return loss;
  });
  const NonfiniteReport report = step.explain_nonfinite(tensor({1.0, 1.0}));
  ASSERT_FALSE(report.ok());  // 1 / (2 sqrt(0))
  EXPECT_EQ(report.origins[0].where.line, line);
  EXPECT_EQ(report.origins[0].result.infinities, 1);
}

// A step with parameters, .grad, momentum and random numbers.
struct Training {
  Tensor w = tensor({1.0, -2.0, 3.0}).requires_grad_();
  Tensor momentum = zeros({3});
  Compiled<Tensor(Tensor)> step;

  explicit Training(CompileOptions options = {})
      : step(
            [this](Tensor x) {
              const Tensor noise = rand({3});
              const Tensor loss = (log(x) * w * noise).sum();
              loss.backward();
              const NoGradGuard no_grad;
              momentum.mul_(0.9).add_(w.grad());
              w.sub_(momentum * 0.1);
              w.set_grad({});
              return loss;
            },
            options) {}
};

TEST(ExplainNonfinite, ChangesNoTensorNoGradientAndNoGenerator) {
  manual_seed(5);
  Training training;
  training.step(tensor({1.0, 2.0, 3.0}));
  const auto w = training.w.to_vector<float>(), momentum = training.momentum.to_vector<float>();
  const auto generator = get_rng_state().to_vector<std::int64_t>();
  EXPECT_FALSE(training.step.explain_nonfinite(tensor({1.0, -2.0, 3.0})).ok());
  EXPECT_EQ(training.w.to_vector<float>(), w);
  EXPECT_EQ(training.momentum.to_vector<float>(), momentum);
  EXPECT_EQ(get_rng_state().to_vector<std::int64_t>(), generator);
  EXPECT_FALSE(training.w.grad().defined());
  EXPECT_EQ(training.step.stats().runs, 1u);
}

TEST(ExplainNonfinite, GoesBackToBeforeTheLastRun) {
  manual_seed(5);
  Training training({.keep_last_run = true});
  for (int i = 0; i < 3; ++i) training.step(tensor({1.0, 2.0, 3.0}));
  EXPECT_TRUE(training.step.explain_last_run().ok());
  const float w = training.w.to_vector<float>()[2];
  Tensor x = tensor({1.0, -2.0, 3.0});
  EXPECT_TRUE(std::isnan(training.step(x).item()));
  x.fill_(1);  // the run had other values
  const NonfiniteReport report = training.step.explain_last_run();
  ASSERT_EQ(report.origins.size(), 1u);
  EXPECT_EQ(report.origins[0].op, "log");
  EXPECT_EQ(report.origins[0].operands[0].min, -2);
  // By now the parameters are not finite, and w was before.
  EXPECT_TRUE(std::isnan(training.w.to_vector<float>()[1]));
  EXPECT_FALSE(std::isnan(w));
  const NonfiniteReport now = training.step.explain_nonfinite(x);
  EXPECT_EQ(now.origins[0].op, "");
}

TEST(ExplainNonfinite, KeepingTheLastRunChangesNoBits) {
  std::vector<std::vector<float>> results;
  for (const bool keep : {false, true}) {
    manual_seed(5);
    Training training({.keep_last_run = keep});
    for (int i = 0; i < 4; ++i) training.step(tensor({1.0, 2.0, 3.0}));
    results.push_back(training.w.to_vector<float>());
  }
  EXPECT_EQ(results[0], results[1]);
}

// What is replayed has the bits of the run: the smallest and largest element of an operand are those of the run.
TEST(ExplainNonfinite, ReplaysToTheBit) {
  manual_seed(9);
  const Tensor w = randn({64, 32}).requires_grad_();
  const auto f = compile([&](Tensor x) {
    const Tensor h = (gelu(matmul(x, w)) * rand({16, 32})).softmax(1).sum(0);
    return std::vector<Tensor>{h, log(h - 100)};
  });
  const Tensor x = randn({16, 64});
  const NonfiniteReport report = f.explain_nonfinite(x);
  const std::vector<float> h = f(x)[0].to_vector<float>();
  ASSERT_EQ(report.origins[0].op, "log");
  const float least = *std::min_element(h.begin(), h.end()) - 100, most = *std::max_element(h.begin(), h.end()) - 100;
  EXPECT_EQ(static_cast<float>(report.origins[0].operands[0].min), least);
  EXPECT_EQ(static_cast<float>(report.origins[0].operands[0].max), most);
}

TEST(ExplainNonfinite, OfAGraphGivesItsResults) {
  const Graph graph = parse_graph("x = input f64[3]\ny = sqrt(x)\nz = neg(y)\nreturn z, y\n");
  const std::vector<double> values{4, -1, 9};
  const auto buffer = std::make_shared<Buffer>(sizeof(double) * 3);
  std::copy(values.begin(), values.end(), buffer->as<double>());
  std::vector<std::shared_ptr<const Buffer>> results;
  const NonfiniteReport report = find_nonfinite(graph, {{"x", buffer}}, false, &results);
  EXPECT_EQ(report.origins[0].op, "sqrt");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(static_cast<const double*>(results[0]->data())[2], -3);
  EXPECT_EQ(static_cast<const double*>(results[1]->data())[0], 2);
}

TEST(ExplainNonfinite, WorksWithoutElementsAndInOtherFormsOfCalls) {
  const auto none = compile([](Tensor x) { return log(x).sum(); });
  EXPECT_TRUE(none.explain_nonfinite(zeros({0})).ok());
  const auto several = compile([](std::vector<Tensor> xs, double scale) { return log(xs[0] * scale) + xs[1]; });
  EXPECT_FALSE(several.explain_nonfinite(std::vector<Tensor>{ones({2}), ones({2})}, -1).ok());
  const auto of_nothing = compile([] { return log(full({2}, -1)); });
  EXPECT_FALSE(of_nothing.explain_nonfinite().ok());
  const Tensor view = tensor({{1.0, 2.0}, {-3.0, 4.0}}).select(0, 1);
  EXPECT_EQ(none.explain_nonfinite(view).origins[0].operands[0].min, -3);
}

}  // namespace
}  // namespace weft
