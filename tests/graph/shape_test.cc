#include "weft/shape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <sstream>
#include <vector>

#include "weft/error.h"

namespace weft {
namespace {

TEST(ShapeTest, HasRankExtentsAndTheirProduct) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(shape.rank(), 3);
  EXPECT_EQ(shape[0], 2);
  EXPECT_EQ(shape[2], 4);
  EXPECT_EQ(shape.numel(), 24);
  EXPECT_EQ(shape.vec(), (std::vector<std::int64_t>{2, 3, 4}));
}

TEST(ShapeTest, ScalarHasRankZeroAndOneElement) {
  const Shape scalar;
  EXPECT_EQ(scalar.rank(), 0);
  EXPECT_EQ(scalar.numel(), 1);
  EXPECT_EQ(scalar.str(), "[]");
}

TEST(ShapeTest, AnExtentMayBeZero) {
  const Shape shape{5, 0, 7};
  EXPECT_EQ(shape.rank(), 3);
  EXPECT_EQ(shape.numel(), 0);
}

TEST(ShapeTest, PrintsItsExtentsWithoutSpaces) {
  std::ostringstream out;
  out << Shape{2, 3};
  EXPECT_EQ(out.str(), "[2,3]");
  EXPECT_EQ((Shape{0}).str(), "[0]");
}

TEST(ShapeTest, IsEqualWhenRankAndExtentsAre) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_FALSE((Shape{2, 3}) == (Shape{3, 2}));
  EXPECT_FALSE((Shape{2}) == (Shape{2, 1}));
  EXPECT_FALSE(Shape{} == (Shape{1}));
}

TEST(ShapeTest, TakesRankEightAndRefusesRankNine) {
  EXPECT_EQ(Shape(std::vector<std::int64_t>(8, 1)).rank(), 8);
  EXPECT_THROW(Shape(std::vector<std::int64_t>(9, 1)), Error);
}

TEST(ShapeTest, RefusesNegativeExtents) {
  EXPECT_THROW((Shape{2, -1}), Error);
  EXPECT_THROW((Shape{std::numeric_limits<std::int64_t>::min()}), Error);
}

TEST(ShapeTest, TakesTwoToTheFortyElementsAndRefusesMore) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 40;
  EXPECT_EQ((Shape{kLimit}).numel(), kLimit);
  EXPECT_EQ((Shape{1 << 20, 1 << 20}).numel(), kLimit);
  EXPECT_THROW((Shape{kLimit + 1}), Error);
  EXPECT_THROW((Shape{1 << 20, 1 << 20, 2}), Error);
}

TEST(ShapeTest, RefusesProductsThatOverflow64Bits) {
  constexpr std::int64_t kBig = std::int64_t{1} << 62;
  EXPECT_THROW((Shape{kBig, 4}), Error);
  EXPECT_THROW((Shape{kBig, kBig}), Error);
}

// Dropping the zero gives a shape that must not exist, so a shape with it must not exist either.
TEST(ShapeTest, AZeroDoesNotHideAnExtentThatIsTooLarge) {
  constexpr std::int64_t kBig = std::int64_t{1} << 62;
  EXPECT_THROW((Shape{0, kBig}), Error);
  EXPECT_THROW((Shape{kBig, 0}), Error);
}

}  // namespace
}  // namespace weft
