// Modules of activations and losses: the functions that they stand for, with PyTorch's defaults.
#include <gtest/gtest.h>

#include <cmath>

#include "weft/activation_layers.h"
#include "weft/elementwise.h"
#include "weft/function.h"
#include "weft/loss_layers.h"
#include "weft/nn.h"
#include "weft/ops.h"

namespace weft {
namespace {

const Tensor kX = tensor({{-2.0, -0.25, 0.5, 3.0}});

TEST(ActivationModules, AreTheirFunctions) {
  const std::pair<Tensor, Tensor> pairs[] = {
      {nn::ReLU6()(kX), relu6(kX)},
      {nn::LeakyReLU(0.2)(kX), leaky_relu(kX, 0.2)},
      {nn::ELU(0.5)(kX), elu(kX, 0.5)},
      {nn::SELU()(kX), selu(kX)},
      {nn::CELU(2)(kX), celu(kX, 2)},
      {nn::SiLU()(kX), silu(kX)},
      {nn::Mish()(kX), mish(kX)},
      {nn::Softplus(2, 1)(kX), softplus(kX, 2, 1)},
      {nn::Softsign()(kX), softsign(kX)},
      {nn::LogSigmoid()(kX), logsigmoid(kX)},
      {nn::Hardtanh(-0.5, 2)(kX), hardtanh(kX, -0.5, 2)},
      {nn::Hardswish()(kX), hardswish(kX)},
      {nn::Hardsigmoid()(kX), hardsigmoid(kX)},
      {nn::Hardshrink(0.3)(kX), hardshrink(kX, 0.3)},
      {nn::Softshrink(0.3)(kX), softshrink(kX, 0.3)},
      {nn::Tanhshrink()(kX), tanhshrink(kX)},
      {nn::Threshold(0.1, 20)(kX), threshold(kX, 0.1, 20)},
      {nn::GLU()(kX), glu(kX)},
      {nn::Softmax(1)(kX), softmax(kX, 1)},
      {nn::LogSoftmax(-1)(kX), log_softmax(kX, -1)},
      {nn::Softmin(1)(kX), softmin(kX, 1)},
      {nn::Softmax2d()(kX.reshape({2, 2, 1})), softmax(kX.reshape({2, 2, 1}), 0)},
      {nn::Identity()(kX), kX},
      {nn::PReLU()(kX), leaky_relu(kX, 0.25)},
  };
  for (const auto& [found, wanted] : pairs) EXPECT_EQ(to_string(found.detach()), to_string(wanted));
  EXPECT_EQ(nn::ELU(0.5).str(), "ELU(0.5)");
  EXPECT_EQ(nn::Hardtanh().str(), "Hardtanh(-1, 1)");
}

TEST(RReLUModule, DrawsSlopesInTrainingModeOnly) {
  nn::RReLU module(0.1, 0.3);
  manual_seed(1);
  const Tensor slopes = module(full({1000}, -1)) * -1;
  EXPECT_GE(slopes.min().item(), 0.1f);
  EXPECT_LE(slopes.max().item(), 0.3f);
  EXPECT_GT(slopes.std().item(), 0.04);
  module.eval();
  EXPECT_EQ(to_string(module(kX)), to_string(leaky_relu(kX, 0.2)));
}

TEST(RReLU, DrawsAnewInEachRunOfACompiledFunction) {
  auto f = compile([](const Tensor& x) { return rrelu(x, 0.1, 0.3, true); });
  const Tensor x = full({8}, -1);
  manual_seed(3);
  const Tensor first = f(x), second = f(x);
  EXPECT_FALSE(equal(first, second));
  manual_seed(3);
  EXPECT_TRUE(equal(rrelu(x, 0.1, 0.3, true), first));
}

TEST(GumbelSoftmax, OfHardSamplesHasTheGradientOfSoftOnes) {
  const Tensor logits = tensor({{0.5, -1.0, 2.0}, {0.0, 0.0, 0.0}}).requires_grad_();
  const Tensor weights = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  manual_seed(5);
  const Tensor soft = gumbel_softmax(logits, 0.5);
  (soft * weights).sum().backward();
  const Tensor slope = logits.grad().clone();
  logits.set_grad({});
  manual_seed(5);
  const Tensor hard = gumbel_softmax(logits, 0.5, true);
  (hard * weights).sum().backward();
  EXPECT_TRUE(equal(hard.detach(), (soft == amax(soft, 1, true)).to(kFloat32)));
  EXPECT_TRUE(allclose(logits.grad(), slope));
}

TEST(GumbelSoftmax, PicksByTheProbabilitiesOfItsLogits) {
  manual_seed(7);
  const Tensor picks = gumbel_softmax(log(tensor({0.2, 0.5, 0.3})).expand({20000, 3}), 1, true).mean(0);
  EXPECT_TRUE(allclose(picks, tensor({0.2, 0.5, 0.3}), 0, 0.02));
}

TEST(BilinearModule, HasAWeightForEachPairOfInputs) {
  nn::Bilinear module(3, 4, 2);
  EXPECT_EQ(module.str(), "Bilinear(3, 4, 2)");
  EXPECT_EQ(module.weight.shape(), (Shape{2, 3, 4}));
  EXPECT_EQ(module(ones({5, 7, 3}), ones({5, 7, 4})).shape(), (Shape{5, 7, 2}));
  EXPECT_LE(abs(module.weight.detach()).max().item(), 1 / std::sqrt(3.0f));
}

TEST(LossModules, AreTheirFunctions) {
  const Tensor a = tensor({{0.5, 0.25}, {0.1, 0.9}}), b = tensor({{1.0, 0.0}, {0.0, 1.0}}), y = tensor({1, 0});
  const Tensor sign = tensor({1.0, -1.0}), w = tensor({0.5, 2.0});
  const std::pair<Tensor, Tensor> pairs[] = {
      {nn::MSELoss()(a, b), mse_loss(a, b)},
      {nn::L1Loss(Reduction::sum)(a, b), l1_loss(a, b, Reduction::sum)},
      {nn::SmoothL1Loss(Reduction::none, 0.2)(a, b), smooth_l1_loss(a, b, Reduction::none, 0.2)},
      {nn::HuberLoss()(a, b), huber_loss(a, b)},
      {nn::CrossEntropyLoss({.weight = w, .label_smoothing = 0.1})(a, y),
       cross_entropy(a, y, {.weight = w, .label_smoothing = 0.1})},
      {nn::NLLLoss()(a, y), nll_loss(a, y)},
      {nn::BCELoss(w)(a, b), binary_cross_entropy(a, b, w)},
      {nn::BCEWithLogitsLoss({}, Reduction::mean, w)(a, b),
       binary_cross_entropy_with_logits(a, b, {}, Reduction::mean, w)},
      {nn::KLDivLoss()(a, b), kl_div(a, b)},
      {nn::PoissonNLLLoss()(a, b), poisson_nll_loss(a, b)},
      {nn::SoftMarginLoss()(a, b), soft_margin_loss(a, b)},
      {nn::HingeEmbeddingLoss()(a, b), hinge_embedding_loss(a, b)},
      {nn::MultiMarginLoss()(a, y), multi_margin_loss(a, y)},
      {nn::MultiLabelMarginLoss()(a, tensor({{1, -1}, {0, 1}})), multilabel_margin_loss(a, tensor({{1, -1}, {0, 1}}))},
      {nn::MultiLabelSoftMarginLoss()(a, b), multilabel_soft_margin_loss(a, b)},
      {nn::CosineSimilarity()(a, b), cosine_similarity(a, b)},
      {nn::PairwiseDistance(1)(a, b), pairwise_distance(a, b, 1)},
      {nn::GaussianNLLLoss(true)(a, b, a), gaussian_nll_loss(a, b, a, true)},
      {nn::MarginRankingLoss(0.3)(a[0], a[1], sign), margin_ranking_loss(a[0], a[1], sign, 0.3)},
      {nn::CosineEmbeddingLoss()(a, b, sign), cosine_embedding_loss(a, b, sign)},
      {nn::TripletMarginLoss({.margin = 3})(a, b, a + b), triplet_margin_loss(a, b, a + b, {.margin = 3})},
      {nn::TripletMarginWithDistanceLoss()(a, b, a + b), triplet_margin_with_distance_loss(a, b, a + b)},
  };
  for (const auto& [found, wanted] : pairs) EXPECT_EQ(to_string(found), to_string(wanted));
  EXPECT_EQ(nn::MSELoss().str(), "MSELoss()");
}

TEST(LossModules, KeepTheirWeightsAsBuffers) {
  nn::CrossEntropyLoss loss({.weight = tensor({0.5, 2.0})});
  ASSERT_EQ(loss.named_buffers().size(), 1u);
  EXPECT_EQ(loss.named_buffers()[0].first, "weight");
  loss.to(kFloat64);
  EXPECT_EQ(loss(zeros({2, 2}, kFloat64), tensor({0, 1})).dtype(), kFloat64);
}

}  // namespace
}  // namespace weft
