// Sums and products of the elements up to each one, products and extremes: values and gradients by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {"weighted(cumsum(a, 1)) * cumsum(b, 0)",
     [](const Tensor& a, const Tensor& b) { return weighted(cumsum(a, 1)) * cumsum(b, 0); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.1645,
     {-0.025, -0.05, 0.15, 1.41, 0.21, 0.66},
     {0.35, 0.275, 0.645, 0.3, 0.425, 0.27}},
    {"weighted(cumprod(a, 1)) + cumprod(b, -1)",
     [](const Tensor& a, const Tensor& b) { return weighted(cumprod(a, 1)) + cumprod(b, -1); },
     {{0.5, 0.0, 2.0, -1.0}, {3.0, 0.1, 0.0, 0.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     -10.77,
     {0.1, 0, 0, 0, 0.56, 1.8, 0.21, 0},
     {-10, 5.5, -3, -6, -10, 2.75, -1.25, -0.5}},
    {"prod(a) + prod(b)",
     [](const Tensor& a, const Tensor& b) { return prod(a) + prod(b); },
     {{0.5, 0.0, 2.0, -1.0}, {3.0, 0.1, 0.0, 0.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     6,
     {0, 0, 0, 0, 0, 0, 0, 0},
     {6, -3, 2, 12, 24, -6, 3, 1.5}},
    {"weighted(prod(a, 1)) + weighted(prod(b, 0, true)).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(prod(a, 1)) + weighted(prod(b, 0, true)).sum(); },
     {{0.5, 0.0, 2.0, -1.0}, {3.0, 0.1, 0.0, 0.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     6.05,
     {-0, -0.1, -0, 0, 0, 0, 0, 0},
     {0.05, -0.4, 1.2, 3.2, 0.2, -0.8, 1.8, 0.4}},
    {"weighted(amax(a, 1)) + weighted(amin(b, 0)).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(amax(a, 1)) + weighted(amin(b, 0)).sum(); },
     {{0.5, 2.0, -1.0, 2.0}, {3.0, 0.1, 0.1, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     1.65,
     {0, 0.05, 0, 0.05, 0.2, 0, 0, 0},
     {0, 0.4, 0, 0.8, 0.2, 0, 0.6, 0}},
};

class Scans : public testing::TestWithParam<PyTorchCase> {};

TEST_P(Scans, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, Scans, testing::ValuesIn(kCases));

TEST(Products, StayInRangeOnTheWay) {
  const Tensor x = tensor({1e30, 1e30, 1e-30, 1e-30});
  EXPECT_NEAR(cumprod(x, 0).select(0, -1).item(), 1, 1e-5);
  EXPECT_NEAR(prod(x).item(), 1, 1e-5);
}

}  // namespace
}  // namespace weft
