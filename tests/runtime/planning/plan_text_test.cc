// Which steps a plan has and where it puts values, as text.
#include <gtest/gtest.h>

#include "tests/testing/planned.h"

namespace weft {
namespace {

// ---- Steps

TEST(PlanText, CallsThatNoResultNeedsHaveNoStep) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
unused = exp(x)
y = neg(x)
return y
)"),
            R"(
0: neg %2(argument 0) -> result 0
arena 0
)");
}

TEST(PlanText, AliasesHaveNoStep) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
a = reshape(x, shape=[4,4])
b = exp(a)
c = reshape(b, shape=[16])
return c
)"),
            R"(
0: exp %2(argument 0) -> result 0
arena 0
)");
}

TEST(PlanText, WhatDependsOnNoInputIsComputedWhilePlanning) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
one = full(dtype=f32, shape=[16], value=1.0)
e = exp(one)
y = add(x, e)
return y
)"),
            R"(
0: add %3(argument 0, constant+0) -> result 0
arena 0
)");
}

TEST(PlanText, ALargeConstantIsMadeInEachRun) {
  EXPECT_EQ(planned(R"(
one = full(dtype=f32, shape=[300000], value=1.0)
return one
)"),
            R"(
0: full %0() -> result 0
arena 0
)");
}

// ---- Results

TEST(PlanText, AResultIsWrittenStraightIntoTheCallersBytesAndReadFromThere) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
a = exp(x)
b = neg(a)
return a, b
)"),
            R"(
0: exp %1(argument 0) -> result 0
1: neg %2(result 0) -> result 1, after 0
arena 0
)");
}

TEST(PlanText, AResultThatIsAskedForTwiceIsCopied) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
a = exp(x)
return a, a
)"),
            R"(
0: exp %1(argument 0) -> result 0
1: copy(result 0) -> result 1, after 0
arena 0
)");
}

TEST(PlanText, AnArgumentThatIsAResultIsCopied) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
return x
)"),
            R"(
0: copy(argument 0) -> result 0
arena 0
)");
}

// ---- Bytes of intermediate values

TEST(PlanText, AChainOfElementwiseCallsKeepsToItsBytes) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
a = exp(x)
b = neg(a)
c = sin(b)
d = neg(c)
return d
)"),
            R"(
0: exp %1(argument 0) -> arena+0
1: neg %2(arena+0) -> arena+0, after 0
2: sin %3(arena+0) -> arena+0, after 1
3: neg %4(arena+0) -> result 0, after 2
arena 64
)");
}

TEST(PlanText, AChainOfProductsTakesTurnsInTwoBuffers) {
  EXPECT_EQ(planned(R"(
w = input f32[4,4]
a = matmul(w, w, transpose_a=false, transpose_b=false)
b = matmul(a, w, transpose_a=false, transpose_b=false)
c = matmul(b, w, transpose_a=false, transpose_b=false)
d = matmul(c, w, transpose_a=false, transpose_b=false)
return d
)"),
            R"(
0: matmul %1(argument 0, argument 0) -> arena+0
1: matmul %2(arena+0, argument 0) -> arena+64, after 0
2: matmul %3(arena+64, argument 0) -> arena+0, after 1
3: matmul %4(arena+0, argument 0) -> result 0, after 2
arena 128
)");
}

TEST(PlanText, TheArmsOfADiamondLeaveTheValueAloneThatBothRead) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
a = exp(x)
b = neg(a)
c = sin(a)
d = add(b, c)
return d
)"),
            R"(
0: exp %1(argument 0) -> arena+0
1: neg %2(arena+0) -> arena+64, after 0
2: sin %3(arena+0) -> arena+128, after 0
3: add %4(arena+64, arena+128) -> result 0, after 1 2
arena 192
)");
}

TEST(PlanText, TheLastReaderTakesTheBytesWhereTheOthersHaveEnded) {
  EXPECT_EQ(planned(R"(
x = input f32[16]
a = exp(x)
b = sin(a)
c = add(a, b)
d = neg(c)
return d
)"),
            R"(
0: exp %1(argument 0) -> arena+0
1: sin %2(arena+0) -> arena+64, after 0
2: add %3(arena+0, arena+64) -> arena+0, after 0 1
3: neg %4(arena+0) -> result 0, after 2
arena 128
)");
}

TEST(PlanText, BytesAreSharedOnlyWhereOneValueEndsBeforeTheOtherBegins) {
  EXPECT_EQ(planned(R"(
x = input f32[4,4]
y = input f32[4,4]
a = matmul(x, x, transpose_a=false, transpose_b=false)
b = matmul(a, x, transpose_a=false, transpose_b=false)
c = matmul(y, y, transpose_a=false, transpose_b=false)
d = matmul(c, y, transpose_a=false, transpose_b=false)
return b, d
)"),
            R"(
0: matmul %2(argument 0, argument 0) -> arena+0
1: matmul %3(arena+0, argument 0) -> result 0, after 0
2: matmul %4(argument 1, argument 1) -> arena+64
3: matmul %5(arena+64, argument 1) -> result 1, after 2
arena 128
)");
}

// 64 KiB each: here, and not above, saving them is worth that c waits for b.
TEST(PlanText, ALargeValueWaitsForTheBytesOfADeadOneWhereThatCostsNoTime) {
  EXPECT_EQ(planned(R"(
x = input f32[16384]
y = input f32[16384]
z = input f32[65536]
p = exp(z)
q = sum(p, dims=[0], keepdim=false)
a = exp(x)
b = sum(a, dims=[0], keepdim=false)
c = exp(y)
d = sum(c, dims=[0], keepdim=false)
return q, b, d
)"),
            R"(
0: exp %3(argument 2) -> arena+0
1: sum %4(arena+0) -> result 0, after 0
2: exp %5(argument 0) -> arena+262144
3: sum %6(arena+262144) -> result 1, after 2
4: exp %7(argument 1) -> arena+262144, after 3
5: sum %8(arena+262144) -> result 2, after 4
arena 327680
)");
}

}  // namespace
}  // namespace weft
