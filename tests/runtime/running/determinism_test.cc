// The same bits for the serial executor and for any number of workers.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include "graph/autodiff.h"
#include "graph/builder.h"
#include "ops/values.h"
#include "tests/testing/random_dag.h"

namespace weft {
namespace {

constexpr int kWorkers[] = {1, 2, 3, 4, 8};
constexpr std::int64_t kSize = 24;

// A random expression of f32[24,24] values.
Value random_value(std::mt19937_64& random, const std::vector<Value>& values) {
  const auto pick = [&] { return values[values.size() - 1 - random() % std::min<std::size_t>(values.size(), 12)]; };
  const Value a = pick();
  switch (random() % 10) {
    case 0:
      return a + pick();
    case 1:
      return a * sigmoid(pick());
    case 2:
      return maximum(a, pick());
    case 3:
      return tanh(a);
    case 4:
      return softmax(a, 1);
    case 5:
      return transpose(a, 0, 1);
    case 6:
      return reshape(relu(reshape(a, {kSize * kSize})), {kSize, kSize});
    case 7:
      return a - expand(mean(a, {0}, true), {kSize, kSize});
    default:
      return tanh(matmul(a, pick()) * (1.0 / kSize));
  }
}

// Random layers over four parameters; the mean of the last values is the loss, and each parameter takes a gradient
// step.
Program random_training(std::uint64_t seed, std::size_t nodes) {
  std::mt19937_64 random(seed);
  Program program;
  Builder b(program.graph);
  std::vector<Value> values = {b.value({program.graph.add_input({DType::f32, {kSize, kSize}}), 0})};
  std::vector<Value> parameters;
  for (int j = 0; j < 4; ++j)
    parameters.push_back(b.value({program.graph.add_input({DType::f32, {kSize, kSize}}, true), 0}));
  program.num_variables = parameters.size();
  values.insert(values.end(), parameters.begin(), parameters.end());
  while (program.graph.size() < nodes) values.push_back(random_value(random, values));
  const Value all[] = {values.end()[-1], values.end()[-2], values.end()[-3], parameters[0]};
  const Value loss = mean(accumulate(all), {}, false);
  const Value seeds[] = {ones_like(loss)};
  const std::vector<Value> gradients = differentiate(b, {&loss, 1}, seeds, parameters);
  program.graph.outputs().push_back(loss.id());
  for (std::uint32_t j = 0; j < parameters.size(); ++j) {
    if (!gradients[j].defined()) continue;
    program.writes.push_back(j);
    program.graph.outputs().push_back((parameters[j] - gradients[j] * 0.5).id());
  }
  return program;
}

struct Outcome {
  std::vector<HostTensor> losses;
  std::vector<HostTensor> variables;
};

Outcome train(const std::shared_ptr<const Plan>& plan, Executor& executor, int steps) {
  BoundRun bound(plan);
  Outcome outcome;
  for (int step = 0; step < steps; ++step) {
    bound.execute(executor);
    outcome.losses.push_back(bound.results[0]);
  }
  outcome.variables = bound.variables;
  return outcome;
}

void expect_same_bits(const std::vector<HostTensor>& a, const std::vector<HostTensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].same_bits(b[i])) << "value " << i;
}

void compare_executors(const std::shared_ptr<const Plan>& plan, int steps) {
  const Outcome serial = train(plan, serial_executor(), steps);
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);
  for (const int workers : kWorkers) {
    tbb::global_control control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers));
    Outcome parallel;
    tbb::task_arena(workers).execute([&] { parallel = train(plan, *tasks, steps); });
    SCOPED_TRACE(std::to_string(workers) + " workers");
    expect_same_bits(serial.losses, parallel.losses);
    expect_same_bits(serial.variables, parallel.variables);
  }
}

TEST(Determinism, OfRandomTrainingProgramsOfTheLibrarysOps) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    compare_executors(make_plan(random_training(seed, 60)), 3);
  }
}

TEST(Determinism, OfFiftyTrainingSteps) {
  const auto plan = make_plan(random_training(100, 40));
  compare_executors(plan, 50);
  const Outcome outcome = train(plan, serial_executor(), 50);
  EXPECT_LT(outcome.losses.back().at(0), outcome.losses.front().at(0));  // it does train
}

TEST(Determinism, OfProgramsThatUseEveryPlanningRule) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    compare_executors(make_plan(random_program(seed, {.nodes = 200, .throw_every = 20})), 3);
  }
}

TEST(Determinism, AgreesWithTheInterpreter) {
  BoundRun bound(make_plan(random_training(3, 60)));
  const std::vector<HostTensor> expected = bound.interpreted();
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);
  tbb::global_control control(tbb::global_control::max_allowed_parallelism, 4);
  tbb::task_arena(4).execute([&] { bound.execute(*tasks); });
  expect_outputs(bound, expected);
}

}  // namespace
}  // namespace weft
