// Eager use: plans are cached by structure, and memory stays flat.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/storage.h"
#include "weft/weft.h"

namespace weft {
namespace {

TEST(Eager, TheSecondIterationOfATrainingLoopPlansNothing) {
  clear_plan_cache();
  const Tensor w = full({4, 4}, 0.1).requires_grad_();
  const Tensor x = ones({2, 4});
  optim::SGD optimizer({w}, {.lr = 0.1, .momentum = 0.9});
  std::size_t after_first = 0;
  for (int i = 0; i < 4; ++i) {
    optimizer.zero_grad();
    const Tensor loss = x.matmul(w).square().mean();
    loss.backward();
    optimizer.step();
    loss.item();
    if (i == 0) after_first = eager_stats().plans;
  }
  EXPECT_EQ(eager_stats().plans, after_first);
}

TEST(Eager, ResultsThatNobodyLooksAtAreCollected) {
  Tensor x = ones({1});
  x.item();
  Tensor y;
  const std::size_t before = Buffer::live_bytes();
  for (int i = 0; i < 100000; ++i) y = x * 2;
  EXPECT_EQ(y.item(), 2);
  EXPECT_LE(Buffer::live_bytes(), before + 4096);
}

TEST(Eager, MemoryStaysFlatOverManyIterations) {
  const Tensor w = full({8}, 0.5).requires_grad_();
  Tensor loss;
  const auto iterate = [&](int n) {
    for (int i = 0; i < n; ++i) {
      w.set_grad({});
      loss = (w * w).sum();
      loss.backward();
      const NoGradGuard no_grad;
      w.sub_(w.grad() * 0.01);
    }
  };
  iterate(10);
  const std::size_t before = Buffer::live_bytes();
  iterate(20000);
  EXPECT_EQ(Buffer::live_bytes(), before);
}

TEST(Eager, ConstantsOfManyPlansKeepFewBytes) {
  clear_plan_cache();
  const std::size_t before = Buffer::live_bytes();
  for (int i = 0; i < 60; ++i) ones({200000 + 16 * i}).exp().softmax(0).max().item();
  EXPECT_LT(Buffer::live_bytes() - before, std::size_t{12} << 20);
}

TEST(Eager, PlansOfManyShapesKeepFewBytes) {
  clear_plan_cache();
  const std::size_t before = Buffer::live_bytes();
  for (std::int64_t i = 0; i < 100; ++i) (softmax(exp(rand({250000 + 16 * i})), 0) * 2).max().item();
  EXPECT_LT(Buffer::live_bytes(), before + (std::size_t{10} << 20));  // a hundred arenas have more than 100 MiB
}

TEST(Eager, InPlaceUpdatesDoNotCopyOnceTheGraphIsUsedUp) {
  const Tensor w = full({1024}, 0.5).requires_grad_();
  const Tensor loss = (w * w).sum();
  loss.backward();
  const void* before = w.data_ptr<float>();
  {
    const NoGradGuard no_grad;
    w.mul_(0.5);
  }
  EXPECT_EQ(w.data_ptr<float>(), before);
}

TEST(Eager, AnIntegerNumberBesideFloatsIsAFloat) { EXPECT_EQ((ones({2}) * 3).dtype(), kFloat32); }

TEST(Eager, ReadsABracedZeroAsADim) {
  EXPECT_EQ(ones({2, 3}).sum({0}).to_vector<float>(), (std::vector<float>{2, 2, 2}));
  EXPECT_EQ(ones({2, 3}).mean({0}).to_vector<float>(), (std::vector<float>{1, 1, 1}));
}

TEST(Eager, PromotesAsPyTorch) {
  EXPECT_EQ((tensor({1, 2}) + 1.5).dtype(), kFloat32);
  EXPECT_EQ((tensor({1, 2}) + 1).dtype(), kInt64);
  EXPECT_EQ((ones({2}, kFloat64) + ones({2})).dtype(), kFloat64);
  EXPECT_EQ((ones({2}) + ones({}, kFloat64)).dtype(), kFloat32);  // a scalar of the same category yields
  EXPECT_EQ((tensor({1, 2}) + ones({}, kFloat64)).dtype(), kFloat64);
  EXPECT_EQ((tensor({true, false}) + 1).dtype(), kInt64);
}

TEST(Eager, NumbersThatDifferFromStepToStepShareAPlan) {
  const Tensor x = ones({3});
  clear_plan_cache();
  const std::size_t before = eager_stats().plans;
  for (int i = 0; i < 50; ++i) EXPECT_EQ((x * (0.5 * i) - i).to_vector<float>()[0], -0.5F * static_cast<float>(i));
  EXPECT_LE(eager_stats().plans - before, 2U);
}

}  // namespace
}  // namespace weft
