// compile(): traced once for a signature, equal to the same lines run eagerly.
#include "weft/function.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "graph/storage.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> values(const Tensor& t) { return t.to_vector<float>(); }

TEST(Compile, TracesOnceForASignature) {
  int traced = 0;
  auto twice = compile([&](Tensor x) {
    ++traced;
    return x * 2;
  });
  EXPECT_THAT(values(twice(tensor({1.0, 2.0}))), ElementsAre(2, 4));
  EXPECT_THAT(values(twice(tensor({3.0, 4.0}))), ElementsAre(6, 8));
  EXPECT_EQ(traced, 1);
  EXPECT_EQ(twice.stats().traces, 1u);
  EXPECT_EQ(twice.stats().runs, 2u);
}

TEST(Compile, TracesAgainForOtherShapesAndKeepsEach) {
  int traced = 0;
  auto sum_of = compile([&](Tensor x) {
    ++traced;
    return x.sum();
  });
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(sum_of(ones({2})).item(), 2);
    EXPECT_EQ(sum_of(ones({5})).item(), 5);
  }
  EXPECT_EQ(traced, 2);
}

TEST(Compile, ReturnsNothingATensorATupleOrAVector) {
  const Tensor w = zeros({1});
  w.item();
  auto nothing = compile([&](Tensor x) { w.copy_(x); });
  nothing(ones({1}));
  EXPECT_THAT(values(w), ElementsAre(1));
  auto pair = compile([](Tensor x) { return std::tuple(x + 1, x * 2); });
  const auto [more, twice] = pair(tensor({3.0}));
  EXPECT_THAT(values(more), ElementsAre(4));
  EXPECT_THAT(values(twice), ElementsAre(6));
  auto list = compile([](Tensor x) { return std::vector<Tensor>{x, x - 1}; });
  EXPECT_THAT(values(list(tensor({3.0}))[1]), ElementsAre(2));
}

TEST(Compile, ReadsVariablesAtTheStartOfEachRun) {
  const Tensor w = tensor({2.0}, kFloat32);
  auto times_w = compile([&](Tensor x) { return x * w; });
  EXPECT_THAT(values(times_w(tensor({3.0}))), ElementsAre(6));
  w.fill_(5);
  EXPECT_THAT(values(times_w(tensor({3.0}))), ElementsAre(15));
}

TEST(Compile, WritesVariablesAtTheEnd) {
  const Tensor count = zeros({1});
  count.item();
  auto next = compile([&]() {
    count.add_(1);
    return count * 10;
  });
  EXPECT_THAT(values(next()), ElementsAre(10));
  EXPECT_THAT(values(next()), ElementsAre(20));
  EXPECT_THAT(values(count), ElementsAre(2));
}

TEST(Compile, CapturesBackwardAndKeepsGradientsThatAreStillSet) {
  const Tensor w = tensor({3.0}, kFloat32).requires_grad_();
  auto step = compile([&](Tensor x) {
    w.set_grad({});
    const Tensor loss = (w * x).sum();
    loss.backward();
    return loss;
  });
  EXPECT_EQ(step(tensor({2.0})).item(), 6);
  EXPECT_THAT(values(w.grad()), ElementsAre(2));
  EXPECT_EQ(step(tensor({4.0})).item(), 12);
  EXPECT_THAT(values(w.grad()), ElementsAre(4));
}

TEST(Compile, AccumulatesGradientsThatAreNotCleared) {
  const Tensor w = tensor({3.0}, kFloat32).requires_grad_();
  auto step = compile([&](Tensor x) { (w * x).sum().backward(); });
  for (int i = 0; i < 4; ++i) step(tensor({2.0}));
  EXPECT_THAT(values(w.grad()), ElementsAre(8));
  EXPECT_EQ(step.stats().traces, 2u);  // the first run found no gradient, the later ones did
}

TEST(Compile, GradientsThatAreClearedAtTheEndCostNoVariable) {
  const Tensor w = tensor({3.0}, kFloat32).requires_grad_();
  auto step = compile([&](Tensor x) {
    (w * x).sum().backward();
    Tensor updated;
    {
      const NoGradGuard no_grad;
      w.sub_(w.grad() * 0.5);
    }
    w.set_grad({});
  });
  step(tensor({2.0}));
  EXPECT_THAT(values(w), ElementsAre(2));
  EXPECT_FALSE(w.grad().defined());
  EXPECT_EQ(step.memory().variable_bytes, 4u);
}

TEST(Compile, TwoStepsInOneTraceSeeEachOthersUpdates) {
  const Tensor w = tensor({1.0}, kFloat32).requires_grad_();
  auto two_steps = compile([&]() {
    for (int i = 0; i < 2; ++i) {
      (w * w).sum().backward();  // d/dw = 2 w
      {
        const NoGradGuard no_grad;
        w.sub_(w.grad() * 0.25);  // w / 2
      }
      w.set_grad({});
    }
  });
  two_steps();
  EXPECT_THAT(values(w), ElementsAre(0.25));
}

