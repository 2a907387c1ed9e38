#include "weft/version.h"

#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

TEST(VersionTest, TheStringIsMadeOfTheNumbers) {
  EXPECT_EQ(kVersion,
            std::to_string(kVersionMajor) + "." + std::to_string(kVersionMinor) + "." + std::to_string(kVersionPatch));
}

}  // namespace
}  // namespace weft
