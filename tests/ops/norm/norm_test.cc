// Normalisation; numbers of PyTorch 2.14.
#include <gmock/gmock.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

auto near(float value) { return FloatNear(value, 2e-6f); }

Tensor rows() { return tensor({{1.0, 2.0, 4.0}, {3.0, 0.0, 8.0}}); }

TEST(BatchNorm, NormalisesEachChannelAndUpdatesTheRunningStatistics) {
  const Tensor mean = zeros({3}), var = ones({3});
  const Tensor y = batch_norm(rows(), mean, var, full({3}, 2), full({3}, 1), {.training = true});
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(near(-0.99999f), near(2.99999f), near(-0.9999975f), near(2.99999f),
                                                near(-0.99999f), near(2.9999975f)));
  EXPECT_THAT(mean.to_vector<float>(), ElementsAre(near(0.2f), near(0.1f), near(0.6f)));
  EXPECT_THAT(var.to_vector<float>(), ElementsAre(near(1.1f), near(1.1f), near(1.7f)));
}

TEST(BatchNorm, UsesTheRunningStatisticsInEvaluation) {
  const Tensor mean = full({3}, 1), var = full({3}, 4);
  const Tensor y = batch_norm(rows(), mean, var, {}, {}, {.eps = 0});
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(0, 0.5, 1.5, 1, -0.5, 3.5));
  EXPECT_THAT(mean.to_vector<float>(), ElementsAre(1, 1, 1));
}

TEST(BatchNorm, OfImagesIsOverAllPlacesOfAChannel) {
  const Tensor x = tensor({{{{1.0, 3.0}}, {{10.0, 10.0}}}});
  const Tensor y = batch_norm(x, {}, {}, {}, {}, {.training = true, .eps = 0.25});
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(near(-0.894427f), near(0.894427f), 0, 0));
}

// (step * i mod modulus) / scale - offset, for all elements i.
Tensor elements(const std::vector<std::int64_t>& shape, int step, int modulus, int scale, int offset) {
  const auto n = static_cast<double>(Shape(shape).numel());
  return ((arange(0, n).to(kInt64) * step).remainder(modulus).to(kFloat64) / scale - offset).reshape(shape);
}

// The gradient of the weighted sum of what f gives, and the gradient of a weighted sum of that.
template <class F>
void expect_gradients(F f, const std::vector<double>& first, const std::vector<double>& second) {
  const Tensor x = elements({2, 2, 3}, 37, 101, 50, 1).requires_grad_();
  const Tensor g = grad({(f(x) * elements({2, 2, 3}, 13, 11, 10, 0)).sum()}, {x}, {.create_graph = true})[0];
  const Tensor gg = grad({(g * elements({2, 2, 3}, 7, 5, 4, 0)).sum()}, {x})[0];
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_NEAR(g.to_vector<double>()[i], first[i], 1e-8) << i;
    EXPECT_NEAR(gg.to_vector<double>()[i], second[i], 1e-8) << i;
  }
}

TEST(BatchNorm, HasTheFirstAndSecondDerivativesOfPyTorch) {
  const Tensor weight = elements({2}, 29, 101, 50, 1), bias = elements({2}, 31, 101, 50, 1);
  expect_gradients([&](const Tensor& x) { return batch_norm(x, {}, {}, weight, bias, {.training = true}); },
                   {-0.003403621699, -0.005738641942, -0.008073662185, -0.1584340536, -0.04941589416, 0.05960226527,
                    0.008073662185, 0.005738641942, 0.003403621699, -0.09365532897, 0.01536283045, 0.226540181},
                   {-0.1289593868, 0.004824176578, 0.13860774, -0.1555396404, 0.129890792, -0.0125806462, 0.03701439899,
                    0.1707979624, -0.2222848911, 0.07903572591, -0.06343571233, 0.022629481});
}

TEST(GroupNorm, HasTheFirstAndSecondDerivativesOfPyTorch) {
  const Tensor weight = elements({2}, 29, 101, 50, 1), bias = elements({2}, 31, 101, 50, 1);
  expect_gradients([&](const Tensor& x) { return group_norm(x, 1, weight, bias); },
                   {0.1565614584, 0.07757552145, -0.00141041548, -0.1879974306, -0.07757552145, 0.03284638769,
                    0.0514830301, 0.03802825999, 0.02457348988, -0.18031973, -0.004649372058, 0.07088432205},
                   {-0.1367790531, 0.01496746537, 0.1667139839, 0.01519163285, 0.124435302, -0.184529331,
                    -0.03665073028, 0.2400451796, -0.01133836463, 0.04420285005, -0.1719898434, -0.06426909134});
}

