// Random programs for the planner and the executors, made of ops that exist for tests only (test_mix, ...), so that
// every planning rule meets cases that the real vocabulary has rarely.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "runtime/planning/step_graph.h"
#include "runtime/running/run.h"
#include "tests/testing/interpreter.h"

namespace weft {

struct DagOptions {
  std::size_t nodes = 60;
  std::size_t arguments = 2;
  std::size_t variables = 4;
  std::size_t results = 3;
  // One node in so many may throw; 0: none.
  std::size_t throw_every = 0;
};

// Mixed shapes, fan-in and fan-out, aliases, constants, scratch, in-place and throwing ops; results and writes of every
// kind (of arguments, constants, other variables, equal values).
Program random_program(std::uint64_t seed, const DagOptions& options = {});

// Each step waits for up to max_predecessors of the steps before it.
StepGraph random_step_graph(std::mt19937_64& random, std::size_t steps, std::size_t max_predecessors);

// One operand, one result of its type; the operand's elements plus one. The first elementwise in place, the second not.
extern const OpDef kTestNext;
extern const OpDef kTestNextApart;
// a + b, elementwise in place, of equal shapes.
extern const OpDef kTestAdd;
// The operand itself; may throw: does so when its attribute "id" is the armed one.
extern const OpDef kTestCheck;
void arm_check(std::int64_t id);  // -1: none

// A Run with bytes of its own for everything that it is bound to. Arguments and variables hold values made from a seed.
class BoundRun {
 public:
  explicit BoundRun(std::shared_ptr<const Plan> plan, std::uint64_t seed = 1);

  void execute(Executor& executor) { run.execute(executor); }
  // What the interpreter makes of the arguments and variables as they are now: results, then new values of variables.
  std::vector<HostTensor> interpreted() const;

  std::vector<HostTensor> arguments;
  std::vector<HostTensor> variables;
  std::vector<HostTensor> results;
  Run run;
};

// Fails the current test unless the results, and the variables that the program writes, have the expected bits.
void expect_outputs(const BoundRun& bound, const std::vector<HostTensor>& expected);

}  // namespace weft
