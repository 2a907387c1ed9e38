#include <gmock/gmock.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

TEST(ImageLayers, NameTheirParametersAndBuffersAsPyTorchDoes) {
  const nn::Sequential model(nn::Conv2d(3, 8, 3, {.padding = 1}), nn::BatchNorm2d(8), nn::ReLU(), nn::MaxPool2d(2));
  std::vector<std::string> names, buffers;
  for (const auto& entry : model.named_parameters()) names.push_back(entry.first);
  for (const auto& entry : model.named_buffers()) buffers.push_back(entry.first);
  EXPECT_THAT(names, ElementsAre("0.weight", "0.bias", "1.weight", "1.bias"));
  EXPECT_THAT(buffers, ElementsAre("1.running_mean", "1.running_var", "1.num_batches_tracked"));
}

TEST(ImageLayers, SayWhatTheyAre) {
  EXPECT_EQ(nn::Conv2d(3, 8, {3, 5}, {}, false).str(), "Conv2d(3, 8, kernel 3x5, no bias)");
  EXPECT_EQ(nn::BatchNorm2d(8).str(), "BatchNorm(8)");
  EXPECT_EQ(nn::MaxPool2d(2).str(), "MaxPool2d(2)");
}

TEST(ImageLayers, ConvolutionsStartWithinTheirBound) {
  const nn::Conv2d conv(4, 6, 5, {.groups = 2});
  EXPECT_EQ(conv.weight.shape(), (Shape{6, 2, 5, 5}));
  EXPECT_LE(conv.weight.abs().max().item<float>(), 1 / std::sqrt(50.0f));
}

// A network that tells bright columns from bright rows, trained by compiled steps with equal bits for any executor.
std::vector<float> train(ExecutorKind executor) {
  manual_seed(1);
  nn::Sequential model(nn::Conv2d(1, 4, 3, {.padding = 1}), nn::BatchNorm2d(4), nn::ReLU(), nn::MaxPool2d(2),
                       nn::Conv2d(4, 8, 3), nn::ReLU(), nn::AdaptiveAvgPool2d(1), nn::Flatten(), nn::Linear(8, 2));
  const Tensor noise = rand({16, 1, 8, 8}) * 0.3, labels = arange(16).remainder(2);
  const Tensor rows = zeros({16, 1, 8, 8}), columns = zeros({16, 1, 8, 8});
  for (int i = 0; i < 16; ++i) {
    if (i % 2 == 0) rows.select(0, i).select(1, i % 8).fill_(1);
    if (i % 2 == 1) columns.select(0, i).select(2, i % 8).fill_(1);
  }
  const Tensor images = noise + rows + columns;
  optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
  auto step = compile(
      [&](Tensor x, Tensor y) {
        const Tensor loss = cross_entropy(model(x), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        return loss;
      },
      {.executor = executor});
  std::vector<float> losses;
  for (int i = 0; i < 60; ++i) losses.push_back(step(images, labels).item<float>());
  return losses;
}

TEST(ImageLayers, LearnWithTheSameBitsInSerialAndInParallel) {
  const std::vector<float> serial = train(ExecutorKind::serial);
  EXPECT_LT(serial.back(), 0.05);
  EXPECT_EQ(train(ExecutorKind::parallel), serial);
}

}  // namespace
}  // namespace weft
