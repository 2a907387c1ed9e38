// Random training programs on their way from what a user captures to bytes: optimised and fused as compile() does it,
// planned, and run by every executor.
#include "tests/testing/random_training.h"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <cmath>
#include <cstring>
#include <map>

#include "graph/element_program.h"
#include "graph/passes/fold_transposes.h"
#include "graph/passes/optimize.h"
#include "tests/testing/matchers.h"
#include "tests/testing/memory_checker.h"
#include "tests/testing/random_dag.h"

namespace weft {
namespace {

constexpr int kSteps = 3;
constexpr std::uint64_t kSmall = 120, kAll = 150;  // seeds; from kSmall on kernels run in parts

Training training(std::uint64_t seed) { return random_training(seed, seed >= kSmall); }

std::shared_ptr<const Plan> planned(const Training& training) {
  Program program = training.program;
  program.graph = run_passes(program.graph).fused;
  return make_plan(std::move(program));
}

// The results of each step, then what the inputs are after the last.
using Outcome = std::vector<HostTensor>;

Outcome train(const Training& training, const std::shared_ptr<const Plan>& plan, Executor& executor) {
  BoundRun bound(plan);
  for (std::size_t i = 0; i < training.inputs.size(); ++i) {
    const std::size_t arguments = bound.arguments.size();
    HostTensor& input = i < arguments ? bound.arguments[i] : bound.variables[i - arguments];
    std::memcpy(input.data(), training.inputs[i].data(), input.type().bytes());  // it is bound where it is
  }
  Outcome outcome;
  for (int step = 0; step < kSteps; ++step) {
    bound.execute(executor);
    outcome.insert(outcome.end(), bound.results.begin(), bound.results.end());
  }
  outcome.insert(outcome.end(), bound.arguments.begin(), bound.arguments.end());
  outcome.insert(outcome.end(), bound.variables.begin(), bound.variables.end());
  return outcome;
}

// The same without a plan, node by node.
Outcome train_plainly(const Training& training, const Graph& graph) {
  std::vector<HostTensor> inputs = training.inputs;
  Outcome outcome;
  for (int step = 0; step < kSteps; ++step) {
    const std::vector<HostTensor> outputs = interpret(graph, inputs);
    const auto results = static_cast<std::ptrdiff_t>(training.program.num_results());
    outcome.insert(outcome.end(), outputs.begin(), outputs.begin() + results);
    for (std::size_t k = 0; k < training.program.writes.size(); ++k)
      inputs[training.program.num_arguments() + training.program.writes[k]] =
          outputs[static_cast<std::size_t>(results) + k];
  }
  outcome.insert(outcome.end(), inputs.begin(), inputs.end());
  return outcome;
}

void expect_same_bits(const Outcome& outcome, const Outcome& expected) {
  ASSERT_EQ(outcome.size(), expected.size());
  for (std::size_t i = 0; i < outcome.size(); ++i)
    EXPECT_TRUE(outcome[i].same_bits(expected[i])) << "value " << i << " is " << outcome[i] << ", not " << expected[i];
}

template <class F>
void for_each_seed(F check) {
  for (std::uint64_t seed = 0; seed < kAll; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    check(training(seed));
  }
}

TEST(RandomTraining, GivesTheSameBitsForAnyNumberOfWorkers) {
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);
  for_each_seed([&](const Training& training) {
    const auto plan = planned(training);
    const Outcome serial = train(training, plan, serial_executor());
    for (const int workers : {1, 2, 3, 8}) {
      SCOPED_TRACE(std::to_string(workers) + " workers");
      const tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(workers));
      Outcome parallel;
      tbb::task_arena(workers).execute([&] { parallel = train(training, plan, *tasks); });
      expect_same_bits(parallel, serial);
    }
  });
}

TEST(RandomTraining, GivesTheSameBitsInAnyOrderAndWhereUnusedMemoryIsPoisoned) {
  for_each_seed([](const Training& training) {
    const auto plan = planned(training);
    EXPECT_EQ(check_plan(*plan), "");
    const Outcome serial = train(training, plan, serial_executor());
    for (const std::uint64_t order : {1, 2}) {
      PoisonExecutor poison(order);
      expect_same_bits(train(training, plan, poison), serial);
    }
  });
}

TEST(RandomTraining, FusedGivesTheBitsOfTheCallsThatItStandsFor) {
  for_each_seed([](const Training& training) {
    const Outcome plain = train_plainly(training, optimize(training.program.graph));
    expect_same_bits(train(training, planned(training), serial_executor()), plain);
  });
}

TEST(RandomTraining, OptimisedGivesWhatWasCapturedButForTransposes) {
  for_each_seed([](const Training& training) {
    const Graph folded = fold_transposes(training.program.graph);
    expect_same_bits(train_plainly(training, optimize(folded)), train_plainly(training, folded));
  });
}

// Of one step: rounding errors may send an optimizer that divides by the size of a gradient another way.
TEST(RandomTraining, ProductsOfTransposesAddInAnotherOrderAtMost) {
  for_each_seed([](const Training& training) {
    const std::vector<HostTensor> captured = interpret(training.program.graph, training.inputs);
    const std::vector<HostTensor> folded = interpret(fold_transposes(training.program.graph), training.inputs);
    for (std::size_t k = 0; k < training.program.num_results(); ++k) EXPECT_THAT(folded[k], is_near(captured[k], 1e-4));
  });
}

// What the tests above would be worth nothing without.
TEST(RandomTraining, ProgramsStayFiniteAndMeetEveryKindOfFusedCall) {
  std::map<std::string, int> calls;
  int parts = 0;
  for_each_seed([&](const Training& training) {
    const auto plan = planned(training);
    for (const Step& step : plan->steps) parts += step.part > 0;
    for (NodeId n = 0; n < plan->program.graph.size(); ++n) {
      const Node& node = plan->program.graph.node(n);
      std::string name(node.op->name);
      ++calls[name];
      const AttrValue* program = node.attrs.find("program");
      for (const char* kind : {"column_sums", "block_sums"})
        if (program && std::get<ElementProgramPtr>(*program)->str().find(kind) != std::string::npos)
          ++calls[name + " " + kind];
    }
    for (const HostTensor& value : train(training, plan, serial_executor()))
      for (std::int64_t i = 0; i < value.numel(); ++i) ASSERT_TRUE(std::isfinite(value.at(i)));
  });
  EXPECT_GT(parts, 100);
  for (const char* name : {"fused", "fused column_sums", "fused block_sums", "fused_matmul", "fused_matmul column_sums",
                           "sgd_step", "adam_step", "accumulate", "permute"})
    EXPECT_GT(calls[name], 0) << name;
}

}  // namespace
}  // namespace weft
