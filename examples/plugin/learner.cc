// The plug-in: fits a line.
#include <cstdio>

#include "weft/weft.h"

// The loss after so many steps, or -1 and a text.
extern "C" double learn(int steps, const char** failure) try {
  const auto x = weft::linspace(-1, 1, 32);
  const auto y = x * 3 + 1;
  const auto w = weft::zeros({2}).requires_grad_();
  weft::optim::SGD optimizer({w}, {.lr = 0.2});
  const auto step = weft::compile([&] {
    const auto loss = weft::mse_loss(w[0] * x + w[1], y);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  });
  double loss = 0;
  for (int i = 0; i < steps; ++i) loss = step().item();
  return loss;
} catch (const weft::Error& error) {
  static char text[1000];
  std::snprintf(text, sizeof text, "%s", error.what());
  *failure = text;
  return -1;
}
