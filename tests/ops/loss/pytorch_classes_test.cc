// Losses of classes and of sequences: values and gradients by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {"cross_entropy(a, tensor({2, 0}))",
     [](const Tensor& a, const Tensor&) {
       return cross_entropy(a, tensor({2, 0}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     0.420835645367,
     {0.0884100910537, 0.0153633701632, -0.103773461217, -0.228066162889, 0.141961911222, 0.0861042516675},
     {}},
    {"cross_entropy(a, tensor({2, 1}), {.weight = tensor({1.0, 2.0, 0.5}, a.dtype())})",
     [](const Tensor& a, const Tensor&) {
       return cross_entropy(a, tensor({2, 1}), {.weight = tensor({1.0, 2.0, 0.5}, a.dtype())});
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     1.05376384273,
     {0.0353640364215, 0.00614534806529, -0.0415093844868, 0.435094139377, -0.572860942045, 0.137766802668},
     {}},
    {"cross_entropy(a, tensor({1, 0}), {.ignore_index = 1})",
     [](const Tensor& a, const Tensor&) {
       return cross_entropy(a, tensor({1, 0}), {.ignore_index = 1});
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     0.609049307633,
     {0, 0, 0, -0.456132325779, 0.283923822444, 0.172208503335},
     {}},
    {"cross_entropy(a, tensor({1, -100}), {.weight = tensor({1.0, 2.0, 0.5}, a.dtype()), .label_smoothing = 0.2})",
     [](const Tensor& a, const Tensor&) {
       return cross_entropy(a, tensor({1, -100}),
                            {.weight = tensor({1.0, 2.0, 0.5}, a.dtype()), .label_smoothing = 0.2});
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     3.07990348451,
     {0.128751833598, -0.838500488034, 0.709748654436, 0, 0, 0},
     {}},
    {"cross_entropy(a, tensor({1, 2}), {.label_smoothing = 0.1}, Reduction::sum)",
     [](const Tensor& a, const Tensor&) {
       return cross_entropy(a, tensor({1, 2}), {.label_smoothing = 0.1}, Reduction::sum);
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     5.02000462407,
     {0.143486848774, -0.902606593007, 0.759119744233, 0.510534340888, 0.250590489111, -0.761124829998},
     {}},
    {"weighted(cross_entropy(a.reshape({1, 3, 2}), tensor({{2, 0}}), Reduction::none))",
     [](const Tensor& a, const Tensor&) {
       return weighted(cross_entropy(a.reshape({1, 3, 2}), tensor({{2, 0}}), Reduction::none));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     0.696262405147,
     {0.0162548523756, -0.18135841761, 0.0728491942317, 0.137743698055, -0.0891040466073, 0.0436147195545},
     {}},
    {"cross_entropy(a.select(0, 0), tensor(2))",
     [](const Tensor& a, const Tensor&) { return cross_entropy(a.select(0, 0), tensor(2)); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     0.232621983102,
     {0.176820182107, 0.0307267403264, -0.207546922434, 0, 0, 0},
     {}},
    {"cross_entropy(a, b)",
     [](const Tensor& a, const Tensor& b) { return cross_entropy(a, b); },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     1.91333564537,
     {-0.0365899089463, -0.234636629837, 0.271226538783, 0.221933837111, 0.091961911222, -0.313895748332},
     {0.866310991551, 1.74131099155, 0.116310991551, 0.304524653816, 0.629524653816, 0.879524653816}},
    {"cross_entropy(a, b, {.weight = tensor({1.0, 2.0, 0.5}, a.dtype()), .label_smoothing = 0.3})",
     [](const Tensor& a, const Tensor& b) {
       return cross_entropy(a, b, {.weight = tensor({1.0, 2.0, 0.5}, a.dtype()), .label_smoothing = 0.3});
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     2.37745888562,
     {-0.021461755492, -0.429835576661, 0.451297332153, 0.143424423173, -0.0507519945736, -0.0926724285993},
     {0.606417694086, 2.43783538817, 0.0407088470429, 0.213167257671, 0.881334515343, 0.307833628836}},
    {"weighted(cross_entropy(a.reshape({1, 3, 2}), b.reshape({1, 3, 2}), Reduction::none))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(cross_entropy(a.reshape({1, 3, 2}), b.reshape({1, 3, 2}), Reduction::none));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     0.563925070082,
     {-0.0152470885746, -0.0739017846535, 0.018709516539, 0.172841177277, -0.00346242796437, -0.0989393926237},
     {0.181677871406, 0.474584533741, 0.0316778714058, 0.0745845337415, 0.221677871406, 0.304584533741}},
    {"nll_loss(a, tensor({2, 0}))",
     [](const Tensor& a, const Tensor&) {
       return nll_loss(a, tensor({2, 0}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     -1.375,
     {0, 0, -0.5, -0.5, 0, 0},
     {}},
    {"nll_loss(a, tensor({2, -1}), {.weight = tensor({1.0, 2.0, 0.5}, a.dtype()), .ignore_index = -1})",
     [](const Tensor& a, const Tensor&) {
       return nll_loss(a, tensor({2, -1}), {.weight = tensor({1.0, 2.0, 0.5}, a.dtype()), .ignore_index = -1});
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     -2,
     {0, 0, -1, 0, 0, 0},
     {}},
    {"multi_margin_loss(a, tensor({2, 0}))",
     [](const Tensor& a, const Tensor&) {
       return multi_margin_loss(a, tensor({2, 0}));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     0.0583333333333,
     {0, 0, 0, -0.166666666667, 0.166666666667, 0},
     {}},
    {"multi_margin_loss(a, tensor({1, 0}), 2, 0.5, tensor({1.0, 2.0, 0.5}, a.dtype()))",
     [](const Tensor& a, const Tensor&) {
       return multi_margin_loss(a, tensor({1, 0}), 2, 0.5, tensor({1.0, 2.0, 0.5}, a.dtype()));
     },
     {{0.5, -1.25, 2.0}, {0.75, 0.1, -0.4}},
     {{0.25, 0.5, 0.25}, {0.1, 0.1, 0.8}},
     6.375,
     {1.5, -4, 2.5, 0, 0, 0},
     {}},
    {"ctc_loss(log_softmax(stack({a, b}, 1), 2), tensor({{1, 2}, {3, 3}}), tensor({3, 3}), tensor({2, 1}))",
     [](const Tensor& a, const Tensor& b) {
       return ctc_loss(log_softmax(stack({a, b}, 1), 2), tensor({{1, 2}, {3, 3}}), tensor({3, 3}), tensor({2, 1}));
     },
     {{0.5, -1.25, 2.0, 0.3}, {0.75, 0.1, -0.4, 1.0}, {0.2, 0.2, -1.0, 0.4}},
     {{1.5, 0.25, -2.0, 0.1}, {-0.75, 0.7, 0.4, 0.0}, {1.0, -0.3, 0.5, 0.6}},
     2.39307189903,
     {-0.0888073212092, -0.11586757787, 0.173059736537, 0.0316151625422, 0.0376435640907, -0.107770504282,
      -0.0326704901135, 0.102797430305, 0.0263805404333, 0.0709703670684, -0.184034309587, 0.086683402085},
     {-0.0751319199828, 0.0916346682331, 0.00965822297475, -0.026160971225, -0.0386500603998, 0.202267514914,
      0.1498434605, -0.313460915014, -0.0748280700002, 0.0534505499203, 0.118956386498, -0.0975788664181}},
    {"weighted(ctc_loss(log_softmax(stack({a, b}, 1), 2), tensor({{1, 1}, {3, 2}}), tensor({3, 2}), tensor({2, 2}), "
     "{}, Reduction::none))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(ctc_loss(log_softmax(stack({a, b}, 1), 2), tensor({{1, 1}, {3, 2}}), tensor({3, 2}),
                                tensor({2, 2}), {}, Reduction::none));
     },
     {{0.5, -1.25, 2.0, 0.3}, {0.75, 0.1, -0.4, 1.0}, {0.2, 0.2, -1.0, 0.4}},
     {{1.5, 0.25, -2.0, 0.1}, {-0.75, 0.7, 0.4, 0.0}, {1.0, -0.3, 0.5, 0.6}},
     1.21193538806,
     {0.0154459386915, -0.0973158983233, 0.0692238946149, 0.0126460650169, -0.0679765123123, 0.0167177265045,
      0.0101398136857, 0.041118972122, 0.0283881468274, -0.0716118531726, 0.00855034551131, 0.034673360834},
     {0.127934567571, 0.0366538672932, 0.0038632891899, -0.168451724054, 0.0189783796981, 0.0809070059655,
      -0.1400626158, 0.0401772301362, 0, 0, 0, 0}},
    {"ctc_loss(log_softmax(stack({a, b}, 1), 2), tensor({{1, 1}, {2, 2}}), tensor({3, 2}), tensor({1, 2}), {.blank = "
     "3, .zero_infinity = true}, Reduction::sum)",
     [](const Tensor& a, const Tensor& b) {
       return ctc_loss(log_softmax(stack({a, b}, 1), 2), tensor({{1, 1}, {2, 2}}), tensor({3, 2}), tensor({1, 2}),
                       {.blank = 3, .zero_infinity = true}, Reduction::sum);
     },
     {{0.5, -1.25, 2.0, 0.3}, {0.75, 0.1, -0.4, 1.0}, {0.2, 0.2, -1.0, 0.4}},
     {{1.5, 0.25, -2.0, 0.1}, {-0.75, 0.7, 0.4, 0.0}, {1.0, -0.3, 0.5, 0.6}},
     3.35956973414,
     {0.154459386915, -0.164712172815, 0.692238946149, -0.681986160249, 0.320234876877, -0.297906350437, 0.101398136857,
      -0.123726663297, 0.283881468274, -0.350276313378, 0.0855034551131, -0.0191086100085},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"ctc_loss(stack({a, b}, 1), tensor({{1, 2}, {3, 0}}), tensor({3, 2}), tensor({2, 0}), {}, Reduction::sum)",
     [](const Tensor& a, const Tensor& b) {
       return ctc_loss(stack({a, b}, 1), tensor({{1, 2}, {3, 0}}), tensor({3, 2}), tensor({2, 0}), {}, Reduction::sum);
     },
     {{0.5, -1.25, 2.0, 0.3}, {0.75, 0.1, -0.4, 1.0}, {0.2, 0.2, -1.0, 0.4}},
     {{1.5, 0.25, -2.0, 0.1}, {-0.75, 0.7, 0.4, 0.0}, {1.0, -0.3, 0.5, 0.6}},
     -1.02395518721,
     {1.13903259895, -0.203806531388, 7.38905609893, 1.34985880758, 1.9473393961, 0.506911635901, 0.438239948725,
      2.71828182846, 1.04304345162, 1.22140275816, -0.453761252288, 1.49182469764},
     {3.48168907034, 1.28402541669, 0.135335283237, 1.10517091808, -0.527633447259, 2.01375270747, 1.49182469764, 1, 0,
      0, 0, 0}},
};

class ClassLosses : public testing::TestWithParam<PyTorchCase> {};

TEST_P(ClassLosses, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, ClassLosses, testing::ValuesIn(kCases));

TEST(CtcLoss, OfNoStepsHasTheEmptyTargetOnly) {
  const Tensor x = log_softmax(zeros({4, 2, 3}), 2), targets = tensor({{1}, {1}}), none = tensor({0, 0});
  const Tensor losses = ctc_loss(x, targets, none, tensor({0, 1}), {}, Reduction::none);
  EXPECT_EQ(to_string(losses), "tensor([0., inf])");
  EXPECT_THROW((void)ctc_loss(x, targets, tensor({5, 1}), none).item(), Error);
  EXPECT_THROW((void)ctc_loss(x, targets, none, tensor({-1, 0})).item(), Error);
}

}  // namespace
}  // namespace weft
