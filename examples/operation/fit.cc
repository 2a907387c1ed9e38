// Checks the gradients of an operation of our own, then trains a network with it, compiled.
#include <iostream>

#include "operation/swish.h"
#include "weft/weft.h"

int main() {
  const auto f = [](const std::vector<weft::Tensor>& x) {
    return std::vector<weft::Tensor>{example::swish(x[0], 1.5)};
  };
  const auto x = weft::linspace(-3, 3, 13, weft::kFloat64).requires_grad_();
  const auto once = weft::autograd::gradcheck(f, {x}), twice = weft::autograd::gradgradcheck(f, {x});
  std::cout << once.compared + twice.compared << " derivatives compared\n" << once.str() << twice.str();
  if (!once.ok() || !twice.ok()) return 1;

  weft::manual_seed(1);
  const auto inputs = weft::linspace(-3, 3, 64).view({64, 1});
  const auto targets = weft::sin(inputs);
  weft::nn::Linear hidden(1, 16), output(16, 1);
  auto parameters = hidden.parameters();
  for (const auto& parameter : output.parameters()) parameters.push_back(parameter);
  weft::optim::Adam optimizer(parameters, {.lr = 0.02});
  const auto step = weft::compile([&](weft::Tensor in, weft::Tensor target) {
    const auto loss = weft::mse_loss(output(example::swish(hidden(in))), target);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  });
  double loss = 0;
  for (int i = 0; i < 500; ++i) loss = step(inputs, targets).item();
  std::cout << "loss " << loss << "\n";

  try {
    example::swish(weft::ones({2}, weft::kInt64));
  } catch (const weft::Error& error) {
    std::cout << error.what() << "\n";
  }
  return loss < 0.01 ? 0 : 1;
}
