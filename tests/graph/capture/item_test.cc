// The one element of a tensor as a number of the type that is asked for.
#include <gtest/gtest.h>

#include "weft/weft.h"

namespace weft {
namespace {

TEST(ItemTest, EverythingButZeroIsTrue) {
  EXPECT_TRUE(tensor(0.5).item<bool>());
  EXPECT_TRUE(tensor(-3).item<bool>());
  EXPECT_FALSE(tensor(0.0).item<bool>());
}

TEST(ItemTest, IntegersThatTheTypeCannotHoldAreRefused) {
  const Tensor x = tensor({5000000000LL});
  EXPECT_THROW(x.item<int>(), Error);
  EXPECT_EQ(x.item<std::int64_t>(), 5000000000LL);
}

}  // namespace
}  // namespace weft
