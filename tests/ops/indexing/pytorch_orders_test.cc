// Sorted elements: values and gradients by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {"weighted(sort(a, 1).values) + weighted(sort(a, 1).indices.to(kFloat64)) * 0.5",
     [](const Tensor& a, const Tensor&) {
       return weighted(sort(a, 1).values) + weighted(sort(a, 1).indices.to(kFloat64)) * 0.5;
     },
     {{0.5, 2.0, -1.0, 2.0}, {3.0, 0.1, 0.1, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     5.53,
     {0.2, 0.3, 0.1, 0.4, 0.8, 0.6, 0.7, 0.5},
     {}},
    {"weighted(sort(a, 1, true).values) * weighted(sort(a, 1, true).indices.to(kFloat64))",
     [](const Tensor& a, const Tensor&) {
       return weighted(sort(a, 1, true).values) * weighted(sort(a, 1, true).indices.to(kFloat64));
     },
     {{0.5, 2.0, -1.0, 2.0}, {3.0, 0.1, 0.1, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     -3.766,
     {0, 0.01, 0.32, 0.12, 0, 0.36, 0.98, 1.92},
     {}},
    {"weighted(sort(a, 0).values) * b",
     [](const Tensor& a, const Tensor& b) { return weighted(sort(a, 0).values) * b; },
     {{0.5, 2.0, -1.0, 2.0}, {3.0, 0.1, 0.1, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     4.425,
     {0.1, -0.6, 0.9, 3.2, 0.125, -0.4, 1.4, 0.2},
     {0.05, 0.02, -0.3, -0.8, 1.5, 1.2, 0.07, 1.6}},
    {"weighted(topk(b, 2).values) + topk(a, 1, 0, false).values.sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(topk(b, 2).values) + topk(a, 1, 0, false).values.sum(); },
     {{0.5, 2.0, -1.0, 2.0}, {3.0, 0.1, 0.1, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     -7.1,
     {4, 0, 4, 0, 0, 4, 0, 4},
     {0.2, 0, 0.1, 0, 0, 0, 0.4, 0.3}},
    {"weighted(kthvalue(b, 2, 1).values) + weighted(kthvalue(b, 2, 1).indices.to(kFloat64))",
     [](const Tensor&, const Tensor& b) {
       return weighted(kthvalue(b, 2, 1).values) + weighted(kthvalue(b, 2, 1).indices.to(kFloat64));
     },
     {{0.5, 2.0, -1.0, 2.0}, {3.0, 0.1, 0.1, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     0.4,
     {},
     {0, 0, 0, 0.1, 0.2, 0, 0, 0}},
    {"weighted(median(b, 1, true).values) * a",
     [](const Tensor& a, const Tensor& b) { return weighted(median(b, 1, true).values) * a; },
     {{0.5, 2.0, -1.0, 2.0}, {3.0, 0.1, 0.1, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     0.235,
     {0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05},
     {0, 0, 0, 0.35, 0.24, 0, 0, 0}},
    {"median(b) + median(a)",
     [](const Tensor& a, const Tensor& b) { return median(b) + median(a); },
     {{2.0, 2.0, -1.0, 2.0}, {3.0, 0.1, 2.0, -2.0}},
     {{1.0, -2.0, 3.0, 0.5}, {0.25, -1.0, 2.0, 4.0}},
     2.5,
     {0.25, 0.25, 0, 0.25, 0, 0, 0.25, 0},
     {0, 0, 0, 1, 0, 0, 0, 0}},
};

class Orders : public testing::TestWithParam<PyTorchCase> {};

TEST_P(Orders, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, Orders, testing::ValuesIn(kCases));

}  // namespace
}  // namespace weft
