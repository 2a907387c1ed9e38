// Writes in place are PyTorch's: they make another version, with gradients, and what was captured earlier stays.
#include <gtest/gtest.h>

#include <limits>

#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(InPlaceTest, ATensorWithoutGradientsTakesAHistory) {
  const Tensor w = full({}, 3).requires_grad_();
  const Tensor total = zeros({});
  total += w * w;
  total += w;
  EXPECT_EQ(to_string(total), "tensor(12., grad_fn=<AddBackward0>)");
  total.backward();
  EXPECT_EQ(w.grad().item(), 7);
}

TEST(InPlaceTest, SavedValuesAreThoseAtTheTimeOfUse) {
  const Tensor w = full({}, 2).requires_grad_();
  const Tensor y = w * w;
  {
    const NoGradGuard no_grad;
    w.mul_(10);
  }
  y.backward();
  EXPECT_EQ(w.grad().item(), 4);  // PyTorch refuses: the 2 is gone there
}

TEST(InPlaceTest, AWriteThatGradModeDoesNotSeeKeepsTheHistory) {
  const Tensor w = full({}, 3).requires_grad_();
  const Tensor y = w * 2;
  {
    const NoGradGuard no_grad;
    y.mul_(5);
  }
  EXPECT_EQ(y.item(), 30);
  y.backward();
  EXPECT_EQ(w.grad().item(), 2);
}

TEST(InPlaceTest, FillingAResultKeepsThatItRequiresGradients) {
  const Tensor w = ones({2}).requires_grad_();
  const Tensor a = w * 2;
  a.zero_();
  EXPECT_TRUE(a.requires_grad());
  EXPECT_STREQ(a.grad_fn().name(), "ZeroBackward0");
  a.sum().backward();
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(0, 0));
}

TEST(InPlaceTest, TheOperationNamesTheGradientFunctionAlsoWhereItsResultIsCast) {
  const Tensor x = tensor({4.0}).requires_grad_(), wide = tensor({2.0}, kFloat64).requires_grad_(), y = sqrt(x);
  y *= wide;
  EXPECT_EQ(to_string(y), "tensor([4.], grad_fn=<MulBackward0>)");
  {
    NoGradGuard guard;
    y -= wide;
  }
  EXPECT_EQ(to_string(y), "tensor([2.], grad_fn=<MulBackward0>)");
}

TEST(InPlaceTest, CopyCopies) {
  const Tensor x = tensor({1.0}), t = tensor({5.0}).requires_grad_() * 2;
  t.copy_(x);
  x.fill_(9);
  EXPECT_EQ(t.item(), 1);
}

TEST(InPlaceTest, CopyPassesGradientsToItsSource) {
  const Tensor x = tensor({1.0}).requires_grad_(), t = tensor({5.0}) * 2;
  t.copy_(x);
  (t * 3).sum().backward();
  EXPECT_EQ(x.grad().item(), 3);
}

TEST(InPlaceTest, ATensorCopiedToItselfStays) {
  const Tensor x = tensor({1.0}).requires_grad_(), y = (x * 2).sum();
  y.backward();
  y.copy_(y);
  EXPECT_EQ(y.item(), 2);
}

TEST(InPlaceTest, ResultsThatDoNotFitTheDtypeAreRefused) {
  EXPECT_THROW(tensor({5, 7}).add_(0.5), Error);
  EXPECT_THROW(tensor({5, 7}).div_(2), Error);
  EXPECT_THROW(tensor({5, 7}).mul_(0.5), Error);
  EXPECT_THROW(tensor({true}).add_(1), Error);
}

TEST(InPlaceTest, WholeNumbersKeepAllTheirDigits) {
  const std::int64_t n = 9007199254740993;  // 2^53 + 1
  EXPECT_EQ(tensor(n).item<std::int64_t>(), n);
  EXPECT_EQ((zeros({1}, kInt64) + n).item<std::int64_t>(), n);
  EXPECT_EQ(full({1}, n, kInt64).item<std::int64_t>(), n);
  EXPECT_EQ(zeros({1}, kInt64).fill_(n).item<std::int64_t>(), n);
  EXPECT_TRUE((tensor({n}) == n).item<bool>());
  EXPECT_FALSE((tensor({n - 1}) == n).item<bool>());
  EXPECT_EQ((tensor({n}) - n).item<std::int64_t>(), 0);
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(tensor(kHighest).item<std::int64_t>(), kHighest);
}

TEST(InPlaceTest, AWriteThroughAPointerIsNotSeenByWhatWasCapturedBefore) {
  Tensor x = full({2}, 2);
  float* elements = x.mutable_data_ptr<float>();
  const Tensor y = x + 1;
  elements[0] = 100;
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(3, 3));
}

