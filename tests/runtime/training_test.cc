// What a training run promises: the same bits for any number of workers, compiled or not, and no tensor memory a step.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include "graph/storage.h"
#include "weft/weft.h"

namespace weft {
namespace {

constexpr int kSteps = 50;

// A small network with everything that could upset the order of sums: fan-in of gradients, several losses, momentum.
struct Net {
  Tensor w1, b1, w2, b2, x, label;
  std::unique_ptr<optim::SGD> optimizer;

  explicit Net(std::int64_t width = 96) {
    manual_seed(11);
    const auto parameter = [](const Shape& shape) { return (randn(shape) * 0.1).requires_grad_(); };
    w1 = parameter({width, 64});
    b1 = parameter({width});
    w2 = parameter({10, width});
    b2 = parameter({10});
    x = randn({48, 64});
    label = randint(0, 10, {48});
    optimizer = std::make_unique<optim::SGD>(std::vector<Tensor>{w1, b1, w2, b2},
                                             optim::SGDOptions{.lr = 0.05, .momentum = 0.9});
  }

  Tensor step() const {
    optimizer->zero_grad();
    const Tensor h = linear(x, w1, b1);
    const Tensor a = relu(h) + tanh(h) * 0.5 + h * 0.1;
    const Tensor logits = linear(a, w2, b2);
    const Tensor loss = cross_entropy(logits, label) + mse_loss(softmax(logits, 1), 0.1) + w1.square().mean();
    loss.backward();
    optimizer->step();
    return loss;
  }

  std::vector<std::vector<float>> weights() const {
    return {w1.to_vector<float>(), b1.to_vector<float>(), w2.to_vector<float>(), b2.to_vector<float>()};
  }
};

std::vector<std::vector<float>> train_compiled(ExecutorKind executor, int workers) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers));
  tbb::task_arena arena(workers);
  std::vector<std::vector<float>> weights;
  arena.execute([&] {
    const Net net;
    auto step = compile([&] { return net.step(); }, {.executor = executor});
    for (int i = 0; i < kSteps; ++i) step();
    weights = net.weights();
  });
  return weights;
}

std::vector<std::vector<float>> train_eagerly() {
  const Net net;
  for (int i = 0; i < kSteps; ++i) net.step();
  return net.weights();
}

TEST(Training, Of50StepsGivesTheSameBitsForAnyNumberOfWorkers) {
  const auto serial = train_compiled(ExecutorKind::serial, 1);
  for (const int workers : {1, 2, 3, 4, 8})
    EXPECT_EQ(train_compiled(ExecutorKind::parallel, workers), serial) << workers;
}

TEST(Training, CompiledGivesTheSameBitsAsEager) {
  EXPECT_EQ(train_compiled(ExecutorKind::automatic, 2), train_eagerly());
}

TEST(Training, LowersTheLoss) {
  const Net net;
  const double first = net.step().item();
  for (int i = 0; i < kSteps; ++i) net.step();
  EXPECT_LT(net.step().item(), 0.5 * first);
}

TEST(Training, WarmStepsAllocateNoTensorMemory) {
  const Net net;
  auto step = compile([&] { return net.step(); });
  for (int i = 0; i < 3; ++i) step();
  const std::size_t before = Buffer::allocations();
  for (int i = 0; i < 20; ++i) step().item();
  EXPECT_EQ(Buffer::allocations(), before);
}

TEST(Training, UsesTheBytesThatWerePlanned) {
  const Net net;
  auto step = compile([&] { return net.step(); }, {.executor = ExecutorKind::serial});
  const Tensor loss = step();
  EXPECT_GT(step.memory().planned_peak_bytes, 0u);
  EXPECT_EQ(step.stats().arena_bytes_in_use, step.memory().planned_peak_bytes + step.memory().scratch_bytes);
  EXPECT_LT(step.memory().planned_peak_bytes, step.memory().without_reuse_bytes);
}

}  // namespace
}  // namespace weft
