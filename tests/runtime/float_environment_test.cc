// The floating-point environment of a run is Weft's own.
#include <gtest/gtest.h>

#include <cfenv>

#include "weft/weft.h"

namespace weft {
namespace {

class FloatEnvironmentTest : public ::testing::Test {
 protected:
  void SetUp() override { std::fegetenv(&before_); }
  void TearDown() override { std::fesetenv(&before_); }
  std::fenv_t before_;
};

TEST_F(FloatEnvironmentTest, ResultsDoNotDependOnTheRoundingOfTheHost) {
  const Tensor x = full({1000}, 0.1), y = full({1000}, 3);
  const auto expected = (x / y).to_vector<float>();
  std::fesetround(FE_UPWARD);
  const auto upward = (x / y).to_vector<float>();
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(upward, expected);
}

TEST_F(FloatEnvironmentTest, TrapsOfTheHostDoNotFireInARun) {
  const Tensor x = zeros({3}).requires_grad_();
  feenableexcept(FE_DIVBYZERO | FE_INVALID);
  log(x).sum().backward();
  fedisableexcept(FE_ALL_EXCEPT);
  EXPECT_EQ(x.grad().shape(), Shape({3}));
}

}  // namespace
}  // namespace weft
