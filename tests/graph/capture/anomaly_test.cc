// set_detect_anomaly(): which operation made the first nan.
#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include "weft/autograd.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

TEST(DetectAnomaly, NamesTheOperationAndTheLineWhoseGradientIsNan) {
  const DetectAnomalyGuard guard;
  const Tensor x = tensor({-1.0f, 4.0f}).requires_grad_();
  const Tensor y = x * 2;
  const int line = __LINE__ + 1;
  const Tensor root = y.sqrt();
  try {
    (root * 3).sum().backward();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[sqrt] the gradient by an operand f32[2] is nan"));
    EXPECT_EQ(error.where().line, line);
  }
  EXPECT_FALSE(x.grad().defined());
}

TEST(DetectAnomaly, NamesTheInfiniteGradientBeforeIt) {
  const DetectAnomalyGuard guard;
  const Tensor x = tensor({0.0f}).requires_grad_();
  const int line = __LINE__ + 1;
  const Tensor root = (x * 0).sqrt();
  try {
    root.backward(ones(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[mul]"));
    EXPECT_THAT(error.what(), HasSubstr("the gradient of [sqrt] in line " + std::to_string(line)));
  }
}

TEST(DetectAnomaly, LetsFiniteAndInfiniteGradientsPass) {
  const Tensor x = tensor({0.0f, 4.0f}).requires_grad_();
  const DetectAnomalyGuard guard;
  x.sqrt().sum().backward();
  EXPECT_TRUE(std::isinf(x.grad()[0].item<float>()));
  EXPECT_EQ(x.grad()[1].item<float>(), 0.25f);
}

TEST(DetectAnomaly, GivesTheBitsOfAProgramWithoutIt) {
  const auto gradient = [] {
    const Tensor x = (arange(32) * 0.1).requires_grad_();
    (x.sin() * x.exp()).tanh().sum().backward();
    return x.grad().to_vector<float>();
  };
  const auto plain = gradient();
  const DetectAnomalyGuard guard;
  EXPECT_EQ(gradient(), plain);
}

TEST(DetectAnomaly, IsOffAgainAfterItsScope) {
  {
    const DetectAnomalyGuard guard;
    EXPECT_TRUE(is_anomaly_enabled());
    const DetectAnomalyGuard off(false);
    EXPECT_FALSE(is_anomaly_enabled());
  }
  EXPECT_FALSE(is_anomaly_enabled());
  set_detect_anomaly(true);
  EXPECT_TRUE(is_anomaly_enabled());
  set_detect_anomaly(false);
}

}  // namespace
}  // namespace weft
