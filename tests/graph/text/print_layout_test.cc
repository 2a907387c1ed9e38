// Rows, line breaks and summaries in PyTorch's printed form; every text was printed by PyTorch 2.14.
#include <gtest/gtest.h>

#include "tests/testing/print.h"

namespace weft {
namespace {

using namespace weft::testing;

TEST(PrintLayout, RowsOfAMatrix) {
  EXPECT_EQ(f32(count<float>(6), {2, 3}),
            "tensor([[0., 1., 2.],\n"
            "        [3., 4., 5.]])");
  EXPECT_EQ(f32(count<float>(4, 0.5, 0.5), {2, 2}),
            "tensor([[0.5000, 1.0000],\n"
            "        [1.5000, 2.0000]])");
  EXPECT_EQ(i64(count<std::int64_t>(3), {3, 1}),
            "tensor([[0],\n"
            "        [1],\n"
            "        [2]])");
  EXPECT_EQ(i64(count<std::int64_t>(3), {1, 3}), "tensor([[0, 1, 2]])");
  EXPECT_EQ(i64({5}, {1, 1}), "tensor([[5]])");
}

TEST(PrintLayout, BlankLinesPartMatrices) {
  EXPECT_EQ(i64(count<std::int64_t>(8), {2, 2, 2}),
            "tensor([[[0, 1],\n"
            "         [2, 3]],\n"
            "\n"
            "        [[4, 5],\n"
            "         [6, 7]]])");
  EXPECT_EQ(f32(count<float>(4, -1.5, 1.0), {2, 2, 1}),
            "tensor([[[-1.5000],\n"
            "         [-0.5000]],\n"
            "\n"
            "        [[ 0.5000],\n"
            "         [ 1.5000]]])");
  EXPECT_EQ(i64(count<std::int64_t>(8), {2, 2, 1, 2}),
            "tensor([[[[0, 1]],\n"
            "\n"
            "         [[2, 3]]],\n"
            "\n"
            "\n"
            "        [[[4, 5]],\n"
            "\n"
            "         [[6, 7]]]])");
  EXPECT_EQ(i64(count<std::int64_t>(4), {2, 1, 1, 1, 2}),
            "tensor([[[[[0, 1]]]],\n"
            "\n"
            "\n"
            "\n"
            "        [[[[2, 3]]]]])");
}

TEST(PrintLayout, LinesBreakBeforeEightyColumns) {
  EXPECT_EQ(i64(count<std::int64_t>(24), {24}),
            "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
            "        18, 19, 20, 21, 22, 23])");
  EXPECT_EQ(i64(count<std::int64_t>(19), {19}),
            "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
            "        18])");
  EXPECT_EQ(f32(count<float>(11, 0.5, 1.0), {11}),
            "tensor([ 0.5000,  1.5000,  2.5000,  3.5000,  4.5000,  5.5000,  6.5000,  7.5000,\n"
            "         8.5000,  9.5000, 10.5000])");
  EXPECT_EQ(f32(count<float>(20, 100.0, 1.0), {20}),
            "tensor([100., 101., 102., 103., 104., 105., 106., 107., 108., 109., 110., 111.,\n"
            "        112., 113., 114., 115., 116., 117., 118., 119.])");
  EXPECT_EQ(bools({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {14}),
            "tensor([True, True, True, True, True, True, True, True, True, True, True, True,\n"
            "        True, True])");
}

TEST(PrintLayout, InnerRowsHaveLessRoom) {
  EXPECT_EQ(i64(count<std::int64_t>(40), {2, 20}),
            "tensor([[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
            "         18, 19],\n"
            "        [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,\n"
            "         38, 39]])");
  EXPECT_EQ(i64(count<std::int64_t>(22, 10, 1), {1, 1, 22}),
            "tensor([[[10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,\n"
            "          27, 28, 29, 30, 31]]])");
}

TEST(PrintLayout, LineWidthIsAnOption) {
  EXPECT_EQ(i64(count<std::int64_t>(6), {6}, "", {.line_width = 20}),
            "tensor([0, 1, 2, 3,\n"
            "        4, 5])");
  EXPECT_EQ(i64(count<std::int64_t>(3, 100, 1), {3}, "", {.line_width = 1}),
            "tensor([100,\n"
            "        101,\n"
            "        102])");
  EXPECT_EQ(f32(count<float>(8), {8}, "", {.line_width = 120}), "tensor([0., 1., 2., 3., 4., 5., 6., 7.])");
}

TEST(PrintLayout, MoreThanAThousandElementsAreSummarised) {
  EXPECT_EQ(i64(count<std::int64_t>(1001), {1001}), "tensor([   0,    1,    2,  ...,  998,  999, 1000])");
  EXPECT_EQ(f32(count<float>(1001, 0.0, 0.5), {1001}),
            "tensor([  0.0000,   0.5000,   1.0000,  ..., 499.0000, 499.5000, 500.0000])");
  EXPECT_EQ(i64(count<std::int64_t>(2000), {2, 1000}),
            "tensor([[   0,    1,    2,  ...,  997,  998,  999],\n"
            "        [1000, 1001, 1002,  ..., 1997, 1998, 1999]])");
  EXPECT_EQ(i64(count<std::int64_t>(2000), {1000, 2}),
            "tensor([[   0,    1],\n"
            "        [   2,    3],\n"
            "        [   4,    5],\n"
            "        ...,\n"
            "        [1994, 1995],\n"
            "        [1996, 1997],\n"
            "        [1998, 1999]])");
  EXPECT_EQ(i64(count<std::int64_t>(2500), {50, 50}),
            "tensor([[   0,    1,    2,  ...,   47,   48,   49],\n"
            "        [  50,   51,   52,  ...,   97,   98,   99],\n"
            "        [ 100,  101,  102,  ...,  147,  148,  149],\n"
            "        ...,\n"
            "        [2350, 2351, 2352,  ..., 2397, 2398, 2399],\n"
            "        [2400, 2401, 2402,  ..., 2447, 2448, 2449],\n"
            "        [2450, 2451, 2452,  ..., 2497, 2498, 2499]])");
}

TEST(PrintLayout, SummariesOfSeveralDimensions) {
  EXPECT_EQ(i64(count<std::int64_t>(2048), {4, 8, 64}, "", {.edge_items = 1}),
            "tensor([[[   0,  ...,   63],\n"
            "         ...,\n"
            "         [ 448,  ...,  511]],\n"
            "\n"
            "        ...,\n"
            "\n"
            "        [[1536,  ..., 1599],\n"
            "         ...,\n"
            "         [1984,  ..., 2047]]])");
  EXPECT_EQ(f32(count<float>(1200, 1.0, 1.0), {2, 600, 1}),
            "tensor([[[1.0000e+00],\n"
            "         [2.0000e+00],\n"
            "         [3.0000e+00],\n"
            "         ...,\n"
            "         [5.9800e+02],\n"
            "         [5.9900e+02],\n"
            "         [6.0000e+02]],\n"
            "\n"
            "        [[6.0100e+02],\n"
            "         [6.0200e+02],\n"
            "         [6.0300e+02],\n"
            "         ...,\n"
            "         [1.1980e+03],\n"
            "         [1.1990e+03],\n"
            "         [1.2000e+03]]])");
  EXPECT_EQ(i64(count<std::int64_t>(1056), {2, 1, 528}),
            "tensor([[[   0,    1,    2,  ...,  525,  526,  527]],\n"
            "\n"
            "        [[ 528,  529,  530,  ..., 1053, 1054, 1055]]])");
}

TEST(PrintLayout, OnlyElementsShownDecideTheNotation) {
  EXPECT_EQ(f32(count<float>(2001, -1000.0, 1.0), {2001}),
            "tensor([-1000.,  -999.,  -998.,  ...,   998.,   999.,  1000.])");
  EXPECT_EQ(i64(count<std::int64_t>(1001, -1, 1000), {1001}),
            "tensor([    -1,    999,   1999,  ..., 997999, 998999, 999999])");
}

TEST(PrintLayout, ThresholdAndEdgeItemsAreOptions) {
  EXPECT_EQ(i64(count<std::int64_t>(10), {10}, "", {.threshold = 5}), "tensor([0, 1, 2,  ..., 7, 8, 9])");
  EXPECT_EQ(i64(count<std::int64_t>(10), {10}, "", {.threshold = 10}), "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])");
  EXPECT_EQ(i64(count<std::int64_t>(10), {10}, "", {.threshold = 5, .edge_items = 1}), "tensor([0,  ..., 9])");
  EXPECT_EQ(i64(count<std::int64_t>(10), {10}, "", {.threshold = 5, .edge_items = 5}),
            "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])");
  EXPECT_EQ(i64(count<std::int64_t>(25), {5, 5}, "", {.threshold = 5, .edge_items = 1}),
            "tensor([[ 0,  ...,  4],\n"
            "        ...,\n"
            "        [20,  ..., 24]])");
}

TEST(PrintLayout, NoEdgeItemsLeavesTheSize) {
  EXPECT_EQ(i64(count<std::int64_t>(10), {10}, "", {.threshold = 5, .edge_items = 0}), "tensor([...], size=(10,))");
  EXPECT_EQ(i64(count<std::int64_t>(10), {2, 5}, "", {.threshold = 5, .edge_items = 0}), "tensor([...], size=(2, 5))");
  EXPECT_EQ(i64({3}, {}, "", {.edge_items = 0}), "tensor(3, size=())");
}

// One element stands for 2^33: with no edge items none may be read beyond it.
TEST(PrintLayout, SummariesReadOnlyWhatTheyShow) {
  const std::int64_t one = 1;
  const std::int64_t n = std::int64_t{1} << 33;
  const PrintOptions none{.threshold = 5, .edge_items = 0};
  EXPECT_EQ(format_tensor({DType::i64, {n}}, &one, "", none), "tensor([...], size=(8589934592,))");
}

}  // namespace
}  // namespace weft
