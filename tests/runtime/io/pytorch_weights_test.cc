// Weights that PyTorch wrote (data/make_weights.py) load unchanged, and give PyTorch's outputs.
#include <gtest/gtest.h>

#include "weft/arrange.h"
#include "weft/autograd.h"
#include "weft/image_layers.h"
#include "weft/io.h"
#include "weft/nn.h"
#include "weft/ops.h"

namespace weft {
namespace {

const std::string kFolder = "tests/runtime/io/data/";

void expect_outputs(const Tensor& found, const std::vector<float>& wanted) {
  const std::vector<float> values = found.to_vector<float>();
  ASSERT_EQ(values.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(values[i], wanted[i], 1e-5) << i;
}

TEST(PyTorchWeights, OfAMultilayerPerceptron) {
  nn::Sequential model(nn::Linear(6, 8), nn::ReLU(), nn::Linear(8, 3));
  model.load_state_dict(io::load_safetensors(kFolder + "mlp.safetensors").tensors);
  expect_outputs(model(arange(0, 12, 1, kFloat32).reshape({2, 6}) / 6 - 1),
                 {0.28418439626693726F, -0.3441386818885803F, -0.03220154345035553F, 0.3539991080760956F,
                  -0.25129127502441406F, 0.15099766850471497F});
}

nn::Conv2d conv3(std::int64_t in, std::int64_t out, std::int64_t stride) {
  return nn::Conv2d(in, out, 3, {.stride = stride, .padding = 1}, false);
}

struct Block : nn::Module {
  std::shared_ptr<nn::Conv2d> conv1, conv2;
  std::shared_ptr<nn::BatchNorm> bn1, bn2;
  std::shared_ptr<nn::Sequential> shortcut;

  Block(std::int64_t in, std::int64_t out, std::int64_t stride)
      : conv1(register_module("conv1", conv3(in, out, stride))),
        conv2(register_module("conv2", conv3(out, out, 1))),
        bn1(register_module("bn1", nn::BatchNorm(out))),
        bn2(register_module("bn2", nn::BatchNorm(out))) {
    if (stride != 1 || in != out)
      shortcut = register_module("shortcut",
                                 nn::Sequential(nn::Conv2d(in, out, 1, {.stride = stride}, false), nn::BatchNorm(out)));
  }
  Tensor forward(const Operand& x) override {
    const Tensor y = (*bn2)((*conv2)(relu((*bn1)((*conv1)(x)))));
    return relu(y + (shortcut ? (*shortcut)(x) : x.tensor()));
  }
};

struct ResNet20 : nn::Module {
  std::shared_ptr<nn::Conv2d> conv1;
  std::shared_ptr<nn::BatchNorm> bn1;
  std::shared_ptr<nn::Sequential> layer1, layer2, layer3;
  std::shared_ptr<nn::Linear> linear;

  explicit ResNet20(std::int64_t width)
      : conv1(register_module("conv1", conv3(3, width, 1))),
        bn1(register_module("bn1", nn::BatchNorm(width))),
        layer1(register_module("layer1", layer(width, width, 1))),
        layer2(register_module("layer2", layer(width, 2 * width, 2))),
        layer3(register_module("layer3", layer(2 * width, 4 * width, 2))),
        linear(register_module("linear", nn::Linear(4 * width, 10))) {}
  static nn::Sequential layer(std::int64_t in, std::int64_t out, std::int64_t stride) {
    return nn::Sequential(Block(in, out, stride), Block(out, out, 1), Block(out, out, 1));
  }
  Tensor forward(const Operand& x) override {
    const Tensor y = relu((*bn1)((*conv1)(x)));
    return (*linear)((*layer3)((*layer2)((*layer1)(y))).mean({2, 3}));
  }
};

TEST(PyTorchWeights, OfAResNetWithAPrefix) {
  ResNet20 model(4);
  model.load_state_dict(io::load_safetensors(kFolder + "resnet20.safetensors", {.rename = {{"module.", ""}}}).tensors);
  model.eval();
  expect_outputs(model(sin(arange(0, 384, 1, kFloat32)).reshape({2, 3, 8, 8})),
                 {0.20088177919387817F,  -0.33388790488243103F, 0.6220117807388306F,   0.29516303539276123F,
                  -0.34446993470191956F, -0.16875173151493073F, 0.17848855257034302F,  0.11791360378265381F,
                  -0.19910171627998352F, -0.33989596366882324F, 0.20268264412879944F,  -0.33514493703842163F,
                  0.6098875999450684F,   0.3114834129810333F,   -0.320468008518219F,   -0.1664091944694519F,
                  0.1810215711593628F,   0.10856828093528748F,  -0.20864449441432953F, -0.3338279724121094F});
}

}  // namespace
}  // namespace weft
