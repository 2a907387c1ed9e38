#include "graph/passes/simplify.h"

#include "graph/text/text.h"
#include "graph/verify.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

// The call on x (f32[2,3]), i (i64[2,3]) and constants becomes `expected` or stays.
constexpr std::string_view kInputs = R"(
x = input f32[2,3]
i = input i64[2,3]
)";
constexpr std::string_view kConstants = R"(
one = full(dtype=f32, shape=[], value=1.0)
ones = full(dtype=f32, shape=[4,2,3], value=1.0)
zero = full(dtype=f32, shape=[3], value=0.0)
minus_zero = full(dtype=f32, shape=[], value=-0.0)
izero = full(dtype=i64, shape=[], value=0.0)
two = full(dtype=f32, shape=[], value=2.0)
yes = full(dtype=bool, shape=[2,1], value=1.0)
no = full(dtype=bool, shape=[], value=0.0)
)";

// The last line of the simplified graph of `calls`, the last of which makes y: "return x" where nothing is left of it.
std::string simplified(const std::string& calls) {
  const Graph before = parse_graph(std::string(kInputs) + std::string(kConstants) + calls + "\nreturn y");
  const Graph after = simplify(before);
  verify(after);
  EXPECT_EQ(after.type(after.outputs()[0]), before.type(before.outputs()[0]));
  const std::string text = print_graph(after);
  const std::size_t inputs = text.find("i = input i64[2,3]\n") + 19;
  std::string rest = text.substr(inputs);
  rest.pop_back();
  return rest;
}

TEST(Simplify, FactorsOfOneVanish) {
  EXPECT_EQ(simplified("y = mul(x, one)"), "return x");
  EXPECT_EQ(simplified("y = mul(one, x)"), "return x");
  EXPECT_EQ(simplified("y = div(x, one)"), "return x");
}

TEST(Simplify, FactorsOfOneThatBroadcastTheOperandStay) {
  EXPECT_THAT(simplified("y = mul(x, ones)"), ::testing::HasSubstr("mul(x, ones)"));
  EXPECT_THAT(simplified("y = div(one, x)"), ::testing::HasSubstr("div(one, x)"));
}

TEST(Simplify, ZerosVanishOnlyWhereNoSignOfZeroChanges) {
  EXPECT_EQ(simplified("y = sub(x, zero)"), "return x");
  EXPECT_EQ(simplified("y = add(x, minus_zero)"), "return x");
  EXPECT_EQ(simplified("y = add(minus_zero, x)"), "return x");
  EXPECT_EQ(simplified("y = add(i, izero)"), "return i");
  EXPECT_EQ(simplified("y = sub(i, izero)"), "return i");
  EXPECT_THAT(simplified("y = add(x, zero)"), ::testing::HasSubstr("add(x, zero)"));
  EXPECT_THAT(simplified("y = sub(x, minus_zero)"), ::testing::HasSubstr("sub(x, minus_zero)"));
  EXPECT_THAT(simplified("y = sub(zero, x)"), ::testing::HasSubstr("sub(zero, x)"));
}

TEST(Simplify, NegationsCancel) { EXPECT_EQ(simplified("n = neg(x)\ny = neg(n)"), "return x"); }

TEST(Simplify, SmallPowers) {
  EXPECT_EQ(simplified("y = pow_scalar(x, exponent=1.0)"), "return x");
  EXPECT_EQ(simplified("y = pow_scalar(x, exponent=2.0)"), "y = square(x)\nreturn y");
  EXPECT_EQ(simplified("y = pow(x, two)"), "y = square(x)\nreturn y");
  EXPECT_EQ(simplified("y = pow_scalar(x, exponent=0.0)"), "y = full(dtype=f32, shape=[2,3], value=1.0)\nreturn y");
  EXPECT_EQ(simplified("y = pow_scalar(x, exponent=3.0)"), "y = pow_scalar(x, exponent=3.0)\nreturn y");
}

TEST(Simplify, AnAccumulateOfOneSlotIsTheSlot) {
  EXPECT_EQ(simplified("y = accumulate(x)"), "return x");
  EXPECT_EQ(simplified("y = accumulate(x, x)"), "y = accumulate(x, x)\nreturn y");
}

