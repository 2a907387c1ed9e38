#include <gmock/gmock.h>

#include "ops/values.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(BroadcastTest, ExtentsOfOneAndMissingExtentsGrow) {
  EXPECT_EQ(broadcast({2, 3}, {3}), Shape({2, 3}));
  EXPECT_EQ(broadcast({2, 1}, {1, 3}), Shape({2, 3}));
  EXPECT_EQ(broadcast({}, {4}), Shape({4}));
  EXPECT_EQ(broadcast({}, {}), Shape({}));
}

TEST(BroadcastTest, NoElementsStayNoElements) {
  EXPECT_EQ(broadcast({0}, {1}), Shape({0}));
  EXPECT_EQ(broadcast({2, 0}, {2, 1}), Shape({2, 0}));
}

TEST(BroadcastTest, OtherExtentsDoNotFit) {
  EXPECT_EQ(broadcast({2, 3}, {2}), std::nullopt);
  EXPECT_EQ(broadcast({0}, {2}), std::nullopt);
}

TEST(NormalizeDimTest, NegativeDimsCountFromTheEnd) {
  const TensorType type{DType::f32, {2, 3, 4}};
  EXPECT_EQ(normalize_dim("sum", 0, type, {}), 0);
  EXPECT_EQ(normalize_dim("sum", 2, type, {}), 2);
  EXPECT_EQ(normalize_dim("sum", -1, type, {}), 2);
  EXPECT_EQ(normalize_dim("sum", -3, type, {}), 0);
}

TEST(NormalizeDimTest, DimsOutsideOfTheRankAreRefused) {
  const TensorType type{DType::f32, {2, 3}};
  EXPECT_THAT([&] { normalize_dim("sum", 2, type, {}); },
              ThrowsMessage<Error>("[sum] a: f32[2,3]: dim 2 is outside of [-2, 1]"));
  EXPECT_THAT([&] { normalize_dim("sum", -3, type, {}); }, ThrowsMessage<Error>(HasSubstr("dim -3")));
  EXPECT_THAT(
      [&] {
        normalize_dim("select", 0, {DType::f32, {}}, SourceLocation::current("user.cc", 7));
      },
      ThrowsMessage<Error>("[select] a: f32[]: a scalar has no dims\n  at user.cc:7"));
}

}  // namespace
}  // namespace weft
