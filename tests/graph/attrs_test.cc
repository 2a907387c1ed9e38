#include "graph/attrs.h"

#include <gtest/gtest.h>

#include <limits>

#include "graph/element_program.h"

namespace weft {
namespace {

TEST(Attrs, AreSortedByNameHoweverTheyAreGiven) {
  const Attrs attrs{{"keepdim", true}, {"dims", Dims{0}}};
  EXPECT_EQ(attrs.begin()->first, "dims");
  EXPECT_EQ(attrs, (Attrs{{"dims", Dims{0}}, {"keepdim", true}}));
}

TEST(Attrs, FindGivesNullForAMissingName) {
  const Attrs attrs{{"dims", Dims{0}}};
  EXPECT_EQ(attrs.find("dim"), nullptr);
  ASSERT_NE(attrs.find("dims"), nullptr);
  EXPECT_EQ(attrs.get<Dims>("dims"), Dims{0});
}

TEST(Attrs, SetReplacesOrInserts) {
  Attrs attrs{{"b", std::int64_t{1}}};
  attrs.set("b", std::int64_t{2});
  attrs.set("a", 0.5);
  EXPECT_EQ(attrs, (Attrs{{"a", 0.5}, {"b", std::int64_t{2}}}));
}

TEST(Attrs, TypesAreToldApart) {
  EXPECT_NE((Attrs{{"x", std::int64_t{1}}}), (Attrs{{"x", 1.0}}));
  EXPECT_NE((Attrs{{"x", std::int64_t{1}}}).hash(), (Attrs{{"x", true}}).hash());
}

TEST(Attrs, DoublesCompareByTheirBits) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE((Attrs{{"x", 0.0}}), (Attrs{{"x", -0.0}}));
  EXPECT_NE((Attrs{{"x", 0.0}}).hash(), (Attrs{{"x", -0.0}}).hash());
  EXPECT_EQ((Attrs{{"x", nan}}), (Attrs{{"x", nan}}));
  EXPECT_EQ((Attrs{{"x", nan}}).hash(), (Attrs{{"x", nan}}).hash());
}

TEST(Attrs, ProgramsCompareByWhatTheyCompute) {
  const auto with = [](std::string_view text) {
    return Attrs{{"x", std::make_shared<const ElementProgram>(ElementProgram::parse(text))}};
  };
  EXPECT_EQ(with("inputs 1; neg 0"), with("inputs 1; neg 0"));
  EXPECT_EQ(with("inputs 1; neg 0").hash(), with("inputs 1; neg 0").hash());
  EXPECT_NE(with("inputs 1; neg 0"), with("inputs 1; abs 0"));
  EXPECT_NE(with("inputs 1; neg 0").hash(), with("inputs 1; abs 0").hash());
}

TEST(Intern, GivesOneCopyOfEqualTexts) {
  const std::string text = "a name", again = "a name";
  EXPECT_EQ(intern(text).data(), intern(again).data());
  EXPECT_EQ(intern(text), "a name");
}

}  // namespace
}  // namespace weft