TEST(BatchNorm, StatisticsAreWrittenByEachCompiledStep) {
  nn::BatchNorm norm(3);
  auto f = compile([&](Tensor x) { return norm(x); });
  f(rows());
  f(rows());
  EXPECT_THAT(norm.running_mean.to_vector<float>(), ElementsAre(near(0.38f), near(0.19f), near(1.14f)));
  norm.eval();
  f(rows());
  EXPECT_THAT(norm.running_mean.to_vector<float>(), ElementsAre(near(0.38f), near(0.19f), near(1.14f)));
}

TEST(LayerNorm, NormalisesTheLastDims) {
  const Tensor y = layer_norm(rows(), 3, tensor({1.0, 2.0, 1.0}), tensor({0.0, 0.0, 1.0}));
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(near(-1.0690414f), near(-0.5345206f), near(2.3363018f),
                                                near(-0.2020304f), near(-2.2223346f), near(2.3131974f)));
}

TEST(LayerNorm, HasTheGradientOfPyTorch) {
  const Tensor x = rows().requires_grad_();
  (layer_norm(x, 3) * tensor({{1.0, 2.0, 3.0}, {0.0, 1.0, 0.0}})).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(near(-0.1145446f), near(0.1718091f), near(-0.0572647f),
                                                       near(-0.1236921f), near(0.0773077f), near(0.0463844f)));
}

TEST(GroupNorm, NormalisesGroupsOfChannels) {
  const Tensor x = tensor({{{1.0}, {3.0}, {2.0}, {6.0}}});
  EXPECT_THAT(group_norm(x, 2, {}, {}, 0).to_vector<float>(), ElementsAre(-1, 1, -1, 1));
  EXPECT_THAT(group_norm(x, 2, tensor({1.0, 2.0, 1.0, 2.0}), tensor({0.0, 1.0, 0.0, 1.0}), 0).to_vector<float>(),
              ElementsAre(-1, 3, -1, 3));
}

TEST(InstanceNorm, NormalisesEachChannelOfAnImage) {
  EXPECT_THAT(instance_norm(tensor({{{1.0, 3.0}, {5.0, 5.0}}}), {}, {}, 1).to_vector<float>(),
              ElementsAre(near(-0.7071068f), near(0.7071068f), 0, 0));
}

TEST(RmsNorm, DividesByTheRootMeanSquare) {
  EXPECT_THAT(rms_norm(tensor({{3.0, 4.0}}), 2, tensor({1.0, 2.0}), 0.0).to_vector<float>(),
              ElementsAre(near(0.8485281f), near(2.2627417f)));
}

TEST(BatchNorm, OfNoImagesChangesNothing) {
  const Tensor mean = zeros({3}), var = ones({3});
  EXPECT_EQ(batch_norm(zeros({0, 3, 2}), mean, var, {}, {}, {.training = true}).shape(), (Shape{0, 3, 2}));
  EXPECT_THAT(mean.to_vector<float>(), ElementsAre(0, 0, 0));
}

TEST(Norm, RefusesWhatDoesNotFit) {
  const auto refuses = [](auto f, const char* rule) { EXPECT_THAT(f, ThrowsMessage<Error>(HasSubstr(rule))); };
  refuses([] { layer_norm(rows(), 2); }, "[layer_norm] a: f32[2,3]: the last extents of x are not those");
  refuses([] { layer_norm(rows(), 3, zeros({2})); }, "the weight must have the shape [3]");
  refuses([] { group_norm(rows(), 2); }, "the groups do not divide the channels");
  refuses([] { instance_norm(zeros({2, 3, 1})); }, "there is one value for each channel only");
  refuses([] { batch_norm(zeros({1, 3}), {}, {}); }, "training needs more than one value for each channel");
  refuses([] { batch_norm(rows(), zeros({2}), ones({2})); }, "running statistics must have the shape [3]");
  refuses([] { rms_norm(zeros({2, 3}, kInt64), 3); }, "needs a floating tensor");
}

}  // namespace
}  // namespace weft
