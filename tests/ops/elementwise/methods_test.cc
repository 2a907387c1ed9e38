// Operations as methods are the functions of the same names.
#include <gmock/gmock.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Tensor& a() {
  static const Tensor x = tensor({1., 2., 3.});
  return x;
}
const Tensor& b() {
  static const Tensor x = tensor({3., 2., 1.});
  return x;
}

TEST(MethodsTest, Arithmetic) {
  EXPECT_THAT(a().add(b()).to_vector<float>(), ElementsAre(4, 4, 4));
  EXPECT_THAT(a().sub(1).to_vector<float>(), ElementsAre(0, 1, 2));
  EXPECT_THAT(a().mul(b()).to_vector<float>(), ElementsAre(3, 4, 3));
  EXPECT_THAT(a().div(2).to_vector<float>(), ElementsAre(0.5, 1, 1.5));
  EXPECT_THAT(a().maximum(b()).to_vector<float>(), ElementsAre(3, 2, 3));
  EXPECT_THAT(a().minimum(b()).to_vector<float>(), ElementsAre(1, 2, 1));
  EXPECT_EQ(a().erf().to_vector<float>(), erf(a()).to_vector<float>());
}

TEST(MethodsTest, Comparisons) {
  EXPECT_THAT(a().eq(b()).to_vector<bool>(), ElementsAre(false, true, false));
  EXPECT_THAT(a().ne(b()).to_vector<bool>(), ElementsAre(true, false, true));
  EXPECT_THAT(a().lt(b()).to_vector<bool>(), ElementsAre(true, false, false));
  EXPECT_THAT(a().le(b()).to_vector<bool>(), ElementsAre(true, true, false));
  EXPECT_THAT(a().gt(b()).to_vector<bool>(), ElementsAre(false, false, true));
  EXPECT_THAT(a().ge(2).to_vector<bool>(), ElementsAre(false, true, true));
}

TEST(MethodsTest, Logic) {
  const Tensor yes = tensor({true, true, false}), no = tensor({true, false, false});
  EXPECT_THAT(yes.logical_not().to_vector<bool>(), ElementsAre(false, false, true));
  EXPECT_THAT(yes.logical_and(no).to_vector<bool>(), ElementsAre(true, false, false));
  EXPECT_THAT(yes.logical_or(no).to_vector<bool>(), ElementsAre(true, true, false));
  EXPECT_THAT(yes.logical_xor(no).to_vector<bool>(), ElementsAre(false, true, false));
}

TEST(MethodsTest, WhereTakesThisTensorWhereTheConditionHolds) {
  EXPECT_THAT(a().where(a().gt(1), -1).to_vector<float>(), ElementsAre(-1, 2, 3));
}

TEST(MethodsTest, ErrorsNameTheLineOfTheCall) {
  const int line = __LINE__ + 1;
  const auto call = [] { a().eq(zeros({2})); };
  try {
    call();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("methods_test.cc:" + std::to_string(line)));
  }
}

// A const handle keeps naming the same tensor; the tensor may change.
TEST(MethodsTest, InPlaceMethodsWorkOnTemporariesAndOnWhatALambdaHasCaptured) {
  const Tensor x = ones({2});
  x.data().mul_(2);
  const auto add_one = [x] { x.add_(1); };
  add_one();
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(3, 3));
  EXPECT_THAT(zeros({2, 2}).select(0, 0).fill_(9).to_vector<float>(), ElementsAre(9, 9));
}

TEST(MethodsTest, AnIndexGivesARow) {
  const Tensor x = tensor({{1., 2.}, {3., 4.}, {5., 6.}});
  EXPECT_THAT(x[0].to_vector<float>(), ElementsAre(1, 2));
  EXPECT_THAT(x[-1].to_vector<float>(), ElementsAre(5, 6));
  for (std::int64_t i = 0; i < x.size(0); ++i) EXPECT_EQ(x[i][1].item(), 2.0 * static_cast<double>(i) + 2);
  EXPECT_THROW(x[3], Error);
  EXPECT_THROW(x[-4], Error);
  EXPECT_THROW(x[0][0][0], Error);
}

}  // namespace
}  // namespace weft
