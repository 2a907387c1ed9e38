// An image classifier inside of a host: trained in an arena that the host made, then asked by several of its threads at
// once. It tells lines that lie from lines that stand, and from crosses of both.
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "weft/weft.h"

namespace {

constexpr std::int64_t kSide = 16, kClasses = 3;

struct Batch {
  weft::Tensor images, labels;
};

// Images as the host has them, copied into tensors.
Batch make_batch(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int64_t> place(1, kSide - 2), kind(0, kClasses - 1);
  std::uniform_real_distribution<float> noise(0, 0.3f);
  const auto images = weft::zeros({count, 1, kSide, kSide});
  const auto labels = weft::zeros({count}, weft::kInt64);
  float* pixel = images.mutable_data_ptr<float>();
  std::int64_t* label = labels.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = place(random), column = place(random);
    label[i] = kind(random);
    for (std::int64_t y = 0; y < kSide; ++y)
      for (std::int64_t x = 0; x < kSide; ++x) {
        const bool lies = y == row && label[i] != 1, stands = x == column && label[i] != 0;
        *pixel++ = noise(random) + (lies || stands ? 1 : 0);
      }
  }
  return {images, labels};
}

weft::nn::Sequential make_model() {
  namespace nn = weft::nn;
  return nn::Sequential(nn::Conv2d(1, 8, 3, {.padding = 1}), nn::BatchNorm2d(8), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Conv2d(8, 16, 3, {.padding = 1}), nn::ReLU(), nn::AdaptiveAvgPool2d(1), nn::Flatten(),
                        nn::Linear(16, kClasses));
}

}  // namespace

int main() {
  weft::manual_seed(1);
  auto model = make_model();
  weft::optim::Adam optimizer(model.parameters(), {.lr = 0.02});
  const auto step = weft::compile([&](weft::Tensor images, weft::Tensor labels) {
    const auto loss = weft::cross_entropy(model(images), labels);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  });
  tbb::task_arena arena(2);
  arena.execute([&] {
    for (unsigned i = 0; i < 150; ++i) {
      const Batch batch = make_batch(48, i);
      const float loss = step(batch.images, batch.labels).item<float>();
      if (i % 50 == 49) std::printf("step %u: loss %.4f\n", i + 1, static_cast<double>(loss));
    }
  });

  model.eval();
  const auto classify = weft::compile([&](weft::Tensor images) {
    const weft::NoGradGuard no_grad;
    return model(images).argmax(1);
  });
  constexpr int kThreads = 4, kBatches = 8;
  constexpr std::int64_t kImages = 25;
  std::atomic<std::int64_t> right = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (unsigned b = 0; b < kBatches; ++b) {
        const Batch batch = make_batch(kImages, 1000 + t * kBatches + b);
        right += weft::eq(classify(batch.images), batch.labels).sum().item<std::int64_t>();
      }
    });
  for (std::thread& thread : threads) thread.join();
  constexpr std::int64_t kAll = kThreads * kBatches * kImages;
  std::printf("right: %lld of %lld\n", static_cast<long long>(right), static_cast<long long>(kAll));
  return right * 100 >= kAll * 95 ? 0 : 1;
}