TEST(Simplify, AKnownConditionChooses) {
  EXPECT_EQ(simplified("r = relu(x)\ny = where(yes, x, r)"), "return x");
  EXPECT_EQ(simplified("y = where(no, x, one)"),
            "one = full(dtype=f32, shape=[], value=1.0)\ny = expand(one, shape=[2,3])\nreturn y");
}

TEST(Simplify, CopiesOfTheSameTypeVanish) {
  EXPECT_EQ(simplified("y = reshape(x, shape=[2,3])"), "return x");
  EXPECT_EQ(simplified("y = permute(x, dims=[0,1])"), "return x");
  EXPECT_EQ(simplified("y = expand(x, shape=[2,3])"), "return x");
  EXPECT_EQ(simplified("y = cast(x, dtype=f32)"), "return x");
  EXPECT_EQ(simplified("y = detach(x)"), "return x");
  EXPECT_EQ(simplified("y = slice(x, dim=1, start=0, end=3, step=1)"), "return x");
}

TEST(Simplify, TheLastOfSeveralReshapesCounts) {
  EXPECT_EQ(simplified("a = reshape(x, shape=[6])\ny = reshape(a, shape=[3,2])"),
            "y = reshape(x, shape=[3,2])\nreturn y");
  EXPECT_EQ(simplified("a = reshape(x, shape=[6])\ny = reshape(a, shape=[2,3])"), "return x");
}

TEST(Simplify, PermutesCompose) {
  EXPECT_EQ(simplified("a = permute(x, dims=[1,0])\ny = permute(a, dims=[1,0])"), "return x");
  EXPECT_EQ(simplified("a = reshape(x, shape=[2,1,3])\nb = cat(a, a, dim=1)\n"
                       "c = permute(b, dims=[1,2,0])\ny = permute(c, dims=[1,0,2])"),
            "a = reshape(x, shape=[2,1,3])\nb = cat(a, a, dim=1)\ny = permute(b, dims=[2,1,0])\nreturn y");
}

TEST(Simplify, APermuteOfARepetitionIsMadeBeforeIt) {
  EXPECT_EQ(simplified("a = expand(x, shape=[4,2,3])\ny = permute(a, dims=[1,2,0])"),
            "v2 = reshape(x, shape=[2,3,1])\ny = expand(v2, shape=[2,3,4])\nreturn y");
}

TEST(Simplify, APermuteOfExtentsOfOneIsAReshape) {
  EXPECT_EQ(simplified("a = reshape(x, shape=[1,2,1,3])\ny = permute(a, dims=[1,0,3,2])"),
            "y = reshape(x, shape=[2,1,3,1])\nreturn y");
}

TEST(Simplify, ExpansionsJoin) {
  EXPECT_EQ(simplified("a = reshape(x, shape=[2,1,3])\nb = expand(a, shape=[2,5,3])\ny = expand(b, shape=[7,2,5,3])"),
            "a = reshape(x, shape=[2,1,3])\ny = expand(a, shape=[7,2,5,3])\nreturn y");
  EXPECT_EQ(simplified("y = expand(x, shape=[1,2,3])"), "y = reshape(x, shape=[1,2,3])\nreturn y");
}

TEST(Simplify, AReductionOverOneElementIsTheElement) {
  EXPECT_EQ(simplified("a = reshape(x, shape=[2,1,3])\ny = max(a, dims=[1], keepdim=false, whole=false)"), "return x");
  const char* rows = "y = min(x, dims=[1], keepdim=true, whole=false)";
  EXPECT_EQ(simplified(rows), std::string(rows) + "\nreturn y");
}

TEST(Simplify, ASumOfOneElementIsTheElementButForMinusZero) {
  EXPECT_EQ(simplified("a = reshape(x, shape=[2,1,3])\ny = sum(a, dims=[1], keepdim=false)"),
            "a = reshape(x, shape=[2,1,3])\nv3 = full(dtype=f32, shape=[], value=0.0)\nv4 = add(a, v3)\n"
            "y = reshape(v4, shape=[2,3])\nreturn y");
}

}  // namespace
}  // namespace weft
