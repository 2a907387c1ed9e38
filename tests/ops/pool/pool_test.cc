#include <gmock/gmock.h>

#include <limits>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const float kNan = std::numeric_limits<float>::quiet_NaN();

// 0 1 2 3 / 4 5 6 7 / ...
Tensor image(std::int64_t rows, std::int64_t cols) {
  return arange(0, static_cast<double>(rows * cols)).to(kFloat32).view({1, 1, rows, cols});
}

TEST(MaxPool, TakesTheLargestOfEachWindow) {
  EXPECT_THAT(max_pool2d(image(4, 4), 2).to_vector<float>(), ElementsAre(5, 7, 13, 15));
  EXPECT_THAT(max_pool2d(image(3, 3), 2, {.stride = 1}).to_vector<float>(), ElementsAre(4, 5, 7, 8));
  EXPECT_THAT(max_pool2d(image(3, 3), 2, {.padding = 1}).to_vector<float>(), ElementsAre(0, 2, 6, 8));
  EXPECT_THAT(max_pool1d(tensor({{1.0, 3.0, 2.0, 5.0, 4.0}}), 2, {.ceil_mode = true}).to_vector<float>(),
              ElementsAre(3, 5, 4));
  EXPECT_THAT(max_pool1d(tensor({{1.0, 3.0, 2.0, 5.0, 4.0}}), 2, {.stride = 1, .dilation = 3}).to_vector<float>(),
              ElementsAre(5, 4));
}

TEST(Pool, InCeilModeMayReachOverAnImageThatIsSmallerThanTheKernel) {
  const Tensor x = tensor({{{3.0, 1.0}}});
  EXPECT_THAT(max_pool1d(x, 3, {.stride = 2, .ceil_mode = true}).to_vector<float>(), ElementsAre(3));
  EXPECT_THAT(avg_pool1d(x, 3, {.stride = 2, .ceil_mode = true}).to_vector<float>(), ElementsAre(2));
  EXPECT_THROW(max_pool1d(x, 3, {.stride = 1, .ceil_mode = true}), Error);
}

TEST(MaxPool, GivesTheGradientToTheFirstOfEqualElements) {
  const Tensor x = ones({1, 1, 4}).requires_grad_();
  max_pool1d(x, 2).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(1, 0, 1, 0));
}

TEST(MaxPool, KeepsNan) {
  const Tensor y = max_pool1d(tensor({{1.0f, kNan, 3.0f, 2.0f}}), 2);
  EXPECT_TRUE(std::isnan(y.to_vector<float>()[0]));
  EXPECT_EQ(y.to_vector<float>()[1], 3);
}

TEST(AvgPool, TakesTheMeanOfEachWindow) {
  EXPECT_THAT(avg_pool2d(image(4, 4), 2).to_vector<float>(), ElementsAre(2.5, 4.5, 10.5, 12.5));
}

TEST(AvgPool, CountsThePaddingUnlessToldNotTo) {
  const Tensor x = ones({1, 1, 4});
  EXPECT_THAT(avg_pool1d(x, 2, {.padding = 1}).to_vector<float>(), ElementsAre(0.5, 1, 0.5));
  EXPECT_THAT(avg_pool1d(x, 2, {.padding = 1, .count_include_pad = false}).to_vector<float>(), ElementsAre(1, 1, 1));
  EXPECT_THAT(avg_pool1d(x, 2, {.divisor_override = 4}).to_vector<float>(), ElementsAre(0.5, 0.5));
  EXPECT_THAT(avg_pool1d(ones({1, 1, 5}), 2, {.ceil_mode = true}).to_vector<float>(), ElementsAre(1, 1, 1));
}

TEST(AvgPool, OfMillionsOfElementsKeepsItsDigits) {
  EXPECT_FLOAT_EQ(adaptive_avg_pool2d(full({1, 1, 2048, 2048}, 0.1), 1).item<float>(), 0.1f);
}

TEST(MaxPool, OfPaddingOnlyIsMinusInfinityWithoutAGradient) {
  const Tensor x = ones({1, 1, 1}).requires_grad_();
  const Tensor y = max_pool1d(x, 2, {.padding = 1, .dilation = 2});
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(-std::numeric_limits<float>::infinity()));
  y.sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0));
}

TEST(AdaptivePool, HasWindowsThatCoverTheImageEvenly) {
  const Tensor x = tensor({{0.0, 1.0, 2.0, 3.0, 4.0}});
  EXPECT_THAT(adaptive_avg_pool1d(x, 3).to_vector<float>(), ElementsAre(0.5, 2, 3.5));
  EXPECT_THAT(adaptive_max_pool1d(x, 2).to_vector<float>(), ElementsAre(2, 4));
  EXPECT_THAT(adaptive_avg_pool2d(image(2, 3), 1).to_vector<float>(), ElementsAre(2.5));
}

TEST(Pool, OfNoImagesIsEmpty) {
  EXPECT_EQ(max_pool2d(zeros({0, 3, 4, 4}), 2).shape(), (Shape{0, 3, 2, 2}));
  EXPECT_EQ(avg_pool3d(zeros({0, 1, 2, 2, 2}), 2).shape(), (Shape{0, 1, 1, 1, 1}));
}

TEST(Pool, RefusesWhatDoesNotFit) {
  const auto refuses = [](auto f, const char* rule) { EXPECT_THAT(f, ThrowsMessage<Error>(HasSubstr(rule))); };
  refuses([] { max_pool2d(zeros({4, 4}), 2); }, "[max_pool2d] a: f32[4,4]: x must be [n, channels, 2 extents]");
  refuses([] { max_pool2d(image(3, 3), 4); }, "the kernel is larger than the padded image");
  refuses([] { max_pool2d(image(3, 3), 2, {.padding = 2}); }, "padding is more than half of the kernel");
  refuses([] { avg_pool2d(image(3, 3), {2, 2, 2}); }, "kernel has 3 numbers");
  refuses([] { avg_pool2d(image(3, 3), 0); }, "kernel is out of range");
  refuses([] { max_pool1d(zeros({1, 2, 4}, kInt64), 2); }, "needs a floating tensor");
  refuses([] { adaptive_avg_pool2d(image(3, 3), 0); }, "extents is out of range");
  constexpr std::int64_t kHuge = std::int64_t{1} << 32;
  refuses([] { max_pool1d(ones({1, 1, 5}), kHuge + 1, {.dilation = kHuge}); }, "larger than the padded image");
  refuses([] { adaptive_avg_pool2d(image(3, 3), kHuge); }, "[adaptive_avg_pool2d] a: f32[1,1,3,3]: shape");
}

}  // namespace
}  // namespace weft