TEST(InPlaceTest, AGradientOfALeafComesFromAllItsVersions) {
  const Tensor w = full({}, 2).requires_grad_();
  const Tensor before = w * 1.5;
  {
    const NoGradGuard no_grad;
    w.mul_(0.5);
  }
  (before + w * 3).backward();
  EXPECT_EQ(w.grad().item(), 4.5);
}

TEST(InPlaceTest, GradOfALeafThatWasWrittenSinceIsThatOfItsEarlierUse) {
  const Tensor w = full({}, 3).requires_grad_();
  const Tensor y = w + 1;
  {
    const NoGradGuard no_grad;
    w.add_(1);
  }
  EXPECT_EQ(grad({y}, {w})[0].item(), 1);
}

TEST(InPlaceTest, ATensorIsNotItsOwnGradient) {
  const Tensor x = ones({2}).requires_grad_();
  EXPECT_THROW(x.set_grad(x), Error);
}

TEST(InPlace, WritesThroughDetachLeaveTheGradientsOfEarlierUses) {
  const Tensor x = tensor({1.}).requires_grad_(), t = x * 2, y = t * 3;
  t.detach().zero_();
  const Tensor later = t * 5;
  EXPECT_EQ(grad({y}, {t}, {.retain_graph = true}).at(0).to_vector<float>(), std::vector<float>{3});
  EXPECT_EQ(grad({later}, {t}, {.retain_graph = true}).at(0).to_vector<float>(), std::vector<float>{5});
  EXPECT_EQ(grad({y + later}, {t}).at(0).to_vector<float>(), std::vector<float>{8});
}

TEST(InPlace, ValuesWithAHistoryThatAreWrittenThroughDataGiveTheBaseNumbersOnly) {
  const Tensor x = tensor({1.}), w = tensor({2.}).requires_grad_();
  x.data().sub_(w);
  EXPECT_EQ(to_string(x), "tensor([-1.])");
  x.detach().copy_(w * 3);
  EXPECT_EQ(to_string(x), "tensor([6.])");
  auto f = compile([&](Tensor a) {
    const Tensor y = a * w;
    x.data().add_(y);
    return y;
  });
  EXPECT_EQ(f(tensor({3.})).item<float>(), 6);
  EXPECT_EQ(x.item<float>(), 12);
  EXPECT_FALSE(x.requires_grad());
}

TEST(InPlace, GradientsOfWhatIsWrittenToADetachedTensorArriveThere) {
  const Tensor x = tensor({1., 2.}).requires_grad_(), w = tensor({3., 4.}).requires_grad_();
  const Tensor t = x.detach();
  t.copy_(w * 3);
  EXPECT_EQ(std::string(t.grad_fn().name()), "CopyBackwards");
  t.view({1, 2}).mul_(2);
  EXPECT_EQ(to_string(x), "tensor([18., 24.], requires_grad=True)");
  x.data().add_(1);
  EXPECT_EQ(t.detach().to_vector<float>(), (std::vector<float>{19, 25}));
  (t * x.detach()).sum().backward();
  EXPECT_EQ(w.grad().to_vector<float>(), (std::vector<float>{19 * 6, 25 * 6}));
  EXPECT_FALSE(x.grad().defined());
}

TEST(InPlace, ADetachedTensorIsWrittenWithGradientsWhereItIsMade) {
  const Tensor x = tensor({1., 2.}), w = tensor({3., 4.}).requires_grad_(), outside = x.detach();
  const auto body = [&](const Tensor& written) {
    written.add_(w);
    (written * written).sum().backward();
  };
  body(x.detach());
  EXPECT_EQ(w.grad().to_vector<float>(), (std::vector<float>{8, 12}));
  w.set_grad({});
  auto inside = compile([&] { body(x.detach()); });
  inside();
  EXPECT_EQ(w.grad().to_vector<float>(), (std::vector<float>{14, 20}));
  auto other = compile([&] { body(outside); });
  EXPECT_THROW(other(), Error);
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{7, 10}));
  auto returned = compile([&] {
    const Tensor t = x.detach();
    t.add_(w);
    return t;
  });
  EXPECT_THROW(returned(), Error);
}

TEST(InPlace, NamesOfGradientsAreThoseOfPyTorch) {
  const Tensor x = ones({2}).requires_grad_();
  const auto name = [&](auto write) {
    const Tensor y = x * 2;
    write(y);
    return std::string(y.grad_fn().name());
  };
  EXPECT_EQ(name([](const Tensor& y) { y.fill_(3); }), "FillBackward2");
  EXPECT_EQ(name([](const Tensor& y) { y.zero_(); }), "ZeroBackward0");
  EXPECT_EQ(name([](const Tensor& y) { y.copy_(y); }), "CopyBackwards");
  EXPECT_THROW(x.copy_(x), Error);
}

}  // namespace
}  // namespace weft
