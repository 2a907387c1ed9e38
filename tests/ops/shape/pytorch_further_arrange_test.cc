// Values and gradients of further arrangements and writes by number, computed by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {"weighted(diag_embed(a, 1)) + diag_embed(b, -1, 0, 2).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(diag_embed(a, 1)) + diag_embed(b, -1, 0, 2).sum(); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     104.485,
     {0.2, 0.7, 1.2, 1.8, 2.3, 2.8},
     {32, 32, 32, 32, 32, 32}},
    {"weighted(diag_embed(a, 0, 1, 0)) + diag_embed(b, -1, -1, 0).select(0, 1)",
     [](const Tensor& a, const Tensor& b) {
       return weighted(diag_embed(a, 0, 1, 0)) + diag_embed(b, -1, -1, 0).select(0, 1);
     },
     {1.0, 2.0},
     {5.0},
     0.9,
     {0.1, 0.4},
     {0}},
    {"weighted(rot90(a)) + rot90(b, 3)",
     [](const Tensor& a, const Tensor& b) { return weighted(rot90(a)) + rot90(b, 3); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     3.685,
     {0.5, 0.3, 0.1, 0.6, 0.4, 0.2},
     {1, 1, 1, 1, 1, 1}},
    {"weighted(rot90(a, 2)) + rot90(b, -4, {1, 0})",
     [](const Tensor& a, const Tensor& b) {
       return weighted(rot90(a, 2)) + rot90(b, -4, {1, 0});
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     3.88,
     {0.6, 0.5, 0.4, 0.3, 0.2, 0.1},
     {1, 1, 1, 1, 1, 1}},
    {"weighted(unfold(a, 1, 2, 1)) + unfold(b, 0, 1, 5).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(unfold(a, 1, 2, 1)) + unfold(b, 0, 1, 5).sum(); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -1.59,
     {0.1, 0.5, 0.4, 0.5, 1.3, 0.8},
     {8, 8, 8, 0, 0, 0}},
    {"weighted(unfold(a, 0, 3, 2)) * unfold(b.reshape({}), 0, 1, 1)",
     [](const Tensor& a, const Tensor& b) { return weighted(unfold(a, 0, 3, 2)) * unfold(b.reshape({}), 0, 1, 1); },
     {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0},
     {2.0},
     44.4,
     {0.2, 0.4, 1.4, 1, 2.6, 1.6, 1.8},
     {22.2}},
    {"weighted(expand_as(a, b)) * view_as(b, b)",
     [](const Tensor& a, const Tensor& b) { return weighted(expand_as(a, b)) * view_as(b, b); },
     {1.0, 2.0, 3.0},
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     1.03,
     {0.35, -0.2, 0.36},
     {0.1, 0.4, 0.9, 0.4, 1, 1.8}},
    {"weighted(vander(a)) + vander(b, 2, true).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(vander(a)) + vander(b, 2, true).sum(); },
     {1.0, 2.0, 3.0},
     {0.5, -2.0},
     17.9,
     {0.4, 2.1, 5},
     {9, 9}},
    {"weighted(cartesian_prod({a, b}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(cartesian_prod({a, b}));
     },
     {1.0, 2.0},
     {3.0, 4.0, 5.0},
     23.9,
     {0.9, 2.7},
     {1, 1.4, 1.8}},
    {"weighted(combinations(a)) + combinations(b, 3, true).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(combinations(a)) + combinations(b, 3, true).sum(); },
     {1.0, 2.0, 3.0, 4.0},
     {3.0, 4.0},
     526.6,
     {0.9, 1.8, 2.3, 2.8},
     {72, 72}},
    {"weighted(put(a, tensor({0, -1, 2}), b))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(put(a, tensor({0, -1, 2}), b));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{7.0}, {8.0}, {9.0}},
     8.3,
     {0, 0.2, 0, 0.4, 0.5, 0},
     {0.1, 0.6, 0.3}},
    {"weighted(put(a, tensor({{0, -1, 0}}), b, true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(put(a, tensor({{0, -1, 0}}), b, true));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {7.0, 8.0, 9.0},
     6.91,
     {0.1, 0.2, 0.3, 0.4, 0.5, 0.6},
     {0.1, 0.6, 0.1}},
    {"weighted(masked_scatter(a, a > 0.2, b))",
     [](const Tensor& a, const Tensor& b) { return weighted(masked_scatter(a, a > 0.2, b)); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{7.0, 8.0}, {9.0, 10.0}},
     6.26,
     {0, 0.2, 0, 0, 0.5, 0.6},
     {0.1, 0.3, 0.4, 0}},
    {"weighted(masked_scatter(a, tensor({{true, false, true}, {false, true, true}}), b))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(masked_scatter(a, tensor({{true, false, true}, {false, true, true}}), b));
     },
     {1.0, 2.0, 3.0},
     {7.0, 8.0, 9.0, 10.0},
     14.4,
     {0.4, 0.2, 0},
     {0.1, 0.3, 0.5, 0.6}},
    {"weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, \"mean\", true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, "mean", true));
     },
     {{1.0, 2.0}, {3.0, 0.0}, {5.0, 6.0}},
     {{7.0, 2.5}, {0.0, 8.0}, {7.0, 10.0}},
     7.81666666667,
     {0.0333333333333, 0.0666666666667, 0.3, 0.4, 0.25, 0.3},
     {0.0333333333333, 0.0666666666667, 0.25, 0.3, 0.0333333333333, 0.0666666666667}},
    {"weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, \"mean\", false))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, "mean", false));
     },
     {{1.0, 2.0}, {3.0, 0.0}, {5.0, 6.0}},
     {{7.0, 2.5}, {0.0, 8.0}, {7.0, 10.0}},
     7.65,
     {0, 0, 0.3, 0.4, 0, 0},
     {0.05, 0.1, 0.5, 0.6, 0.05, 0.1}},
    {"weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, \"amax\", true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, "amax", true));
     },
     {{1.0, 2.0}, {3.0, 0.0}, {5.0, 6.0}},
     {{7.0, 2.5}, {0.0, 8.0}, {7.0, 10.0}},
     10.9,
     {0, 0, 0.3, 0.4, 0.5, 0},
     {0.05, 0, 0, 0.6, 0.05, 0.2}},
    {"weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, \"amax\", false))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, "amax", false));
     },
     {{1.0, 2.0}, {3.0, 0.0}, {5.0, 6.0}},
     {{7.0, 2.5}, {0.0, 8.0}, {7.0, 10.0}},
     8.4,
     {0, 0, 0.3, 0.4, 0, 0},
     {0.05, 0, 0.5, 0.6, 0.05, 0.2}},
    {"weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, \"amin\", true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, "amin", true));
     },
     {{1.0, 2.0}, {3.0, 0.0}, {5.0, 6.0}},
     {{7.0, 2.5}, {0.0, 8.0}, {7.0, 10.0}},
     5,
     {0.1, 0.2, 0.3, 0.4, 0, 0.6},
     {0, 0, 0.5, 0, 0, 0}},
    {"weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, \"amin\", false))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_reduce(a, 0, tensor({0, 2, 0}), b, "amin", false));
     },
     {{1.0, 2.0}, {3.0, 0.0}, {5.0, 6.0}},
     {{7.0, 2.5}, {0.0, 8.0}, {7.0, 10.0}},
     6.9,
     {0, 0, 0.3, 0.4, 0, 0},
     {0.05, 0.2, 0.5, 0.6, 0.05, 0}},
};

class FurtherArrangement : public ::testing::TestWithParam<PyTorchCase> {};
TEST_P(FurtherArrangement, HasTheValuesAndGradientsOfPyTorch) { expect_pytorch(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Functions, FurtherArrangement, ::testing::ValuesIn(kCases));

}  // namespace
}  // namespace weft
