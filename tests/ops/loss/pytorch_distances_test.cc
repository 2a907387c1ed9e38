// Values and gradients of distances, bilinear forms and losses of several labels, computed by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {"weighted(cdist(a, b, 0)) + pdist(b, 0).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(cdist(a, b, 0)) + pdist(b, 0).sum(); },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 2.0}, {0.0, 0.0}, {5.0, 5.5}, {1.0, 2.0}},
     86.2,
     {0, 0, 0, 0},
     {0, 0, 0, 0, 0, 0, 0, 0}},
    {"weighted(cdist(a, b, 1)) + pdist(b, 1).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(cdist(a, b, 1)) + pdist(b, 1).sum(); },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 2.0}, {0.0, 0.0}, {5.0, 5.5}, {1.0, 2.0}},
     266.7,
     {-0.1, -0.1, 1.2, 1.2},
     {-0.5, -0.5, -24.8, -24.8, 25, 25, -0.8, -0.8}},
    {"weighted(cdist(a, b, 1.5)) + pdist(b, 1.5).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(cdist(a, b, 1.5)) + pdist(b, 1.5).sum(); },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 2.0}, {0.0, 0.0}, {5.0, 5.5}, {1.0, 2.0}},
     212.924245576,
     {-0.117935803908, -0.0491058946442, 0.879142903203, 1.02654829305},
     {-1.8371810129, 0.704361622371, -16.9901883688, -21.6500100366, 20.1414534531, 19.5019545512, -2.0752911707,
      0.466251464576}},
    {"weighted(cdist(a, b, 2)) + pdist(b, 2).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(cdist(a, b, 2)) + pdist(b, 2).sum(); },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 2.0}, {0.0, 0.0}, {5.0, 5.5}, {1.0, 2.0}},
     190.751219861,
     {-0.136330289312, -0.0186659441606, 0.719238815543, 0.979238815543},
     {-2.79645818425, 1.53382727446, -12.9862425991, -20.8892410814, 18.2083824757, 17.0731456954, -3.0085902186,
      1.3216952401}},
    {"weighted(cdist(a, b, 3)) + pdist(b, 3).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(cdist(a, b, 3)) + pdist(b, 3).sum(); },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 2.0}, {0.0, 0.0}, {5.0, 5.5}, {1.0, 2.0}},
     171.636045203,
     {-0.166912082522, 0.0217139616011, 0.532266700205, 0.982060844733},
     {-4.14964799697, 2.72934324458, -8.56158983568, -20.9572506877, 16.6845193694, 14.6837775497, -4.33863615445,
      2.5403550871}},
    {"weighted(cdist(a, b, kInf)) + pdist(b, kInf).sum()",
     [](const Tensor& a, const Tensor& b) { return weighted(cdist(a, b, kInf)) + pdist(b, kInf).sum(); },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 2.0}, {0.0, 0.0}, {5.0, 5.5}, {1.0, 2.0}},
     148,
     {-0.3, 0.2, 0.6, 1.9},
     {-8.5, 7.5, 0, -24.8, 17, 8, -8.8, 7.2}},
    {"weighted(cdist(a.unsqueeze(0), b.expand({2, 1, 4, 2})))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(cdist(a.unsqueeze(0), b.expand({2, 1, 4, 2})));
     },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 2.0}, {0.0, 0.0}, {5.0, 5.5}, {1.0, 2.0}},
     37.5037775658,
     {-0.51695105799, 0.151406178184, 2.40984848098, 3.24984848098},
     {-1.27279220614, -1.27279220614, -1.7366563146, -2.6733126292, 2.81360737259, 2.24190645102, -1.69705627485,
      -1.69705627485}},
    {"weighted(cdist(a, (b.reshape({1, 2}) * arange(1.0, 28.0, 1, b.dtype()).reshape({27, 1}))))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(cdist(a, (b.reshape({1, 2}) * arange(1.0, 28.0, 1, b.dtype()).reshape({27, 1}))));
     },
     {{1.0, 2.0}, {3.0, 4.0}},
     {0.5, -0.25},
     1460.09108913,
     {-28.0416137943, 24.6503833104, -43.8026680874, 94.2635570502},
     {1478.10917627, -1816.52449693}},
    {"weighted(bilinear(a, b, arange(12.0).to(a.dtype()).reshape({2, 3, 2}) * 0.1, tensor({0.5, 1.0}, a.dtype())))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(
           bilinear(a, b, arange(12.0).to(a.dtype()).reshape({2, 3, 2}) * 0.1, tensor({0.5, 1.0}, a.dtype())));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{1.0, 2.0}, {3.0, 4.0}},
     2.016,
     {0.42, 0.6, 0.78, 1.96, 2.94, 3.92},
     {0.315, 0.3525, 0.01, 0.0415}},
    {"weighted(bilinear(a, a, b))",
     [](const Tensor& a, const Tensor& b) { return weighted(bilinear(a, a, b)); },
     {1.0, 2.0},
     {{{1.0, 2.0}, {3.0, 4.0}}, {{0.5, -1.0}, {2.0, 0.1}}, {{0.0, 1.0}, {1.0, 0.0}}},
     4.48,
     {3, 2.98},
     {0.1, 0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.8, 0.3, 0.6, 0.6, 1.2}},
    {"weighted(multilabel_margin_loss(a, tensor({{3, 0, -1, 1}, {1, -1, 0, 2}}), Reduction::none)) + b",
     [](const Tensor& a, const Tensor& b) {
       return weighted(multilabel_margin_loss(a, tensor({{3, 0, -1, 1}, {1, -1, 0, 2}}), Reduction::none)) + b;
     },
     {{0.1, 0.2, 0.4, 0.8}, {0.3, 0.2, 0.4, 0.1}},
     {0.0},
     0.245,
     {-0.05, 0.05, 0.05, -0.05, 0.05, -0.15, 0.05, 0.05},
     {2}},
    {"multilabel_margin_loss(a, tensor({3, 3, 0, -1})) + multilabel_margin_loss(b, tensor({{0, 1}, {1, -1}}), "
     "Reduction::sum)",
     [](const Tensor& a, const Tensor& b) {
       return multilabel_margin_loss(a, tensor({3, 3, 0, -1})) +
              multilabel_margin_loss(b, tensor({{0, 1}, {1, -1}}), Reduction::sum);
     },
     {0.1, 0.2, 0.4, 0.8},
     {{0.1, 0.2}, {0.3, 0.7}},
     1.4,
     {-0.5, 0.75, 0.75, -1},
     {0, 0, 0.5, -0.5}},
    {"weighted(multilabel_soft_margin_loss(a, b, tensor({0.5, 1.0, 2.0}, a.dtype()), Reduction::none))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(multilabel_soft_margin_loss(a, b, tensor({0.5, 1.0, 2.0}, a.dtype()), Reduction::none));
     },
     {{0.1, 0.2, 0.4}, {0.3, -0.2, 0.4}},
     {{1.0, 0.0, 1.0}, {0.0, 0.0, 1.0}},
     0.208302056568,
     {-0.00791701354202, 0.0183277999104, -0.0267541559925, 0.0191480838937, 0.0300110668458, -0.053508311985},
     {-0.00166666666667, -0.00666666666667, -0.0266666666667, -0.01, 0.0133333333333, -0.0533333333333}},
    {"multilabel_soft_margin_loss(a, b)",
     [](const Tensor& a, const Tensor& b) { return multilabel_soft_margin_loss(a, b); },
     {{0.1, 0.2, 0.4}, {0.3, -0.2, 40.0}},
     {{1.0, 0.0, 1.0}, {0.0, 0.0, 1.0}},
     0.568007482618,
     {-0.0791701354202, 0.0916389995521, -0.0668853899813, 0.0957404194686, 0.0750276671146, -7.08059042549e-19},
     {-0.0166666666667, -0.0333333333333, -0.0666666666667, -0.05, 0.0333333333333, -6.66666666667}},
    {"weighted(triplet_margin_with_distance_loss(a, b, a * b, {.margin = 20, .swap = true}, Reduction::none))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(triplet_margin_with_distance_loss(a, b, a * b, {.margin = 20, .swap = true}, Reduction::none));
     },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 3.0}, {0.5, 2.0}},
     5.58591244737,
     {1.33333444444e-07, -0.4, 0.121061383417, -0.0623267972211},
     {-1.000001e-07, -4.44366765606e-14, 0.0545004784679, -0.87400227453}},
    {"triplet_margin_with_distance_loss(a, b, a * b, {.distance = [](const Tensor& x, const Tensor& y) { return "
     "l1_loss(x, y, Reduction::none).sum(1); }})",
     [](const Tensor& a, const Tensor& b) {
       return triplet_margin_with_distance_loss(a, b, a * b, {.distance = [](const Tensor& x, const Tensor& y) {
                                                  return l1_loss(x, y, Reduction::none).sum(1);
                                                }});
     },
     {{1.0, 2.0}, {3.0, 4.0}},
     {{1.0, 3.0}, {0.5, 2.0}},
     0,
     {0, 0, 0, 0},
     {0, 0, 0, -0}},
    {"weighted(rrelu(a) + rrelu(b, 0.1, 0.5))",
     [](const Tensor& a, const Tensor& b) { return weighted(rrelu(a) + rrelu(b, 0.1, 0.5)); },
     {-1.0, 0.0, 2.0, kNan},
     {-1.0, 0.0, 2.0, kNan},
     kNan,
     {0.0229166666667, 0.0458333333333, 0.3, 0.0916666666667},
     {0.03, 0.06, 0.3, 0.12}},
};

class Distance : public ::testing::TestWithParam<PyTorchCase> {};
TEST_P(Distance, HasTheValuesAndGradientsOfPyTorch) { expect_pytorch(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Functions, Distance, ::testing::ValuesIn(kCases));

}  // namespace
}  // namespace weft
