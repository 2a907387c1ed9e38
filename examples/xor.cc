// Learns exclusive or: the smallest program with a network, an optimizer and a compiled training step.
#include <iostream>

#include "weft/weft.h"

int main() {
  weft::manual_seed(1);
  const auto inputs = weft::tensor({{0.0, 0.0}, {0.0, 1.0}, {1.0, 0.0}, {1.0, 1.0}});
  const auto targets = weft::tensor({{0.0}, {1.0}, {1.0}, {0.0}});

  weft::nn::Sequential model(weft::nn::Linear(2, 8), weft::nn::Tanh(), weft::nn::Linear(8, 1));
  weft::optim::Adam optimizer(model.parameters(), {.lr = 0.05});
  const auto step = weft::compile([&](weft::Tensor x, weft::Tensor y) {
    optimizer.zero_grad();
    const auto loss = weft::mse_loss(model(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });

  for (int i = 1; i <= 300; ++i) {
    const double loss = step(inputs, targets).item();
    if (i % 100 == 0) std::cout << "step " << i << ": loss " << loss << "\n";
  }

  const weft::NoGradGuard no_grad;
  const auto outputs = model(inputs);
  std::cout << outputs << "\n";
  const auto right = weft::eq(outputs > 0.5, targets > 0.5);
  if (weft::sum(right).item<int>() != 4) {
    std::cerr << "it did not learn\n";
    return 1;
  }
}
