// Convolutions against PyTorch 2.14: whole numbers, whose sums are exact in f32 and f64.
#include <gmock/gmock.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Numbers = std::vector<double>;

// dx, dw, db: the gradients of sum(y * g).
struct Case {
  const char* name;
  Tensor (*fn)(const Tensor&, const Tensor&, const Tensor&);
  std::vector<std::int64_t> x_shape, w_shape;
  Numbers x, w, b, g, y, dx, dw, db;
};

const Case kCases[] = {
    {"conv1d",
     [](const Tensor& x, const Tensor& w, const Tensor& b) { return conv1d(x, w, b, {.stride = 2, .padding = 1}); },
     {2, 3, 7},
     {4, 3, 3},
     {1,  0, -3, -1, -2, -1, 3, 0,  1, 2,  -1, -3, -2, 2, -1, 1, 1,  -1, 1, -1, 3,
      -1, 1, -1, 1,  1,  -2, 0, -2, 1, -2, -3, 1,  2,  0, 1,  0, -1, -2, 1, 1,  -3},
     {-3, 2,  3, 1,  2,  1,  1,  2,  3, 1, 0,  2, 0,  2, -2, 1, -1, -1,
      0,  -1, 3, -1, -2, -3, -3, -3, 0, 1, -3, 2, -2, 0, 1,  2, 1,  1},
     {2, 2, 0, 3},
     {2, 0, 3, -1, -2, 2, 0, -2, -3, 0, -3, 0, 2, 0, 0, 2, 1, -2, 0, 2, -3, 1, -1, 3, -2, 2, -1, 0, 1, -1, 3, -2},
     {6, -3,  -13, 18, 0,  7,  -4, 1, -1, -8, 12, -11, 1,  9, 4, -2,
      2, -14, -1,  5,  -3, 10, -7, 4, 2,  19, -9, 4,   10, 1, 3, -4},
     {1, -1, 0,  -5, 9,  3,  -8, 6, 17, 4,  2,   12, 7,  -6, 17, 12, -2,  10, 15, 10, 2,
      1, -1, -3, 2,  -8, -4, 10, 0, 12, -6, -16, 0,  14, 10, 12, -2, -12, 0,  7,  5,  -1},
     {-8, -6, -4, 1, -9, 3,  0, -5, 3,  -4, -13, -2, 16,  3, -12, 9,   -16, -7,
      4,  2,  5,  8, 8,  -7, 5, -5, -5, 4,  11,  -6, -18, 7, 12,  -10, 15,  7},
     {5, -2, -7, 5}},
    {"conv2d",
     [](const Tensor& x, const Tensor& w, const Tensor& b) {
       return conv2d(x, w, b, {.stride = {2, 1}, .padding = {1, 0}});
     },
     {1, 2, 4, 5},
     {3, 2, 3, 2},
     {-1, 1,  0, 1, -1, 0, 1,  1,  -2, 3, -3, 2, -2, 2, -3, -2, -3, 1, 3, -1,
      -3, -1, 1, 3, -1, 1, -3, -2, 2,  3, 0,  0, 2,  1, 3,  -1, 1,  0, 3, -3},
     {-1, -3, 1, -1, 1,  0, -1, -3, -2, 3,  -2, -3, -1, -2, -3, -1, -1, 1,
      2,  -2, 1, -1, -3, 3, -3, 1,  0,  -2, 3,  0,  2,  -2, 0,  -3, 1,  -1},
     {2, -1, -3},
     {-3, 1, 0, 1, 3, 2, 2, 1, 3, 1, 3, 1, -3, 2, -3, -2, -1, 3, 3, 1, -1, -2, 3, 1},
     {10, 21, 7, -20, -1, 12, -10, 2, -12, -3, 5, 9, 17, -11, 10, -34, 2, -4, -15, -5, -6, -17, -23, 16},
     {-12, 0,   -17, -11, -4, -6,  10, -13, 7,  3,  12, -2, 11, 2,  -1, 3, -9,  16, 3,   -2,
      9,   -10, -4,  -13, -1, -15, 14, -17, -7, -2, -9, 13, 3,  -4, 2,  2, -29, 10, -13, -10},
     {2,  4,  -2,  -1, -8, -1, -5, -6, 16, 12, -2, 16, 3, -1, 14, -5, -7,  5,
      -7, -7, -12, 1,  -5, -8, -1, -6, 0,  6,  18, 8,  1, 16, 13, 14, -12, 11},
     {7, 2, 7}},
    {"conv2d",
     [](const Tensor& x, const Tensor& w, const Tensor& b) {
       return conv2d(x, w, b, {.padding = 2, .dilation = 2, .groups = 2});
     },
     {2, 4, 5, 5},
     {4, 2, 3, 3},
     {0,  0,  -2, -1, 0,  -3, 3,  1,  -3, 2,  0,  2,  2,  -2, 3,  -2, -1, -2, -2, 2,  -3, 0, 1,  -2, -1,
      2,  0,  3,  -1, -2, 3,  1,  2,  -1, -3, 3,  -3, 3,  -3, 2,  -2, -1, -1, -3, 0,  2,  2, 3,  -2, 0,
      -3, -2, 1,  2,  3,  0,  2,  2,  -3, -3, 2,  1,  1,  0,  2,  0,  2,  3,  2,  -3, -2, 2, -2, 0,  1,
      2,  0,  1,  3,  3,  -1, 3,  -1, 1,  -1, -1, 2,  3,  -2, -1, 0,  -3, 0,  1,  -2, -3, 3, 3,  3,  -1,
      3,  3,  -1, 3,  0,  -1, 3,  2,  -1, 2,  0,  -2, -1, 0,  -2, -3, 1,  -2, 0,  -1, 3,  1, 1,  1,  1,
      3,  0,  0,  1,  -2, -2, -3, -1, -1, 2,  -1, 0,  1,  -2, -1, 0,  -1, 1,  0,  -1, -1, 1, 3,  -3, 3,
      2,  -3, -2, -2, -3, -2, 0,  2,  -1, 1,  -1, -2, 3,  2,  0,  1,  -2, 0,  -2, 0,  1,  1, -2, -1, 3,
      0,  2,  -2, 0,  -3, 1,  -3, -3, 3,  1,  -3, 3,  1,  -2, 3,  -3, 1,  -1, 3,  1,  3,  2, -1, 2,  2},
     {-2, -1, -3, -3, 1,  -2, 0,  2,  3,  0, 1,  -3, 1, 2, -3, 1,  3, -3, -1, 1,  0, 2, 1,  -3,
      -2, 1,  -3, -2, 3,  -1, -2, 1,  -3, 0, -3, 2,  1, 3, 1,  -3, 3, -1, -3, 2,  3, 1, -1, 2,
      -1, 3,  0,  -1, -1, 0,  1,  -2, -1, 1, 1,  -2, 0, 1, 3,  0,  3, 1,  2,  -2, 0, 2, 0,  2},
     {3, 3, 3, 3},
     {1,  2,  3,  3,  2,  1, -1, 0,  -3, -1, 0,  3,  1, 3,  2,  0,  1,  2,  -1, 2,  -2, -3, -1, 3,  -1,
      3,  3,  2,  0,  -1, 2, 1,  -1, 3,  3,  -3, 3,  1, -2, -1, 2,  -3, 2,  -3, 2,  0,  -1, 2,  2,  2,
      -1, 3,  -2, 3,  3,  3, -2, 0,  -1, -2, 0,  2,  0, -3, 1,  -3, -1, -1, -3, -3, -1, 3,  2,  -1, -3,
      1,  -1, -3, 3,  0,  0, 0,  -2, -2, -3, 3,  2,  0, 3,  -2, 1,  -2, 1,  2,  2,  1,  -3, 3,  3,  -3,
      -1, 3,  2,  -3, 3,  1, -1, 1,  1,  1,  -2, -3, 2, -1, 1,  0,  0,  -3, -3, -1, -1, -3, -2, -3, 0,
      1,  2,  2,  0,  -1, 2, 3,  -1, 0,  -3, 2,  0,  3, -3, 1,  2,  1,  -3, -2, 0,  3,  2,  -3, -2, 1,
      1,  -3, 1,  1,  0,  3, 1,  0,  3,  3,  3,  3,  1, -1, 3,  -1, 1,  2,  -1, 2,  3,  2,  -2, -3, -2,
      -3, -3, 3,  1,  -2, 1, 1,  2,  -1, -1, 0,  2,  2, 0,  -3, -1, -3, -3, 1,  -1, -3, 2,  2,  0,  2},
     {8,   6,   34,  -16, 23,  -15, 15,  22,  -24, 1,  -11, 24,  23,  -22, 10,  1,  23,  9,   -7,  3,  -19, 27, 9,
      -6,  -3,  -7,  20,  -6,  4,   -16, 2,   21,  -4, 12,  6,   -12, 14,  -7,  8,  -7,  12,  23,  1,  -13, -9, -4,
      13,  3,   -12, -1,  7,   -5,  13,  21,  16,  7,  34,  7,   -12, -27, -10, 15, 23,  -19, 14,  1,  0,   16, 4,
      -28, 4,   15,  15,  8,   17,  5,   -6,  0,   1,  11,  10,  15,  1,   2,   -1, 15,  13,  -15, 21, 25,  -9, 16,
      7,   10,  12,  6,   1,   -9,  0,   4,   5,   -1, -1,  -7,  -4,  -18, 4,   -7, -13, -2,  0,   9,  15,  -9, 17,
      -3,  2,   4,   -7,  3,   -8,  21,  0,   -2,  13, 20,  -12, 8,   23,  2,   2,  13,  -4,  11,  19, 23,  -2, -5,
      8,   -19, -3,  -2,  4,   6,   3,   -11, 11,  8,  -3,  -3,  21,  1,   -1,  13, -20, 3,   -16, 5,  10,  6,  -19,
      -12, 10,  -10, 3,   -14, 10,  11,  2,   8,   22, 2,   -5,  10,  26,  19,  0,  16,  10,  2,   -6, 9,   5,  -10,
      -4,  -9,  7,   14,  17,  -2,  12,  -2,  -15, 6,  2,   -7,  11,  3,   -9,  10},
     {-7,  -8,  -17, -24, -17, -3,  16,  -6,  -6,  -1,  -1,  -6,  16,  -3,  8,   6,   -12, -14, -6,  -2, 0,   4,   26,
      18,  0,   -7,  26,  9,   -24, -17, 8,   -12, -15, -13, 4,   -13, 6,   31,  14,  7,   -3,  -5,  1,  -12, -20, 1,
      -5,  -3,  32,  5,   -5,  4,   -23, -4,  24,  -4,  -5,  -12, -15, -20, 8,   33,  -35, 0,   -12, 2,  5,   23,  -12,
      -21, -2,  27,  20,  12,  -20, 0,   15,  1,   21,  2,   10,  -17, -4,  6,   8,   -3,  -2,  -1,  -7, -1,  -15, 7,
      -2,  -12, -15, -1,  29,  -2,  -2,  -4,  -5,  22,  -4,  -8,  -14, 9,   8,   -15, -5,  9,   6,   15, 5,   9,   1,
      11,  7,   -5,  -18, 19,  -6,  4,   -17, -19, 14,  -5,  8,   24,  -22, -12, 19,  9,   -15, -14, 10, 4,   6,   1,
      -12, 10,  3,   -9,  -8,  1,   23,  -5,  -13, -7,  10,  16,  12,  -10, 11,  11,  5,   10,  3,   0,  4,   17,  19,
      1,   -15, -34, -3,  -6,  -2,  4,   14,  20,  17,  28,  11,  -2,  6,   12,  0,   7,   10,  -4,  11, -15, -21, 14,
      7,   2,   11,  -12, -1,  27,  -8,  6,   5,   -6,  9,   21,  3,   -14, -4,  -9},
     {-7,  -27, -11, -11, -7, 14,  19, -22, -9,  26,  -15, -17, 3,  -25, -6,  25, 30, -1, -4,  -8, 24,  6,   8,   -18,
      4,   24,  -15, 37,  8,  -19, 39, -10, -10, -15, 18,  -3,  -4, -18, 4,   -2, 16, 12, -29, 29, -11, -31, -8,  -10,
      -52, 61,  -10, 12,  6,  12,  24, -33, 2,   -7,  6,   22,  -5, 3,   -18, -6, 51, -5, -2,  4,  -16, 13,  -23, 51},
     {4, 25, 13, -1}},
    {"conv2d",
     [](const Tensor& x, const Tensor& w, const Tensor& b) { return conv2d(x, w, b, {.padding = 1, .groups = 3}); },
     {1, 3, 4, 4},
     {3, 1, 3, 3},
     {-1, -2, 0,  -3, 3,  -3, 2, -3, 3,  -1, 3, 3,  0,  0,  -2, -1, 0,  1, 3, -1, 0, 1, 3,  -2,
      0,  3,  -1, -3, -1, -2, 1, -2, -1, -2, 3, -2, -1, -2, -3, 2,  -1, 2, 1, -2, 3, 1, -2, 2},
     {1, 0, 0, 0, 0, 0, 2, 3, 3, 1, -3, -2, -1, 1, -3, 3, -1, -2, 1, 0, 3, 2, 3, -2, -2, -2, -3},
     {1, -1, -1},
     {1, -3, 1, 1, -3, 2,  1, 3, 1,  3,  2, 0, -2, -2, -1, 0,  1,  1, 1,  -3, 2, 0,  3, 0,
      1, 2,  1, 1, 1,  -2, 1, 0, -2, -2, 2, 3, -2, -2, 3,  -2, -3, 0, -2, -1, 1, -2, 2, -1},
     {1,  4,  -8, -4, 7,  12,  15, 16, 1, -2, -11, -4, 1,   4, 0,   4, -6,  -16, 8,  6,  -12, -19, 17,  0,
      -7, -7, -3, 11, -2, -12, 20, 4,  8, 0,  12,  1,  -10, 0, -26, 4, -23, -11, 10, -8, 12,  14,  -13, 2},
     {2,  1, 3,  0,   0, -2, -4, 6,  -7,  -2, 15, 12, 9,  16, 15, 6,   -6, -4, -8,  -12, 3, -16, -15, -13,
      -8, 8, -8, -10, 8, -7, 5,  -6, -12, -1, 8,  14, -2, -1, 4,  -30, -3, 11, -11, 2,   5, 9,   14,  1},
     {-6, -19, -7, 17, -12, 24, 4, 8, -8, 10, 5, 6, -3, 22, -9, -2, 1, -3, 2, 25, -10, 2, -3, 17, -5, 4, -5},
     {4, 10, -8}},
    {"conv3d",
     [](const Tensor& x, const Tensor& w, const Tensor& b) { return conv3d(x, w, b, {}); },
     {1, 1, 3, 3, 3},
     {2, 1, 2, 2, 2},
     {0, -3, 2, 1, 2, -2, 3, 2, 0, 0, 3, 3, 2, -1, -1, 0, 1, -3, 2, 0, 0, -2, 2, -1, 0, 3, 1},
     {-2, 3, -3, -3, -3, -3, 0, -1, -3, 0, -3, -3, -2, 0, 1, 0},
     {1, 3},
     {-1, 0, -3, -2, 1, 2, -1, -2, -1, 2, 3, 3, 1, 3, -1, -3},
     {-25, -4, -14, -6, -1, 11, -12, 2, -4, 5, -19, -6, -6, 2, -2, 11},
     {5, -9, 0, 3, -14, -12, 0, -3, -3, 0, -11, 6, 1, 1, -15, 9, 27, 17, -5, -15, -6, 6, 17, 4, -1, -2, 2},
     {-1, 13, -16, -6, -4, 2, -8, -1, 13, 23, 14, 4, 7, -2, -6, -14},
     {-6, 7}},
    {"conv_transpose1d",
     [](const Tensor& x, const Tensor& w, const Tensor& b) {
       return conv_transpose1d(x, w, b, {.stride = 2, .padding = 1, .output_padding = 1});
     },
     {1, 2, 4},
     {2, 3, 3},
     {0, -2, -2, 1, 2, -2, 1, 2},
     {-2, 2, 0, -2, 2, -2, 1, 0, 0, 2, -2, 1, -2, -2, 1, -1, 3, -2},
     {-2, -3, 1},
     {2, -2, -3, 0, -1, 2, 3, -2, -2, -3, 3, 2, 3, -2, 3, -3, 1, 0, -2, -3, 0, 3, -1, -1},
     {-6, 0, -2, 2, -8, 1, -4, 0, -7, 7, -3, 1, -9, -4, -5, -3, 7, -3, -5, 2, 4, -2, 7, -3},
     {6, 6, 1, 21, -2, 4, -11, -13},
     {6, 11, -6, 0, -9, -3, 9, 3, -1, 8, 15, -6, 4, -1, -18, 3, 4, 7},
     {-1, 1, -3}},
    {"conv_transpose2d",
     [](const Tensor& x, const Tensor& w,
        const Tensor& b) { return conv_transpose2d(x, w, b, {.stride = 2, .dilation = 1, .groups = 2}); },
     {1, 4, 2, 3},
     {4, 1, 3, 3},
     {0, 0, 2, -3, 1, 1, 1, -1, -2, 3, -1, 1, 1, 1, -2, -2, -3, 1, 3, 0, 2, 3, 2, -1},
     {3,  2,  1,  3,  0, -3, -1, 3, -1, -3, 1, 1,  1, 0, 3,  3, 1, -2,
      -1, -1, -1, -1, 0, 3,  -2, 2, 1,  -1, 2, -1, 1, 1, -3, 3, 0, 2},
     {2, -2},
     {1,  -2, -1, 2, 1, 0,  2, -1, -3, 3,  2,  -1, -1, -1, 3,  2,  0, 1,  -2, 2,  2,  3,  2, -1,
      -1, -1, -2, 1, 2, 0,  0, 2,  -1, 0,  1,  2,  -1, -3, -1, -1, 2, -2, 2,  -1, 0,  -1, 2, 0,
      3,  0,  -3, 2, 2, -1, 0, -3, 0,  -3, -1, 3,  3,  -2, 2,  0,  0, -1, -2, -2, -1, -2},
     {-1,  3, 6, 1, 13, 4,  2,  3, 2, 4, 2,   3,  2,   -10, -13, 0,  3,  2,  -4, 9,  6,  -4, 2, 22,
      2,   0, 2, 2, 14, -4, -5, 4, 5, 6, -1,  -6, 3,   -7,  -3,  -3, 4,  -2, 0,  1,  -9, -2, 5, 0,
      -14, 4, 8, 3, 7,  10, -9, 0, 3, 1, -12, 0,  -19, -3,  4,   11, -6, 14, -8, -6, 0,  -3},
     {-11, 19, 11, 23, 7, -6, 13, 11, -13, -1, -1, 7, -4, 10, 7, -3, 3, 7, 4, -1, -9, -10, -11, -11},
     {-9, -3, 4,  -13, -11, 1,  -11, 6, 4,  7, 3,  -2, 7, 2,  5, 12, -5,  0,
      -6, -6, -4, 4,   -7,  -9, 5,   4, 13, 9, -4, -6, 5, -4, 7, -2, -12, -5},
     {14, -8}}};

