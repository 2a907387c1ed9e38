// A failure changes nothing; a backward() uses up what it passes and nothing else.
#include <gtest/gtest.h>

#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

TEST(FailuresTest, ABadBatchLeavesParametersAndTheNextBatchAlone) {
  nn::Linear model(4, 3);
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  const Tensor x = ones({2, 4}), good = tensor({0, 2}), bad = tensor({0, 5});
  int failed = 0;
  for (const Tensor& y : {bad, good, good}) try {
      const Tensor loss = cross_entropy(model(x), y);
      loss.backward();
      optimizer.step();
      optimizer.zero_grad();
      (void)loss.item();
    } catch (const Error&) {
      ++failed;
    }
  EXPECT_EQ(failed, 1);
}

TEST(FailuresTest, AFailedBackwardLeavesGradientsAsTheyWere) {
  const Tensor w = ones({1, 3}).requires_grad_();
  w.sum().backward();
  EXPECT_THROW(cross_entropy(w, tensor({7})).backward(), Error);
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(1, 1, 1));
  w.sum().backward();
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(2, 2, 2));
}

TEST(FailuresTest, AnUnrelatedBadValueDoesNotMakeBackwardFail) {
  const Tensor w = ones({1, 3}).requires_grad_();
  const Tensor bad = cross_entropy(w, tensor({7}));
  (w * 2).sum().backward();
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(2, 2, 2));
  EXPECT_THROW(bad.item(), Error);
}

TEST(FailuresTest, WhatOnlyReadsDetachedStaysUsable) {
  const Tensor w = ones({2}).requires_grad_(), v = ones({2}).requires_grad_();
  const Tensor fake = exp(w);
  (fake.detach() * v).sum().backward();  // the critic
  (fake * v).sum().backward();           // the generator
  EXPECT_THAT(w.grad().to_vector<float>(), Each(FloatNear(2.71828F, 1e-5F)));
}

TEST(FailuresTest, ASecondBackwardThroughSavedValuesIsRefused) {
  const Tensor h = exp(full({}, 2).requires_grad_());
  const Tensor a = h * 1, b = h * 2;
  a.backward();
  EXPECT_THROW(b.backward(), Error);
  EXPECT_NEAR(b.item(), 14.778, 1e-3);  // its value is still there
}

TEST(FailuresTest, ASecondBackwardWhereNothingWasSavedAddsUp) {
  const Tensor x = ones({2}).requires_grad_();
  const Tensor y = (x + 1).sum();
  y.backward();
  y.backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(2, 2));
}

TEST(FailuresTest, AGradientThatIsZeroIsZeros) {
  const Tensor x = tensor({1.0, 2.0}).requires_grad_();
  pow(x, 0).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 0));
  const Tensor slope = grad({relu(x).sum()}, {x}, {.create_graph = true})[0];
  EXPECT_THAT(grad({slope.sum()}, {x})[0].to_vector<float>(), ElementsAre(0, 0));
}

TEST(FailuresTest, APlainBackwardKeepsTheGraphOfAnEarlierGradient) {
  const Tensor w = ones({2}).requires_grad_();
  (w * w * w).sum().backward({}, true, true);
  (w * 2).sum().backward();
  w.grad().sum().backward();
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(11, 11));
  w.set_grad({});  // its graph holds w
}

TEST(FailuresTest, AnErrorNamesTheLineOfTheCallThatFailed) {
  const Tensor w = ones({1, 3});
  (void)cross_entropy(w, tensor({1})).item();
  const Tensor bad = cross_entropy(w, tensor({9}));
  const int line = __LINE__ - 1;
  try {
    (void)bad.item();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where().line, line);
  }
}

}  // namespace
}  // namespace weft
