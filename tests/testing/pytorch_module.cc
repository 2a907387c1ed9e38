#include "tests/testing/pytorch_module.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace weft {

Tensor wave(DimsRef shape, double phase) {
  const Shape extents(shape.vec());
  const Tensor angle = arange(0, static_cast<double>(extents.numel()), 1, kFloat64) * 0.7 + phase;
  return (sin(angle) * 0.5).reshape(extents);
}

namespace {

using Forward = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

// One vector: results, slopes of operands, slopes of parameters.
Tensor numbers(const nn::Module& module, const std::vector<Tensor>& operands, const Forward& f) {
  std::vector<Tensor> leaves = operands, all;
  for (const Tensor& parameter : module.parameters()) leaves.push_back(parameter);
  Tensor loss = zeros({}, kFloat64);
  for (const Tensor& result : f(operands)) {
    all.push_back(result.detach().reshape({-1}));
    loss = loss + (result * wave(result.shape(), 2)).sum();
  }
  for (const Tensor& slope : grad({loss}, leaves)) all.push_back((slope * wave(slope.shape(), 1)).sum().reshape({1}));
  return cat(all);
}

}  // namespace

void expect_pytorch(nn::Module& module, const std::vector<Tensor>& operands, const Forward& f,
                    const std::vector<double>& wanted) {
  std::vector<Tensor> leaves;
  for (const Tensor& x : operands) leaves.push_back(x.detach().requires_grad_());
  double phase = 0.3;
  for (const Tensor& parameter : module.parameters()) {
    const NoGradGuard no_grad;
    parameter.copy_(wave(parameter.shape(), phase));
    phase += 1;
  }
  const Tensor eager = numbers(module, leaves, f);
  const std::vector<double> found = eager.to_vector<double>();
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(found[i], wanted[i], 1e-8 * std::max(1.0, std::abs(wanted[i]))) << "number " << i;
  auto compiled = compile([&](const std::vector<Tensor>& x) { return numbers(module, x, f); });
  EXPECT_EQ(compiled(leaves).to_vector<double>(), found);
}

}  // namespace weft