Tensor leaf(const Numbers& values, const std::vector<std::int64_t>& shape, DType dtype) {
  return from_data(values, shape).to(dtype).detach().requires_grad_();
}
Numbers numbers(const Tensor& x) { return x.to(kFloat64).to_vector<double>(); }

class Convolutions : public ::testing::TestWithParam<Case> {};

TEST_P(Convolutions, AndTheirGradientsAreThoseOfPyTorch) {
  const Case& c = GetParam();
  for (const DType dtype : {kFloat32, kFloat64}) {
    const Tensor x = leaf(c.x, c.x_shape, dtype), w = leaf(c.w, c.w_shape, dtype);
    const Tensor b = leaf(c.b, {static_cast<std::int64_t>(c.b.size())}, dtype);
    const Tensor y = c.fn(x, w, b);
    EXPECT_EQ(numbers(y), c.y);
    y.backward(from_data(c.g, y.shape()).to(dtype));
    EXPECT_EQ(numbers(x.grad()), c.dx);
    EXPECT_EQ(numbers(w.grad()), c.dw);
    EXPECT_EQ(numbers(b.grad()), c.db);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Convolutions, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name + std::to_string(info.index); });

TEST(Conv, OfOneImageHasNoBatch) {
  const Tensor x = ones({1, 3, 3}), w = ones({1, 1, 2, 2});
  const Tensor y = conv2d(x, w);
  EXPECT_EQ(y.shape(), (Shape{1, 2, 2}));
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(4, 4, 4, 4));
}

