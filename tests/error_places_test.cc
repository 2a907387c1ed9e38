// What is asked for in vain is refused by the function that was called, in the user's line.
#include <gmock/gmock.h>

#include "tests/testing/error_of.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// EXPECT_REFUSED(call, "[op] how the text starts"): the Error names this line, too.
#define EXPECT_REFUSED(call, text)     \
  EXPECT_THAT(error_of([&] { call; }), \
              AllOf(StartsWith(text), HasSubstr("error_places_test.cc:" + std::to_string(__LINE__))))

constexpr std::int64_t kTooMany = (std::int64_t{1} << 40) + 1;

TEST(ErrorPlacesTest, CreationRefusesWhatIsNoShape) {
  EXPECT_REFUSED(zeros({2, -1}), "[zeros] shape [2,-1]: negative extent");
  EXPECT_REFUSED(zeros(-1), "[zeros] shape [-1]: negative extent");
  EXPECT_REFUSED(ones({kTooMany}), "[ones] shape [1099511627777]: more than 2^40 elements");
  EXPECT_REFUSED(full({1, 1, 1, 1, 1, 1, 1, 1, 1}, 2), "[full] shape [1,1,1,1,1,1,1,1,1]: more than 8 dims");
  EXPECT_REFUSED(rand({-3}), "[rand] shape [-3]: negative extent");
  EXPECT_REFUSED(randn({kTooMany, 2}), "[randn] shape ");
  EXPECT_REFUSED(randint(0, 2, {-1}), "[randint] shape [-1]: negative extent");
  EXPECT_REFUSED(eye(-1), "[eye] shape [-1,-1]: negative extent");
  EXPECT_REFUSED(arange(1e15), "[arange] shape [1000000000000000]: more than 2^40 elements");
  const std::vector<float> values(4);
  EXPECT_REFUSED(from_data(values, {-2, -2}), "[from_data] shape [-2,-2]: negative extent");
}

TEST(ErrorPlacesTest, ShapeOperationsRefuseWhatIsNoShape) {
  const Tensor x = zeros({2, 3});
  EXPECT_REFUSED(x.view({std::int64_t{1} << 41}), "[view] a: f32[2,3]: shape [2199023255552]: more than 2^40 elements");
  EXPECT_REFUSED(x.view({-2, 3}), "[view] a: f32[2,3]: shape [-2,3] has a negative extent");
  EXPECT_REFUSED(x.reshape({-1, 1, 1, 1, 1, 1, 1, 1, 1}), "[reshape] a: f32[2,3]: shape [-1,1,1,1,1,1,1,1,1] has more");
  EXPECT_REFUSED(x.expand({-5, 2, 3}), "[expand] a: f32[2,3]: shape [-5,2,3]: negative extent");
  EXPECT_REFUSED(x.expand({std::int64_t{1} << 40, 2, 3}), "[expand] a: f32[2,3]: shape ");
  EXPECT_REFUSED(x.size(7), "[size] a: f32[2,3]: dim 7 is out of range");
  EXPECT_REFUSED(x[2], "[select] a: f32[2,3]: index 2 is outside of dim 0 of extent 2");
}

TEST(ErrorPlacesTest, EightDimsAreAllThatThereAre) {
  const Tensor x = zeros({1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_REFUSED(x.unsqueeze(0), "[unsqueeze] a: f32[1,1,1,1,1,1,1,1]: ");
  EXPECT_REFUSED(stack({x, x}), "[stack] a: f32[1,1,1,1,1,1,1,1], b: f32[1,1,1,1,1,1,1,1]: ");
}

TEST(ErrorPlacesTest, ResultsThatAreTooLargeAreRefused) {
  const std::int64_t n = std::int64_t{1} << 21;
  const Tensor column = zeros({n, 1}), row = zeros({1, n});
  EXPECT_REFUSED(matmul(column, row), "[matmul] a: f32[2097152,1], b: f32[1,2097152]: shape [2097152,2097152]: more");
  EXPECT_REFUSED(column + row, "[add] a: f32[2097152,1], b: f32[1,2097152]: shape [2097152,2097152]: more");
  const Tensor batch = zeros({n, 1, 2, 2}), other = zeros({1, n, 2, 2});
  EXPECT_REFUSED(batch.matmul(other), "[matmul] a: f32[2097152,1,2,2], b: f32[1,2097152,2,2]: shape ");
  EXPECT_REFUSED(linear(column, column), "[linear] a: f32[2097152,1], b: f32[2097152,1]: shape ");
}

}  // namespace
}  // namespace weft
