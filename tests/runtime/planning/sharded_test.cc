// Training steps whose calls are cut into parts: the same bits for all executors, for any number of workers, and for
// the same lines run eagerly.
#include <gmock/gmock.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

constexpr int kSteps = 3;
using Values = std::vector<std::vector<float>>;

// 256-512-512-10 for 128 images, trained with momentum.
struct Mlp {
  std::vector<Tensor> parameters;
  Tensor x, label;
  std::unique_ptr<optim::SGD> optimizer;

  Mlp() {
    manual_seed(3);
    constexpr std::int64_t kSizes[] = {256, 512, 512, 10};
    for (int i = 0; i < 3; ++i) {
      parameters.push_back((randn({kSizes[i + 1], kSizes[i]}) * 0.05).requires_grad_());
      parameters.push_back((randn({kSizes[i + 1]}) * 0.05).requires_grad_());
    }
    x = randn({128, 256});
    label = randint(0, 10, {128});
    optimizer = std::make_unique<optim::SGD>(parameters, optim::SGDOptions{.lr = 0.05, .momentum = 0.9});
  }

  Tensor step() const {
    optimizer->zero_grad();
    Tensor h = relu(linear(x, parameters[0], parameters[1]));
    h = tanh(linear(h, parameters[2], parameters[3]));
    const Tensor loss = cross_entropy(linear(h, parameters[4], parameters[5]), label);
    loss.backward();
    optimizer->step();
    return loss;
  }
};

// The losses, and the parameters at the end.
template <class Step>
Values train(const Mlp& mlp, const Step& step) {
  Values values;
  for (int i = 0; i < kSteps; ++i) values.push_back({static_cast<float>(step().item())});
  for (const Tensor& p : mlp.parameters) values.push_back(p.to_vector<float>());
  return values;
}

Values train_compiled(ExecutorKind executor, int workers) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers));
  Values values;
  tbb::task_arena(workers).execute([&] {
    const Mlp mlp;
    values = train(mlp, compile([&] { return mlp.step(); }, {.executor = executor}));
  });
  return values;
}

const Values& trained_serially() {
  static const Values values = train_compiled(ExecutorKind::serial, 1);
  return values;
}

TEST(Sharded, CutsALargeStepIntoParts) {
  const Mlp mlp;
  const auto step = compile([&] { return mlp.step(); });
  step();
  EXPECT_THAT(step.plan_text(), HasSubstr(" part 1/"));
  EXPECT_THAT(step.graph_text(), HasSubstr("fused_matmul("));
}

class ShardedOn : public ::testing::TestWithParam<int> {};

TEST_P(ShardedOn, ThisManyWorkersGivesTheBitsOfTheSerialExecutor) {
  EXPECT_TRUE(train_compiled(ExecutorKind::parallel, GetParam()) == trained_serially());
}

TEST_P(ShardedOn, ThisManyWorkersGivesTheSameBitsAutomatically) {
  EXPECT_TRUE(train_compiled(ExecutorKind::automatic, GetParam()) == trained_serially());
}

INSTANTIATE_TEST_SUITE_P(All, ShardedOn, ::testing::Values(1, 2, 3, 4, 8));

TEST(Sharded, CompiledGivesTheSameBitsAsEager) {
  const Mlp mlp;
  EXPECT_TRUE(train(mlp, [&] { return mlp.step(); }) == trained_serially());
}

TEST(Sharded, Trains) { EXPECT_LT(trained_serially()[kSteps - 1][0], trained_serially()[0][0]); }

}  // namespace
}  // namespace weft