TEST(Conv, PaddingKeepsTheExtentsByName) {
  const Tensor x = ones({1, 1, 4}), w = ones({1, 1, 4});
  EXPECT_THAT(conv1d(x, w, {}, {.padding = "same"}).to_vector<float>(), ElementsAre(3, 4, 3, 2));
  EXPECT_THAT(conv1d(x, w, {}, {.padding = "valid"}).to_vector<float>(), ElementsAre(4));
}

TEST(Conv, OfNoImagesHasAGradientOfZeros) {
  const Tensor w = ones({2, 3, 3, 3}).requires_grad_();
  const Tensor y = conv2d(zeros({0, 3, 5, 5}), w);
  EXPECT_EQ(y.shape(), (Shape{0, 2, 3, 3}));
  y.sum().backward();
  EXPECT_EQ(w.grad().sum().item(), 0);
}

TEST(Conv, HasTheSameBitsEagerCompiledAndInParts) {
  manual_seed(0);
  const Tensor x = randn({9, 16, 20, 20}), w = randn({24, 16, 3, 3}).requires_grad_();
  const auto step = [&] {
    const Tensor loss = conv2d(x, w, {}, {.padding = 1}).square().sum();
    loss.backward();
    return loss;
  };
  const float eager = step().item<float>();
  const std::vector<float> gradient = w.grad().to_vector<float>();
  for (const ExecutorKind executor : {ExecutorKind::serial, ExecutorKind::parallel}) {
    w.set_grad({});
    EXPECT_EQ(compile(step, {.executor = executor})().item<float>(), eager);
    EXPECT_EQ(w.grad().to_vector<float>(), gradient);
  }
}

