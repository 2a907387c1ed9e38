// The elementwise operations as a user calls them: operators, numbers as operands, names of gradient functions.
#include <gmock/gmock.h>

#include <string>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tensor leaf() { return tensor({1.0, 2.0}).requires_grad_(); }
std::string name_of(const Tensor& t) { return t.grad_fn().name(); }

TEST(OperatorsTest, NumbersStandOnEitherSide) {
  const Tensor x = tensor({1.0, 2.0});
  EXPECT_THAT((x + 1).to_vector<float>(), ElementsAre(2, 3));
  EXPECT_THAT((1 - x).to_vector<float>(), ElementsAre(0, -1));
  EXPECT_THAT((2 * x).to_vector<float>(), ElementsAre(2, 4));
  EXPECT_THAT((2 / x).to_vector<float>(), ElementsAre(2, 1));
  EXPECT_THAT((-x).to_vector<float>(), ElementsAre(-1, -2));
  EXPECT_THAT(pow(2, x).to_vector<float>(), ElementsAre(2, 4));
  EXPECT_THAT((x > 1).to_vector<bool>(), ElementsAre(false, true));
  EXPECT_THAT((x == 1).to_vector<bool>(), ElementsAre(true, false));
}

TEST(OperatorsTest, ANumberTakesTheDtypeBesideIt) {
  EXPECT_EQ((tensor({1, 2}) + 1).dtype(), kInt64);
  EXPECT_EQ((tensor({1, 2}) + 0.5).dtype(), kFloat32);
  EXPECT_EQ((tensor({1.0}, kFloat64) * 3).dtype(), kFloat64);
  EXPECT_EQ((tensor({1, 2}) / 2).dtype(), kFloat32);
  EXPECT_EQ(tensor({1, 2}).pow(2).dtype(), kInt64);
  EXPECT_EQ(tensor({1, 2}).pow(2.0).dtype(), kFloat32);
}

TEST(OperatorsTest, NothingThatIsBoolIsSubtracted) {
  const Tensor x = tensor({1.0, 2.0}), mask = tensor({true, false});
  EXPECT_THAT([&] { x - mask; }, ThrowsMessage<Error>(HasSubstr("[sub] a: f32[2], b: bool[2]: bool has no")));
  EXPECT_THAT([&] { mask - 1; }, ThrowsMessage<Error>(HasSubstr("bool has no differences")));
  EXPECT_THAT([&] { true - x; }, ThrowsMessage<Error>(HasSubstr("bool has no differences")));
  EXPECT_THAT((x + mask).to_vector<float>(), ElementsAre(2, 2));
}

TEST(OperatorsTest, GradientFunctionsHaveTheNamesOfPyTorch) {
  const Tensor x = leaf();
  EXPECT_EQ(name_of(x + 2), "AddBackward0");
  EXPECT_EQ(name_of(x - 2), "SubBackward0");
  EXPECT_EQ(name_of(x * 2), "MulBackward0");
  EXPECT_EQ(name_of(x / 2), "DivBackward0");
  EXPECT_EQ(name_of(-x), "NegBackward0");
  EXPECT_EQ(name_of(x.pow(2)), "PowBackward0");
  EXPECT_EQ(name_of(x.pow(1)), "PowBackward0");
  EXPECT_EQ(name_of(x.pow(x)), "PowBackward1");
  EXPECT_EQ(name_of(x.square()), "PowBackward0");
  EXPECT_EQ(name_of(x.exp()), "ExpBackward0");
  EXPECT_EQ(name_of(x.relu()), "ReluBackward0");
  EXPECT_EQ(name_of(x.clamp(0)), "ClampBackward1");
  EXPECT_EQ(name_of(where(x > 1, x, 0)), "WhereBackward0");
  EXPECT_EQ(name_of(x.to(kFloat64)), "ToCopyBackward0");
}

TEST(OperatorsTest, NumbersOnTheLeftHaveGradientFunctionsOfTheirOwn) {
  const Tensor x = leaf();
  EXPECT_EQ(name_of(1 - x), "RsubBackward1");
  EXPECT_EQ(name_of(1 / x), "MulBackward0");  // of the reciprocal
  EXPECT_EQ(name_of(pow(2, x)), "PowBackward2");
}

TEST(OperatorsTest, ComparisonsDoNotRequireGradients) { EXPECT_FALSE((leaf() > 1).requires_grad()); }

TEST(OperatorsTest, ToTheSameDtypeIsTheTensorItself) {
  const Tensor x = leaf();
  EXPECT_TRUE(x.to(kFloat32).is_same(x));
}

TEST(OperatorsTest, ErrorsNameTheLineOfTheCall) {
  const Tensor a = ones({2, 3}), b = ones({4});
  const std::string line = std::to_string(__LINE__ + 1);
  EXPECT_THAT([&] { a + b; }, ThrowsMessage<Error>(HasSubstr("operators_test.cc:" + line)));
}

TEST(OperatorsTest, AnUndefinedOperandIsRefused) {
  EXPECT_THROW(exp(Tensor()), Error);
  EXPECT_THROW(ones({2}) + Tensor(), Error);
  EXPECT_THROW(Tensor().to(kFloat64), Error);
}

}  // namespace
}  // namespace weft
