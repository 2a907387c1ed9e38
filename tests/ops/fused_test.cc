// What the fused ops accept.
#include <gmock/gmock.h>

#include "graph/text.h"
#include "weft/error.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Parsing applies the shape rules.
auto call(const std::string& types, const std::string& program, const std::string& shape = "[2,3]",
          const std::string& op = "fused", const std::string& more = "") {
  return [=] {
    std::string text, operands;
    for (std::size_t i = 0, at = 0; at < types.size(); ++i) {
      const std::size_t end = std::min(types.find(' ', at), types.size());
      text += "x" + std::to_string(i) + " = input " + types.substr(at, end - at) + "\n";
      operands += "x" + std::to_string(i) + ", ";
      at = end + 1;
    }
    parse_graph(text + "y = " + op + "(" + operands + "program=\"" + program + "\", shape=" + shape + more +
                ")\nreturn y\n");
  };
}
auto product(const std::string& types, const std::string& program, const std::string& shape) {
  return call(types, program, shape, "fused_matmul", ", transpose_a=false, transpose_b=false");
}
auto refuses(const char* rule) { return ThrowsMessage<Error>(HasSubstr(rule)); }

TEST(Fused, TakesMatricesRowsColumnsAndNumbers) {
  EXPECT_NO_THROW(
      call("f32[2,3] f32[3] f32[2,1] f32[] f64[]", "inputs 5; add 0 1; mul 5 2; mul 6 3; mul 7 4; out elements 8")());
}

TEST(Fused, RefusesWhatIsNoProgram) {
  EXPECT_THAT(call("f32[2,3]", "inputs 1; jump 0; out elements 1"), refuses("no instruction 'jump'"));
  EXPECT_THAT(call("f32[2,3]", "inputs 1; neg 0"), refuses("the program has no outputs"));
  EXPECT_THAT(call("f32[2,3]", "inputs 2; neg 0; out elements 2"), refuses("another number of inputs"));
}

TEST(Fused, RefusesOperandsThatDoNotServeTheShape) {
  EXPECT_THAT(call("f32[2]", "inputs 1; out elements 0"), refuses("neither a matrix, a row, a column nor a number"));
  EXPECT_THAT(call("i64[2,3]", "inputs 1; out elements 0"), refuses("operands are f32, or one f64"));
  EXPECT_THAT(call("f64[2,3]", "inputs 1; out elements 0"), refuses("operands are f32, or one f64"));
}

TEST(Fused, RefusesAShapeWithoutElements) {
  EXPECT_THAT(call("f32[0,3]", "inputs 1; out elements 0", "[0,3]"), refuses("the shape has no elements"));
}

TEST(Fused, RefusesSumsOfBlocksThatAreNotInOrder) {
  EXPECT_THAT(call("f32[2,3] f32[3]", "inputs 2; add 0 1; out block_sums 2"),
              refuses("block_sums go with matrices and numbers only"));
  EXPECT_THAT(call("f32[2,3]", "inputs 1; out block_sums 0; out column_sums 0"),
              refuses("block_sums do not go with column_sums"));
  EXPECT_THAT(product("f32[2,4] f32[4,3]", "inputs 1; out block_sums 0", "[2,3]"),
              refuses("block_sums do not go with a product"));
}

TEST(FusedMatmul, RefusesFactorsThatDoNotFit) {
  EXPECT_THAT(product("f32[2,4] f32[5,3]", "inputs 1; out elements 0", "[2,3]"), refuses("the columns of a"));
  EXPECT_THAT(product("f32[2,4] f32[4,3]", "inputs 1; out elements 0", "[3,2]"), refuses("not that of the product"));
  EXPECT_THAT(product("f64[2,4] f64[4,3]", "inputs 1; out elements 0", "[2,3]"), refuses("must be f32 matrices"));
  EXPECT_THAT(product("f32[2,4] f32[4,1]", "inputs 1; out column_sums 0", "[2,1]"),
              refuses("column_sums do not go with a product of one column"));
}

}  // namespace
}  // namespace weft
