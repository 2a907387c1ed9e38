#include "graph/element_program.h"

#include "tests/testing/matchers.h"

namespace weft {
namespace {

TEST(ElementProgram, IsTheSameAfterPrintingAndParsing) {
  for (const char* text : {"inputs 2; mul 0 1; tanh 2; out elements 3", "inputs 0; constant 0.1; out elements 0",
                           "inputs 3; clamp 0 -1 2.5; where 3 1 2; out column_sums 4; out block_sums 0"})
    EXPECT_EQ(ElementProgram::parse(text).str(), text);
}

TEST(ElementProgram, RefusesWhatIsNoProgram) {
  for (const char* text : {"inputs", "inputs x", "inputs 1; mul 0", "inputs 1; mul 0 1", "inputs 1; jump 0",
                           "inputs 1; out rows 0", "inputs 1; out elements 1", "inputs 1; neg 0 0", "neg 0",
                           "constant 1; inputs 1", "inputs 70000", "inputs 1; clamp 0 1"})
    EXPECT_THROW(ElementProgram::parse(text), Error) << text;
}

TEST(ElementProgram, SeesOperandsAsMatricesRowsColumnsAndNumbers) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(access_of({2, 3, 4}, shape), Access::elements);
  EXPECT_EQ(access_of({4}, shape), Access::row);
  EXPECT_EQ(access_of({1, 1, 4}, shape), Access::row);
  EXPECT_EQ(access_of({2, 3, 1}, shape), Access::column);
  EXPECT_EQ(access_of({1}, shape), Access::scalar);
  EXPECT_EQ(access_of({3, 4}, shape), Access::none);
  EXPECT_EQ(access_of({2, 1, 1}, shape), Access::none);
}

}  // namespace
}  // namespace weft
