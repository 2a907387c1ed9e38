// Networks for images that the programs share: a small convolutional one, and ResNet-20 (He et al. 2016).
#pragma once

#include <cstdint>
#include <memory>

#include "weft/weft.h"

namespace weft::bench {

// [n, h * w] as [n, 1, h, w], for square images; images that have their extents stay.
struct AsImages : nn::Module {
  Tensor forward(const Operand& x) override {
    const Tensor& images = x.tensor();
    if (images.dim(x.at()) != 2) return images;
    std::int64_t side = 1;
    while (side * side < images.size(1)) ++side;
    return view(x, {images.size(0), 1, side, side});
  }
  std::string str() const override { return "AsImages"; }
};

inline std::shared_ptr<nn::Conv2d> conv_of(std::int64_t in, std::int64_t out, std::int64_t kernel,
                                           std::int64_t stride = 1) {
  return std::make_shared<nn::Conv2d>(in, out, kernel, ConvOptions{.stride = stride, .padding = kernel / 2}, false);
}

// Two convolutions, and the input, or a 1x1 convolution of it where the shape changes, added to them.
struct ResidualBlock : nn::Module {
  ResidualBlock(std::int64_t in, std::int64_t out, std::int64_t stride)
      : first(register_module("first", conv_of(in, out, 3, stride))),
        first_norm(register_module("first_norm", nn::BatchNorm2d(out))),
        second(register_module("second", conv_of(out, out, 3))),
        second_norm(register_module("second_norm", nn::BatchNorm2d(out))) {
    if (in == out && stride == 1) return;
    down = register_module("down", conv_of(in, out, 1, stride));
    down_norm = register_module("down_norm", nn::BatchNorm2d(out));
  }
  Tensor forward(const Operand& x) override {
    const Tensor y = (*second_norm)((*second)(relu((*first_norm)((*first)(x)))));
    return relu(y + (down ? (*down_norm)((*down)(x)) : x.tensor()));
  }
  std::string str() const override {
    return "ResidualBlock(" + std::to_string(first->weight.size(1)) + ", " + std::to_string(first->weight.size(0)) +
           ")";
  }

  std::shared_ptr<nn::Conv2d> first;
  std::shared_ptr<nn::BatchNorm2d> first_norm;
  std::shared_ptr<nn::Conv2d> second;
  std::shared_ptr<nn::BatchNorm2d> second_norm;
  std::shared_ptr<nn::Conv2d> down;
  std::shared_ptr<nn::BatchNorm2d> down_norm;
};

// 3 n residual blocks of 16, 32 and 64 channels with n = 3, for images of `channels` channels and 10 classes.
inline nn::Sequential resnet20(std::int64_t channels) {
  nn::Sequential model;
  model.push_back(AsImages());
  model.push_back(conv_of(channels, 16, 3));
  model.push_back(nn::BatchNorm2d(16));
  model.push_back(nn::ReLU());
  std::int64_t in = 16;
  for (const std::int64_t out : {16, 32, 64})
    for (int block = 0; block < 3; ++block) {
      model.push_back(ResidualBlock(in, out, in == out ? 1 : 2));
      in = out;
    }
  model.push_back(nn::AdaptiveAvgPool2d(1));
  model.push_back(nn::Flatten());
  model.push_back(nn::Linear(64, 10));
  return model;
}

// Three convolutions with batch normalisation for grey images of 28 x 28 and 10 classes: 48,754 parameters.
inline nn::Sequential small_cnn() {
  nn::Sequential model;
  model.push_back(AsImages());
  std::int64_t in = 1;
  for (const std::int64_t out : {24, 48, 64}) {
    model.push_back(conv_of(in, out, 3));
    model.push_back(nn::BatchNorm2d(out));
    model.push_back(nn::ReLU());
    if (out != 64) model.push_back(nn::MaxPool2d(2));
    in = out;
  }
  model.push_back(nn::MaxPool2d({2, 2}, {.padding = 1}));
  model.push_back(nn::Flatten());
  model.push_back(nn::Linear(64 * 4 * 4, 10));
  return model;
}

// Each image [1, h, w] moved by up to `reach` rows and columns, with zeros around it, and mirrored in every second
// case: the draws are part of the program.
inline Tensor crop_and_flip(const Tensor& images, std::int64_t reach) {
  const NoGradGuard no_grad;
  const std::int64_t n = images.size(0), h = images.size(2), w = images.size(3);
  const Tensor padded = pad(images, {reach, reach, reach, reach});
  const Tensor rows = randint(0, 2 * reach + 1, {n, 1, 1, 1}) + arange(h).view({1, 1, h, 1});
  const Tensor j = arange(w).view({1, 1, 1, w});
  const Tensor columns =
      randint(0, 2 * reach + 1, {n, 1, 1, 1}) + where(randint(0, 2, {n, 1, 1, 1}) == 0, j, w - 1 - j);
  return padded.gather(2, rows.expand({n, 1, h, w + 2 * reach})).gather(3, columns.expand({n, 1, h, w}));
}

}  // namespace weft::bench
