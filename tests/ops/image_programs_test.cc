// Training steps of networks of images: what is left of their layouts, and which kernels compute them.
#include <gmock/gmock.h>

#include <sstream>

#include "bench/image_models.h"
#include "ops/kernels/onednn/onednn.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::Each;
using ::testing::Not;
using ::testing::StartsWith;

// A network with its optimizer, and the step of both.
class Trainer {
 public:
  Trainer(nn::Sequential model, ExecutorKind executor)
      : model_(std::move(model)),
        optimizer_(model_.parameters(), {.lr = 0.01, .momentum = 0.9}),
        step_(compile(
            [this](Tensor images, Tensor labels) {
              const Tensor loss = cross_entropy(model_(images), labels);
              loss.backward();
              optimizer_.step();
              optimizer_.zero_grad();
              return loss;
            },
            {.executor = executor})) {}

  float operator()(const Tensor& images, const Tensor& labels) { return step_(images, labels).item<float>(); }
  std::string plan() const { return step_.plan_text(); }
  nn::Sequential& model() { return model_; }

 private:
  nn::Sequential model_;
  optim::SGD optimizer_;
  Compiled<Tensor(Tensor, Tensor)> step_;
};

std::int64_t count_steps(const std::string& plan, const std::string& op) {
  std::istringstream lines(plan);
  std::int64_t count = 0;
  for (std::string line; std::getline(lines, line);) count += line.find(": " + op + " ") != std::string::npos;
  return count;
}

// A convolution of each channel by itself, and one that mixes them (Howard et al. 2017).
nn::Sequential separable_network() {
  nn::Sequential model;
  model.push_back(nn::Conv2d(3, 16, 3, {.padding = 1}, false));
  model.push_back(nn::BatchNorm2d(16));
  model.push_back(nn::ReLU());
  model.push_back(nn::Conv2d(16, 16, 3, {.padding = 1, .groups = 16}, false));
  model.push_back(nn::BatchNorm2d(16));
  model.push_back(nn::ReLU());
  model.push_back(nn::Conv2d(16, 32, 1, {}, false));
  model.push_back(nn::AdaptiveAvgPool2d(1));
  model.push_back(nn::Flatten());
  model.push_back(nn::Linear(32, 10));
  return model;
}

TEST(ImagePrograms, OfResNet20PermuteNoActivationsButTheImages) {
  manual_seed(1);
  Trainer step(bench::resnet20(3), ExecutorKind::serial);
  const float first = step(randn({4, 3, 32, 32}), randint(0, 10, {4}));
  EXPECT_GT(first, 0.5f);
  EXPECT_EQ(count_steps(step.plan(), "permute"), 1) << step.plan();
}

TEST(ImagePrograms, EvaluateResNet20WithoutPermutesButThatOfTheImages) {
  nn::Sequential model = bench::resnet20(1);
  model.eval();
  const auto logits = compile([&](Tensor images) {
    const NoGradGuard no_grad;
    return model(images);
  });
  EXPECT_EQ(logits(randn({2, 1, 28, 28})).shape(), (Shape{2, 10}));
  EXPECT_LE(count_steps(logits.plan_text(), "permute"), 1);
}

TEST(ImagePrograms, HaveTheSameBitsInSerialAndInParallel) {
  std::vector<float> losses[2];
  for (const bool parallel : {false, true}) {
    manual_seed(2);
    Trainer step(bench::small_cnn(), parallel ? ExecutorKind::parallel : ExecutorKind::serial);
    const Tensor images = randn({12, 784}), labels = randint(0, 10, {12});
    for (int i = 0; i < 4; ++i) losses[parallel].push_back(step(images, labels));
  }
  EXPECT_EQ(losses[0], losses[1]);
  EXPECT_LT(losses[0].back(), losses[0].front());
}

TEST(ImagePrograms, AreComputedByNoReferenceImplementation) {
  for (nn::Sequential (*make)() : {+[] { return bench::resnet20(3); }, separable_network}) {
    Trainer step(make(), ExecutorKind::serial);
    step(randn({4, 3, 32, 32}), randint(0, 10, {4}));
  }
  Trainer(bench::small_cnn(), ExecutorKind::serial)(randn({128, 784}), randint(0, 10, {128}));
  EXPECT_FALSE(onednn_implementations().empty());
  EXPECT_THAT(onednn_implementations(), Each(Not(StartsWith("ref"))));
}

TEST(SmallCnn, HasFewerThanAHundredThousandParameters) {
  std::int64_t count = 0;
  for (const Tensor& parameter : bench::small_cnn().parameters()) count += parameter.numel();
  EXPECT_EQ(count, 48'754);
}

TEST(CropAndFlip, MovesEachImageAndMirrorsSome) {
  manual_seed(3);
  const Tensor images = arange(9).to(kFloat32).view({1, 1, 3, 3}).expand({200, 1, 3, 3}) + 1;
  const Tensor y = bench::crop_and_flip(images, 1);
  EXPECT_EQ(y.shape(), images.shape());
  const Tensor same = y.eq(images).flatten(1).all(1), mirrored = y.eq(images.flip({3})).flatten(1).all(1);
  EXPECT_NEAR(same.sum().item<float>(), 200.0f / 18, 12);
  EXPECT_NEAR(mirrored.sum().item<float>(), 200.0f / 18, 12);
  // A row and a column of zeros at most, and all others as they are.
  EXPECT_GE(y.flatten(1).ne(0).sum(1).min().item<float>(), 4);
}

}  // namespace
}  // namespace weft
