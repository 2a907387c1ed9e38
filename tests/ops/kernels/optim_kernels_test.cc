// The vector form of the optimizer updates against the scalar one: the same bits, also in place.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "ops/kernels/optim/updates.h"

namespace weft {
namespace {

using optim_kernels::AdamPass;
using optim_kernels::SgdPass;

constexpr std::int64_t kSize = 37;  // whole vectors and a rest, for every vector length up to 32 floats

std::vector<float> wave(double frequency) {
  std::vector<float> values(kSize);
  for (int i = 0; i < kSize; ++i) values[i] = static_cast<float>(std::sin(frequency * (i + 1)));
  return values;
}

struct SgdState {
  std::vector<float> param = wave(0.7), grad = wave(1.3), momentum = wave(2.1);

  SgdPass<float> pass(float weight_decay, bool nesterov) {
    return {.param = param.data(),
            .grad = grad.data(),
            .momentum_in = momentum.data(),
            .param_out = param.data(),
            .momentum_out = momentum.data(),
            .size = kSize,
            .lr = 0.1f,
            .weight_decay = weight_decay,
            .momentum = 0.9f,
            .gain = 0.7f,
            .nesterov = nesterov};
  }
};

// One element alone makes no vector.
SgdPass<float> element(SgdPass<float> pass, std::int64_t i) {
  pass.param += i;
  pass.grad += i;
  pass.momentum_in += i;
  pass.param_out += i;
  pass.momentum_out += i;
  pass.size = 1;
  return pass;
}

TEST(OptimKernels, VectorSgdGivesTheBitsOfTheScalarOne) {
  for (const float weight_decay : {0.0f, 0.01f}) {
    for (const bool nesterov : {false, true}) {
      SgdState vector, scalar;
      optim_kernels::sgd(vector.pass(weight_decay, nesterov));
      for (std::int64_t i = 0; i < kSize; ++i) optim_kernels::sgd(element(scalar.pass(weight_decay, nesterov), i));
      EXPECT_EQ(vector.param, scalar.param);
      EXPECT_EQ(vector.momentum, scalar.momentum);
      EXPECT_NE(vector.param, wave(0.7));
    }
  }
}

TEST(OptimKernels, SgdMayWriteTheParameterOverTheGradient) {
  SgdState apart, over;
  optim_kernels::sgd(apart.pass(0.01f, true));
  SgdPass<float> pass = over.pass(0.01f, true);
  pass.param_out = over.grad.data();
  optim_kernels::sgd(pass);
  EXPECT_EQ(over.grad, apart.param);
}

struct AdamState {
  std::vector<float> param = wave(0.7), grad = wave(1.3), m = wave(2.1), v = std::vector<float>(kSize, 0.5f);

  AdamPass<float> pass(float l2, float keep) {
    return {.param = param.data(),
            .grad = grad.data(),
            .m = m.data(),
            .v = v.data(),
            .param_out = param.data(),
            .m_out = m.data(),
            .v_out = v.data(),
            .size = kSize,
            .beta1 = 0.9f,
            .gain1 = 0.1f,
            .beta2 = 0.99f,
            .gain2 = 0.01f,
            .step_size = 0.05f,
            .root_correction = 0.3f,
            .eps = 1e-8f,
            .l2 = l2,
            .keep = keep};
  }
};

AdamPass<float> element(AdamPass<float> pass, std::int64_t i) {
  for (const float** p : {&pass.param, &pass.grad, &pass.m, &pass.v}) *p += i;
  for (float** p : {&pass.param_out, &pass.m_out, &pass.v_out}) *p += i;
  pass.size = 1;
  return pass;
}

TEST(OptimKernels, VectorAdamGivesTheBitsOfTheScalarOne) {
  for (const auto& [l2, keep] : {std::pair(0.0f, 1.0f), std::pair(0.01f, 1.0f), std::pair(0.0f, 0.99f)}) {
    AdamState vector, scalar;
    optim_kernels::adam(vector.pass(l2, keep));
    for (std::int64_t i = 0; i < kSize; ++i) optim_kernels::adam(element(scalar.pass(l2, keep), i));
    EXPECT_EQ(vector.param, scalar.param);
    EXPECT_EQ(vector.m, scalar.m);
    EXPECT_EQ(vector.v, scalar.v);
    EXPECT_NE(vector.param, wave(0.7));
  }
}

}  // namespace
}  // namespace weft
