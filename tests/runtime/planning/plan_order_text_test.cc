// How a plan orders writes of variables, what may throw, and calls in parts, as text.
#include <gtest/gtest.h>

#include "tests/testing/planned.h"

namespace weft {
namespace {

// ---- Variables

TEST(PlanText, AnElementwiseUpdateWritesItsVariable) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
v = input f32[16]
w = sub(v, x)
return w
)",
                    {.variables = 1, .writes = {0}}),
            R"(
0: sub %2(variable 0, argument 0) -> next 0
arena 0
)");
}

TEST(PlanText, AVariableIsWrittenAfterAllThatReadItsOldValue) {
  EXPECT_EQ(planned(R"(
v = input f32[16]
w = neg(v)
a = exp(v)
b = sin(v)
return a, b, w
)",
                    {.variables = 1, .writes = {0}}),
            R"(
0: exp %2(variable 0) -> result 0
1: sin %3(variable 0) -> result 1
2: neg %1(variable 0) -> next 0, after 0 1
arena 0
)");
}

TEST(PlanText, AProductOfItsVariableIsCopiedIntoItAtTheEnd) {
  EXPECT_EQ(planned(R"(
v = input f32[4,4]
w = matmul(v, v, transpose_a=false, transpose_b=false)
return w
)",
                    {.variables = 1, .writes = {0}}),
            R"(
0: matmul %1(variable 0, variable 0) -> arena+0
1: copy(arena+0) -> next 0, after 0
arena 64
)");
}

TEST(PlanText, VariablesThatChangePlacesAreCopiedFirst) {
  EXPECT_EQ(planned(R"(
u = input f32[16]
v = input f32[16]
return v, u
)",
                    {.variables = 2, .writes = {0, 1}}),
            R"(
0: copy(variable 1) -> arena+0
1: copy(variable 0) -> arena+64
2: copy(arena+0) -> next 0, after 0 1
3: copy(arena+64) -> next 1, after 0 1
arena 128
)");
}

TEST(PlanText, EmptyVariablesThatChangePlacesNeedNothing) {
  EXPECT_EQ(planned(R"(
u = input f32[0]
v = input f32[0]
return v, u
)",
                    {.variables = 2, .writes = {0, 1}}),
            R"(
arena 0
)");
}

TEST(PlanText, AVariableIsWrittenAfterWhatMayThrow) {
  EXPECT_EQ(planned(R"(
x = input f32[4,4]
t = input i64[4]
v = input f32[16]
w = neg(v)
l = cross_entropy(x, t, reduction=1)
return l, w
)",
                    {.variables = 1, .writes = {0}}),
            R"(
0: cross_entropy %4(argument 0, argument 1) -> result 0
1: neg %3(variable 0) -> next 0, after 0
arena 0
)");
}

TEST(PlanText, AGateStandsBetweenManyThatMayThrowAndManyWrites) {
  EXPECT_EQ(planned(R"(
x = input f32[4,4]
t = input i64[4]
u = input f32[16]
v = input f32[16]
l = cross_entropy(x, t, reduction=1)
m = cross_entropy(x, t, reduction=2)
a = neg(u)
b = neg(v)
return l, m, a, b
)",
                    {.variables = 2, .writes = {0, 1}}),
            R"(
0: cross_entropy %4(argument 0, argument 1) -> result 0
1: cross_entropy %5(argument 0, argument 1) -> result 1
2: gate(), after 0 1
3: neg %6(variable 0) -> next 0, after 2
4: neg %7(variable 1) -> next 1, after 2
arena 0
)");
}

// ---- Calls in parts

TEST(PlanText, APartWaitsForThePartsThatWriteWhatItReads) {
  EXPECT_EQ(planned(R"(
x = input f32[300,750]
a = fused(x, program="inputs 1; exp 0; out elements 1", shape=[300,750])
b = fused(a, program="inputs 1; neg 0; out elements 1", shape=[300,750])
return b
)"),
            R"(
0: fused %1 part 0/4(argument 0) -> arena+0
1: fused %1 part 1/4(argument 0) -> arena+0
2: fused %1 part 2/4(argument 0) -> arena+0
3: fused %1 part 3/4(argument 0) -> arena+0
4: fused %2 part 0/3(arena+0) -> result 0, after 0 1
5: fused %2 part 1/3(arena+0) -> result 0, after 1 2
6: fused %2 part 2/3(arena+0) -> result 0, after 2 3
arena 900032
)");
}

TEST(PlanText, PartsOfTheSameElementsFollowEachOther) {
  EXPECT_EQ(planned(R"(
x = input f32[300,750]
a = fused(x, program="inputs 1; abs 0; out elements 1", shape=[300,750])
b = fused(a, program="inputs 1; neg 0; out elements 1", shape=[300,750])
c = fused(b, program="inputs 1; abs 0; out elements 1", shape=[300,750])
return c
)"),
            R"(
0: fused %1 part 0/3(argument 0) -> arena+0
1: fused %1 part 1/3(argument 0) -> arena+0
2: fused %1 part 2/3(argument 0) -> arena+0
3: fused %2 part 0/3(arena+0) -> arena+0, after 0
4: fused %2 part 1/3(arena+0) -> arena+0, after 1
5: fused %2 part 2/3(arena+0) -> arena+0, after 2
6: fused %3 part 0/3(arena+0) -> result 0, after 3
7: fused %3 part 1/3(arena+0) -> result 0, after 4
8: fused %3 part 2/3(arena+0) -> result 0, after 5
arena 900032
)");
}

TEST(PlanText, AGateStandsBetweenManyPartsAndThoseThatReadAll) {
  EXPECT_EQ(planned(R"(
x = input f32[400,1000]
a = fused(x, program="inputs 1; exp 0; out elements 1", shape=[400,1000])
b = sum(a, dims=[0], keepdim=false)
return b
)"),
            R"(
0: fused %1 part 0/6(argument 0) -> arena+0
1: fused %1 part 1/6(argument 0) -> arena+0
2: fused %1 part 2/6(argument 0) -> arena+0
3: fused %1 part 3/6(argument 0) -> arena+0
4: fused %1 part 4/6(argument 0) -> arena+0
5: fused %1 part 5/6(argument 0) -> arena+0
6: gate(), after 0 1 2 3 4 5
7: sum %2(arena+0) -> result 0, after 6
arena 1600000
)");
}

}  // namespace
}  // namespace weft
