// What follows the elements in PyTorch's printed form; every text was printed by PyTorch 2.14.
#include <gtest/gtest.h>

#include "tests/testing/print.h"

namespace weft {
namespace {

using namespace weft::testing;

TEST(PrintSuffix, EmptyTensorsShowSizeAndDtype) {
  EXPECT_EQ(f32({}, {0}), "tensor([])");
  EXPECT_EQ(f32({}, {0, 3}), "tensor([], size=(0, 3))");
  EXPECT_EQ(f32({}, {2, 0, 3}), "tensor([], size=(2, 0, 3))");
  EXPECT_EQ(i64({}, {0}), "tensor([], dtype=torch.int64)");
  EXPECT_EQ(f64({}, {0}), "tensor([], dtype=torch.float64)");
  EXPECT_EQ(bools({}, {0}), "tensor([], dtype=torch.bool)");
  EXPECT_EQ(i64({}, {3, 0}), "tensor([], size=(3, 0), dtype=torch.int64)");
  EXPECT_EQ(f32({}, {0}, ", requires_grad=True"), "tensor([], requires_grad=True)");
}

TEST(PrintSuffix, OnlyDoubleNamesItsDtype) {
  EXPECT_EQ(f64({1.0, 2.5}, {2}), "tensor([1.0000, 2.5000], dtype=torch.float64)");
  EXPECT_EQ(f64({2.0}, {}), "tensor(2., dtype=torch.float64)");
  EXPECT_EQ(f32({2.0}, {}), "tensor(2.)");
}

TEST(PrintSuffix, GradientFollowsTheElements) {
  EXPECT_EQ(f32({1.0, 1.0, 1.0, 1.0}, {2, 2}, ", requires_grad=True"),
            "tensor([[1., 1.],\n"
            "        [1., 1.]], requires_grad=True)");
  EXPECT_EQ(f32({3.0, 3.0, 3.0, 3.0}, {2, 2}, ", grad_fn=<AddBackward0>"),
            "tensor([[3., 3.],\n"
            "        [3., 3.]], grad_fn=<AddBackward0>)");
  EXPECT_EQ(f32({2.0}, {}, ", grad_fn=<PowBackward0>"), "tensor(2., grad_fn=<PowBackward0>)");
  EXPECT_EQ(f64({1.0}, {1}, ", requires_grad=True"), "tensor([1.], dtype=torch.float64, requires_grad=True)");
  EXPECT_EQ(f64({1.0}, {1}, ", grad_fn=<MulBackward0>"), "tensor([1.], dtype=torch.float64, grad_fn=<MulBackward0>)");
}

TEST(PrintSuffix, TakesALineOfItsOwnWhereTheLastIsLong) {
  EXPECT_EQ(f32(count<float>(13), {13}, ", requires_grad=True"),
            "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12.],\n"
            "       requires_grad=True)");
  EXPECT_EQ(f32(count<float>(14), {14}, ", requires_grad=True"),
            "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.],\n"
            "       requires_grad=True)");
  EXPECT_EQ(f32(count<float>(11), {11}, ", requires_grad=True"),
            "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10.],\n"
            "       requires_grad=True)");
  EXPECT_EQ(f64(count<double>(9), {9}, ", grad_fn=<AddBackward0>"),
            "tensor([0., 1., 2., 3., 4., 5., 6., 7., 8.], dtype=torch.float64,\n"
            "       grad_fn=<AddBackward0>)");
  EXPECT_EQ(f64(count<double>(14), {14}, ", requires_grad=True"),
            "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.],\n"
            "       dtype=torch.float64, requires_grad=True)");
  EXPECT_EQ(f32(count<float>(30), {2, 15}, ", requires_grad=True"),
            "tensor([[ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n"
            "         14.],\n"
            "        [15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27., 28.,\n"
            "         29.]], requires_grad=True)");
}

}  // namespace
}  // namespace weft