TEST(Compile, AFunctionThatLooksAtAValueIsRefused) {
  auto looks = compile([](Tensor x) { return x.item() > 0 ? x : -x; });
  try {
    looks(ones({1}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("not known while its function is traced"));
  }
  EXPECT_EQ((ones({1}) * 2).item(), 2);  // and leaves nothing behind
}

TEST(Compile, ATensorThatLeavesItsTraceIsRefused) {
  Tensor leaked;
  auto leaks = compile([&](Tensor x) { return leaked = x * 2; });
  leaks(ones({1}));
  EXPECT_THROW(leaked + 1, Error);
  EXPECT_THROW(leaked.item(), Error);
}

TEST(Compile, AFailedTraceRestoresGradFields) {
  const Tensor w = tensor({3.0}, kFloat32).requires_grad_();
  auto fails = compile([&](Tensor x) {
    (w * x).sum().backward();
    return x.view({7});
  });
  EXPECT_THROW(fails(ones({1})), Error);
  EXPECT_FALSE(w.grad().defined());
}

TEST(Compile, AFailedRunLeavesVariablesAsTheyWere) {
  const Tensor w = tensor({{1.0, 2.0}}, kFloat32).requires_grad_();
  auto step = compile([&](Tensor x, Tensor label) {
    const Tensor loss = cross_entropy(x * w, label);
    loss.backward();
    const NoGradGuard no_grad;
    w.sub_(w.grad());
    w.set_grad({});
    return loss;
  });
  const Tensor x = tensor({{1.0, 1.0}}, kFloat32);
  EXPECT_THROW(step(x, tensor({2})), Error);  // there are classes 0 and 1
  EXPECT_THAT(values(w), ElementsAre(1, 2));
  EXPECT_GT(step(x, tensor({1})).item(), 0);
  EXPECT_GT(values(w)[1], 2);
}

TEST(Compile, ItsResultsSurviveLaterRuns) {
  auto same = compile([](Tensor x) { return x + 0.5; });
  const Tensor first = same(tensor({1.0}));
  const Tensor second = same(tensor({2.0}));
  EXPECT_THAT(values(first), ElementsAre(1.5));
  EXPECT_THAT(values(second), ElementsAre(2.5));
}

TEST(Compile, RunsOfManyThreadsGoSideBySide) {
  const Tensor w = tensor({2.0}, kFloat32);
  auto f = compile([&](Tensor x) { return (x * w).sum(); });
  f(ones({100}));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        if (f(full({100}, t)).item() != 200.0 * t) ++wrong;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Compile, RunsThatWriteTakeTurns) {
  const Tensor count = zeros({1});
  count.item();
  auto next = compile([&]() { count.add_(1); });
  next();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) next();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(values(count), ElementsAre(1001));
}

TEST(Compile, RunsThatReadGetTheirTurnBesideRunsThatWrite) {
  const Tensor w = zeros({64});
  auto write = compile([&] { w.add_(1); });
  auto read = compile([&](Tensor x) { return (x * w).sum(); });
  const Tensor x = ones({64});
  write();
  read(x);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) write();
  });
  double last = 0;
  for (int i = 0; i < 500; ++i) {
    const double now = read(x).item();
    EXPECT_GE(now, last);
    last = now;
  }
  stop = true;
  writer.join();
}

TEST(Compile, ProgramsOfManyShapesKeepFewBytes) {
  auto f = compile([](Tensor x) { return softmax(softmax(x * 2, 1), 0).sum(); });
  const std::size_t before = Buffer::live_bytes();
  for (std::int64_t i = 0; i < 100; ++i) f(ones({256 + i, 1024}));
  EXPECT_LT(Buffer::live_bytes(), before + (std::size_t{40} << 20));  // a hundred arenas have more than 100 MiB
}

TEST(Compile, RandomNumbersDifferFromRunToRunAndEqualThoseOfEagerUse) {
  manual_seed(7);
  std::vector<std::vector<float>> eager;
  for (int i = 0; i < 2; ++i) {
    eager.push_back(values(rand({3})));
    eager.push_back(values(randn({3})));
  }
  manual_seed(7);
  auto draw = compile([]() {
    const Tensor uniform = rand({3});
    const Tensor normal = randn({3});
    return std::tuple(uniform, normal);
  });
  for (int i = 0; i < 2; ++i) {
    const auto [uniform, normal] = draw();
    EXPECT_EQ(values(uniform), eager[2 * i]);
    EXPECT_EQ(values(normal), eager[2 * i + 1]);
  }
}

TEST(Compile, InsideAnotherTraceIsPartOfIt) {
  auto inner = compile([](Tensor x) { return x * 3; });
  auto outer = compile([&](Tensor x) { return inner(x) + 1; });
  EXPECT_THAT(values(outer(tensor({2.0}))), ElementsAre(7));
  EXPECT_EQ(inner.stats().traces, 0u);
}

TEST(Compile, ShowsItsGraph) {
  auto f = compile([](Tensor x) { return x.exp().sum(); });
  f(ones({2, 3}));
  EXPECT_THAT(f.graph_text(), HasSubstr("f32[2,3]"));
  std::ostringstream dot;
  f.write_dot(dot);
  EXPECT_THAT(dot.str(), HasSubstr("digraph"));
}

TEST(Compile, PrintsTheGraphAfterEveryPassWhenItPlans) {
  std::ostringstream out;
  CompileOptions options;
  options.print_passes = &out;
  auto f = compile([](Tensor x) { return (x * 1).exp().tanh(); }, options);
  f(ones({2, 3}));
  const std::string text = out.str();
  std::size_t at = 0;
  for (const std::string part :
       {"captured:\n", " mul(", "after fold_constants:\n", " mul(", "after simplify:\n", " exp(",
        "after fold_transposes:\n", "after merge_equal_calls:\n", " tanh(", "after fuse:\n", " fused("}) {
    at = text.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << " is missing in\n" << text;
  }
  EXPECT_EQ(text.find(" mul(", text.find("after simplify")), std::string::npos) << text;
  f(ones({2, 3}));
  EXPECT_EQ(out.str(), text);  // planned already
}

}  // namespace
}  // namespace weft