TEST(Conv, TakesOptionsThatOneDnnRefuses) {
  const Tensor x = ones({1, 1, 3}), w = full({1, 1, 1}, 2);
  EXPECT_THAT(conv1d(x, w, {}, {.stride = std::int64_t{1} << 32}).to_vector<float>(), ElementsAre(2));
}

TEST(Conv, RefusesWhatDoesNotFit) {
  const Tensor x = zeros({1, 3, 4, 4}), w = zeros({2, 3, 3, 3});
  const auto refuses = [](auto f, const char* rule) { EXPECT_THAT(f, ThrowsMessage<Error>(HasSubstr(rule))); };
  refuses([&] { conv2d(zeros({1, 2, 4, 4}), w); }, "[conv2d] a: f32[1,2,4,4], b: f32[2,3,3,3]: x has 2 channels");
  refuses([&] { conv2d(zeros({3, 4}), w); }, "x must be [n, channels, 2 extents], or without n");
  refuses([&] { conv2d(x, zeros({2, 3, 5, 3})); }, "the kernel is larger than the padded image");
  refuses([&] { conv2d(x, w, zeros({3})); }, "the bias must have one element for each output channel");
  refuses([&] { conv2d(x, w, {}, {.stride = 0}); }, "stride is out of range");
  refuses([&] { conv2d(x, w, {}, {.padding = {1, 1, 1}}); }, "padding has 3 numbers");
  refuses([&] { conv2d(x, w, {}, {.stride = 2, .padding = "same"}); }, "goes with a stride of 1 only");
  refuses([&] { conv2d(x.to(kFloat64), w); }, "dtypes differ");
  refuses(
      [&] {
        conv2d(zeros({1, 3, 0, 4}), w);
      },
      "[conv2d] a: f32[1,3,0,4], b: f32[2,3,3,3]: an image has no elements");
  refuses(
      [&] {
        conv2d(x, zeros({0, 3, 1, 1}));
      },
      "[conv2d] a: f32[1,3,4,4], b: f32[0,3,1,1]: the weight has no elements");
  refuses(
      [&] {
        conv_transpose2d(zeros({1, 2, 4, 4}), w, {}, {.output_padding = 1});
      },
      "output_padding must be smaller");
}

}  // namespace
}  // namespace weft
