// Sums of products over named dims: values and gradients by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {"weighted(einsum(\"ij,kj->ik\", {a, b}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(einsum("ij,kj->ik", {a, b}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.42675,
     {0.575, -0.08, 0.17, 1.175, -0.26, 0.39},
     {0.275, -0.095, 0.08, 0.4, -0.21, 0.24}},
    {"weighted(einsum(\"ij,ij->j\", {a, b}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(einsum("ij,ij->j", {a, b}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.69875,
     {0.025, -0.2, 0.15, 0.275, 0.02, 0.18},
     {0.05, -0.25, 0.6, 0.075, 0.02, -0.12}},
    {"weighted(einsum(\"ij,kl\", {a, b}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(einsum("ij,kl", {a, b}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     9.0525,
     {1.485, 3.405, 5.325, 7.245, 9.165, 11.085},
     {2.21, 2.38, 2.55, 2.72, 2.89, 3.06}},
    {"einsum(\"ij,ij\", {a, b})",
     [](const Tensor& a, const Tensor& b) {
       return einsum("ij,ij", {a, b});
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     4.2075,
     {0.25, -1, 0.5, 2.75, 0.1, 0.6},
     {0.5, -1.25, 2, 0.75, 0.1, -0.4}},
    {"weighted(einsum(\"ij->ji\", {a * b}))",
     [](const Tensor& a, const Tensor& b) { return weighted(einsum("ij->ji", {a * b})); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.16,
     {0.025, -0.3, 0.25, 0.55, 0.04, 0.36},
     {0.05, -0.375, 1, 0.15, 0.04, -0.24}},
    {"weighted(einsum(\"ii->i\", {matmul(a, b.t())}))",
     [](const Tensor& a, const Tensor& b) { return weighted(einsum("ii->i", {matmul(a, b.t())})); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.604,
     {0.025, -0.1, 0.05, 0.55, 0.02, 0.12},
     {0.05, -0.125, 0.2, 0.15, 0.02, -0.08}},
    {"einsum(\"ii\", {matmul(a, b.t())})",
     [](const Tensor& a, const Tensor& b) { return einsum("ii", {matmul(a, b.t())}); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     4.2075,
     {0.25, -1, 0.5, 2.75, 0.1, 0.6},
     {0.5, -1.25, 2, 0.75, 0.1, -0.4}},
    {"weighted(einsum(\"...i,...i->...\", {a, b}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(einsum("...i,...i->...", {a, b}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.604,
     {0.025, -0.1, 0.05, 0.55, 0.02, 0.12},
     {0.05, -0.125, 0.2, 0.15, 0.02, -0.08}},
    {"weighted(einsum(\"bn,anm,bm->ba\", {a, einsum(\"an,am->anm\", {a, b}), b}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(einsum("bn,anm,bm->ba", {a, einsum("an,am->anm", {a, b}), b}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     2.843050625,
     {0.4640625, -0.28375, 0.3475, 4.981375, 0.0799125, -1.6509},
     {-0.465625, -1.19, 0.41625, 1.54275, 0.3336, 0.2141}},
    {"weighted(einsum(\"i...,j...->...ij\", {a, b}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(einsum("i...,j...->...ij", {a, b}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     3.24875,
     {0.575, -0.44, 1.05, 1.175, -0.62, 1.27},
     {0.275, -0.555, 1.36, 0.4, -0.67, 1.52}},
    {"weighted(tensordot(a, b, {1}, {1}))",
     [](const Tensor& a, const Tensor& b) { return weighted(tensordot(a, b, {1}, {1})); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.42675,
     {0.575, -0.08, 0.17, 1.175, -0.26, 0.39},
     {0.275, -0.095, 0.08, 0.4, -0.21, 0.24}},
    {"tensordot(a, b)",
     [](const Tensor& a, const Tensor& b) { return tensordot(a, b); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     4.2075,
     {0.25, -1, 0.5, 2.75, 0.1, 0.6},
     {0.5, -1.25, 2, 0.75, 0.1, -0.4}},
    {"weighted(tensordot(a, b, 0))",
     [](const Tensor& a, const Tensor& b) { return weighted(tensordot(a, b, 0)); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     9.0525,
     {1.485, 3.405, 5.325, 7.245, 9.165, 11.085},
     {2.21, 2.38, 2.55, 2.72, 2.89, 3.06}},
    {"weighted(tensordot(a, b.t(), 1))",
     [](const Tensor& a, const Tensor& b) { return weighted(tensordot(a, b.t(), 1)); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.42675,
     {0.575, -0.08, 0.17, 1.175, -0.26, 0.39},
     {0.275, -0.095, 0.08, 0.4, -0.21, 0.24}},
    {"weighted(kron(a, b))",
     [](const Tensor& a, const Tensor& b) { return weighted(kron(a, b)); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     10.6035,
     {3.555, 4.515, 5.475, 9.315, 10.275, 11.235},
     {1.595, 1.765, 1.935, 3.125, 3.295, 3.465}},
};

class SumsOfProducts : public testing::TestWithParam<PyTorchCase> {};

TEST_P(SumsOfProducts, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, SumsOfProducts, testing::ValuesIn(kCases));

TEST(Addmm, WithBetaZeroTakesNothingOfXAndGivesItTheGradientZero) {
  const Tensor x = full({2}, std::nan("")).requires_grad_();
  const Tensor y = addmm(x, ones({2, 2}), ones({2, 2}), 0);
  EXPECT_EQ(y.to_vector<float>(), std::vector<float>(4, 2));
  y.sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), std::vector<float>(2, 0));
}

}  // namespace
}  // namespace weft
