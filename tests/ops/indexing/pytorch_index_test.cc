// Tensor::index and index_put_: values and gradients by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

using namespace indexing;

// a[i, j] * b[i, k] + 1, 2, 3 ...
Tensor outer3(const Tensor& a, const Tensor& b) {
  return a.unsqueeze(2) * b.unsqueeze(1) + arange(1, 19, 1, a.dtype()).reshape({2, 3, 3});
}

const PyTorchCase kCases[] = {
    {"weighted(outer3(a, b).index({1, Slice(0, 3, 2), None}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index({1, Slice(0, 3, 2), None}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     32.25225,
     {0, 0, 0, 0.475, 0, 1.51},
     {0, 0, 0, -0.085, -0.05, -0.015}},
    {"weighted(outer3(a, b).index({Ellipsis, -1}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index({Ellipsis, -1}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     27.566,
     {0.05, 0.1, 0.15, 0.24, 0.3, 0.36},
     {0, 0, 0.4, 0, 0, 0.11}},
    {"weighted(outer3(a, b).index({tensor({1, 0, -1})}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index({tensor({1, 0, -1})}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     435.05425,
     {-0.25, -0.325, -0.4, 7.16, 9.23, 11.3},
     {2.075, 2.2, 2.325, 0.48, 0.57, 0.66}},
    {"weighted(outer3(a, b).index({Slice(), tensor({{2, 0}, {1, -3}})}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index({Slice(), tensor({{2, 0}, {1, -3}})}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     324.24375,
     {-0.35, -0.175, -0.025, 13.37, 6.685, 4.615},
     {0.025, 0.2, 0.375, 2.52, 2.64, 2.76}},
    {"weighted(outer3(a, b).index({tensor({0, 1}), Slice(1, None), tensor({2, 0})}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index({tensor({0, 1}), Slice(1, None), tensor({2, 0})}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     12.48,
     {0, 0.05, 0.1, 0, 0.825, 1.1},
     {0, 0, 0.275, -0.13, 0, 0}},
    {"weighted(outer3(a, b).index({Slice(), tensor({0, 1, 1}), tensor({{2}, {-1}})}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index({Slice(), tensor({0, 1, 1}), tensor({{2}, {-1}})}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     91.63,
     {0.25, 0.8, 0, 1.02, 2.4, 0},
     {0, 0, -1.75, 0, 0, 1.675}},
    {"weighted(outer3(a, b).index({None, 0, tensor({2, 2}), Slice(None, 2)}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index({None, 0, tensor({2, 2}), Slice(None, 2)}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     6.6,
     {0, 0, -0.5, 0, 0, 0},
     {0.8, 1.2, 0, 0, 0, 0}},
    {"weighted(a.clone().index_put_({0, Slice(0, 2)}, b.index({1, Slice(1, None)})))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(a.clone().index_put_({0, Slice(0, 2)}, b.index({1, Slice(1, None)})));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.84,
     {0, 0, 0.3, 0.4, 0.5, 0.6},
     {0, 0, 0, 0, 0.1, 0.2}},
    {"weighted(a.clone().index_put_({Slice(), tensor({2, 0})}, b.index({Slice(), Slice(0, 2)})))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(a.clone().index_put_({Slice(), tensor({2, 0})}, b.index({Slice(), Slice(0, 2)})));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.465,
     {0, 0.2, 0, 0, 0.5, 0},
     {0.3, 0.1, 0, 0.6, 0.4, 0}},
    {"weighted(a.clone().index_put_({tensor({1, 0}), tensor({-1, 1})}, 7)) * b",
     [](const Tensor& a, const Tensor& b) {
       return weighted(a.clone().index_put_({tensor({1, 0}), tensor({-1, 1})}, 7)) * b;
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     2.2625,
     {0.025, 0, 0.15, 1.1, 0.05, 0},
     {0.05, 1.4, 0.6, 0.3, 0.05, 4.2}},
    {"weighted(a.clone().index_put_({a > 0.2}, b.index({0, 1})))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(a.clone().index_put_({a > 0.2}, b.index({0, 1})));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -1.24,
     {0, 0.2, 0, 0, 0.5, 0.6},
     {0, 0.8, 0, 0, 0, 0}},
    {"weighted(outer3(a, b).index_put_({tensor({0, 1}), Slice(1, None), tensor({2, 0})}, b.index({Slice(), Slice(1, "
     "None)})))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(outer3(a, b).index_put_({tensor({0, 1}), Slice(1, None), tensor({2, 0})},
                                               b.index({Slice(), Slice(1, None)})));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     159.1665,
     {-0.025, -0.4, -0.625, 3.58, 1.04, 1.25},
     {0.95, 1.675, 1.05, 0.75, 1.585, 1.93}},
};

class IndexCases : public testing::TestWithParam<PyTorchCase> {};

TEST_P(IndexCases, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, IndexCases, testing::ValuesIn(kCases));

// Their shape depends on values: not inside of compile().
TEST(SeveralIndices, MayBeMasks) {
  const Tensor x = arange(6).reshape({2, 3}), mask = tensor({{true, false, true}, {false, true, true}});
  EXPECT_EQ(to_string(x.index({mask})), "tensor([0, 2, 4, 5])");
  EXPECT_EQ(to_string(x.index({Ellipsis, tensor({true, false, true})})), "tensor([[0, 2],\n        [3, 5]])");
  x.index_put_({mask}, tensor({9, 8, 7, 6}));
  EXPECT_EQ(to_string(x), "tensor([[9, 1, 8],\n        [3, 7, 6]])");
}

TEST(SeveralIndices, OfNumbersAndSlicesAreViews) {
  const Tensor x = zeros({3, 4});
  x.index({Slice(1, None), Slice(0, 4, 3)}).fill_(1);
  x.index({-1, None}).add_(1);
  EXPECT_EQ(to_string(x), "tensor([[0., 0., 0., 0.],\n        [1., 0., 0., 1.],\n        [2., 1., 1., 2.]])");
}

TEST(SeveralIndices, AreWrittenInALeafUnderANoGradGuard) {
  const Tensor w = zeros({2, 2}).requires_grad_();
  EXPECT_THROW(w.index_put_({0}, 1), Error);
  const NoGradGuard no_grad;
  w.index_put_({tensor({0, 1}), tensor({1, 0})}, tensor({5., 6.}));
  EXPECT_EQ(to_string(w), "tensor([[0., 5.],\n        [6., 0.]], requires_grad=True)");
}

}  // namespace
}  // namespace weft
