#include "weft/version.h"

#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

TEST(VersionTest, TheStringIsMadeOfTheNumbers) {
  EXPECT_EQ(kVersion,
            std::to_string(kVersionMajor) + "." + std::to_string(kVersionMinor) + "." + std::to_string(kVersionPatch));
}

TEST(VersionTest, TheMacroOrdersVersions) {
  EXPECT_EQ(WEFT_VERSION, kVersionMajor * 10000 + kVersionMinor * 100 + kVersionPatch);
#if WEFT_VERSION < 100
  FAIL() << "0.1.0 is the first version";
#endif
}

TEST(VersionTest, TheLibrarySaysTheVersionOfItsHeaders) { EXPECT_STREQ(version(), kVersion); }

}  // namespace
}  // namespace weft
