// Reading and writing elements by number: values and gradients by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {"weighted(index_select(a, 1, tensor({2, 0, 2, 2}))) * index_select(b, 1, tensor({0, 1, 1, 2}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_select(a, 1, tensor({2, 0, 2, 2}))) * index_select(b, 1, tensor({0, 1, 1, 2}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -0.975,
     {-0.2, 0, -0.075, 0.06, 0, 1.925},
     {0.2, 0.7, 0.8, -0.2, 0.17, -0.32}},
    {"weighted(index_add(a, 1, tensor({2, 0, 2}), b, 0.5))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_add(a, 1, tensor({2, 0, 2}), b, 0.5));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.5975,
     {0.1, 0.2, 0.3, 0.4, 0.5, 0.6},
     {0.15, 0.05, 0.15, 0.3, 0.2, 0.3}},
    {"weighted(index_copy(a, 1, tensor({2, 0, 1}), b))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_copy(a, 1, tensor({2, 0, 1}), b));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     2.065,
     {0, 0, 0, 0, 0, 0},
     {0.3, 0.1, 0.2, 0.6, 0.4, 0.5}},
    {"weighted(index_fill(a, 1, tensor({2, 0}), b.select(0, 0).select(0, 1)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(index_fill(a, 1, tensor({2, 0}), b.select(0, 0).select(0, 1)));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -1.6,
     {0, 0.2, 0, 0, 0.5, 0},
     {0, 1.4, 0, 0, 0, 0}},
    {"weighted(index_fill(a, 0, tensor({1}), 7)) * b",
     [](const Tensor& a, const Tensor& b) { return weighted(index_fill(a, 0, tensor({1}), 7)) * b; },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     11.1325,
     {0.025, -0.2, 0.15, 0, 0, 0},
     {0.05, -0.25, 0.6, 2.8, 3.5, 4.2}},
    {"weighted(gather(a, 1, tensor({{2, 0}, {1, 1}}))) * gather(b, 0, tensor({{1, 0}, {1, 1}}))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(gather(a, 1, tensor({{2, 0}, {1, 1}}))) * gather(b, 0, tensor({{1, 0}, {1, 1}}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.5365,
     {-0.2, 0, 0.275, 0, 0.865, 0},
     {0, 0.1, 0, 0.23, 0.04, 0}},
    {"weighted(take_along_dim(a, tensor({{2, 0, 0, 1}}), 1)) + take_along_dim(b, tensor({5, 0, 5})).sum()",
     [](const Tensor& a, const Tensor& b) {
       return weighted(take_along_dim(a, tensor({{2, 0, 0, 1}}), 1)) + take_along_dim(b, tensor({5, 0, 5})).sum();
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     12.405,
     {0.5, 0.4, 0.1, 1.3, 0.8, 0.5},
     {8, 0, 0, 0, 0, 16}},
    {"weighted(take(a, tensor({{5, 0}, {5, 3}})))",
     [](const Tensor& a, const Tensor&) {
       return weighted(take(a, tensor({{5, 0}, {5, 3}})));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.24,
     {0.2, 0, 0, 0.4, 0, 0.4},
     {}},
    {"weighted(scatter(a, 1, tensor({{2, 0}, {1, 0}}), b.narrow(1, 0, 2)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter(a, 1, tensor({{2, 0}, {1, 0}}), b.narrow(1, 0, 2)));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.9,
     {0, 0.2, 0, 0, 0, 0.6},
     {0.3, 0.1, 0, 0.5, 0.4, 0}},
    {"weighted(scatter(a, 0, tensor({{1, 0, 1}}), 3)) * b",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter(a, 0, tensor({{1, 0, 1}}), 3)) * b;
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     4.0975,
     {0.025, 0, 0.15, 0, 0.05, 0},
     {0.05, 0.6, 0.6, 1.2, 0.05, 1.8}},
    {"weighted(scatter_add(a, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_add(a, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     2.06,
     {0.1, 0.2, 0.3, 0.4, 0.5, 0.6},
     {0.3, 0.3, 0.1, 0.5, 0.5, 0.5}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"sum\", true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "sum", true));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     2.081,
     {0.1, 0.2, 0.3, 0.4, 0.5, 0.6},
     {0.3, 0.3, 0.1, 0.5, 0.5, 0.5}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"sum\", false))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "sum", false));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.372,
     {0, 0.2, 0, 0.4, 0, 0.6},
     {0.3, 0.3, 0.1, 0.5, 0.5, 0.5}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"mean\", true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "mean", true));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.4435,
     {0.05, 0.2, 0.1, 0.4, 0.125, 0.6},
     {0.1, 0.1, 0.05, 0.125, 0.125, 0.125}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"mean\", false))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "mean", false));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0.3345,
     {0, 0.2, 0, 0.4, 0, 0.6},
     {0.15, 0.15, 0.1, 0.166666666667, 0.166666666667, 0.166666666667}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"amax\", true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "amax", true));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.851,
     {0.1, 0.2, 0.3, 0.4, 0, 0.6},
     {0, 0, 0, 0.5, 0, 0}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"amax\", false))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "amax", false));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     1.322,
     {0, 0.2, 0, 0.4, 0, 0.6},
     {0.3, 0, 0.1, 0.5, 0, 0}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"amin\", true))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "amin", true));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -0.378,
     {0, 0.2, 0, 0.4, 0, 0.6},
     {0, 0.3, 0.1, 0, 0.5, 0}},
    {"weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, \"amin\", false))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a + 0.01, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b, "amin", false));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -0.378,
     {0, 0.2, 0, 0.4, 0, 0.6},
     {0, 0.3, 0.1, 0, 0.5, 0}},
    {"weighted(scatter_reduce(a * 0.0, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b * 0.0, \"amax\"))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a * 0.0, 1, tensor({{2, 2, 0}, {1, 1, 1}}), b * 0.0, "amax"));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0,
     {0, 0, 0, 0, 0, 0},
     {0, 0, 0, 0, 0, 0}},
    {"weighted(scatter_reduce(a.detach() * 0.0 + a - a.detach(), 1, tensor({{2, 2, 0}, {1, 1, 1}}), b - b.detach(), "
     "\"amax\"))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scatter_reduce(a.detach() * 0.0 + a - a.detach(), 1, tensor({{2, 2, 0}, {1, 1, 1}}),
                                      b - b.detach(), "amax"));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     0,
     {0.05, 0.2, 0.1, 0.4, 0.125, 0.6},
     {0.1, 0.1, 0.05, 0.125, 0.125, 0.125}},
    {"weighted(masked_fill(a, b > 0.2, -3)) + b",
     [](const Tensor& a, const Tensor& b) { return weighted(masked_fill(a, b > 0.2, -3)) + b; },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -1.2,
     {0, 0.2, 0, 0, 0.5, 0},
     {1, 1, 1, 1, 1, 1}},
    {"weighted(masked_fill(a, b > 0.2, b.select(0, 0).select(0, 1)))",
     [](const Tensor& a, const Tensor& b) { return weighted(masked_fill(a, b > 0.2, b.select(0, 0).select(0, 1))); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, -1.0, 0.5}, {2.75, 0.1, 0.6}},
     -1.6,
     {0, 0.2, 0, 0, 0.5, 0},
     {0, 1.4, 0, 0, 0, 0}},
};

class Indexing : public testing::TestWithParam<PyTorchCase> {};

TEST_P(Indexing, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, Indexing, testing::ValuesIn(kCases));

}  // namespace
}  // namespace weft
