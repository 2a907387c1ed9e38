// Small programs written by hand, for tests of the planner.
#pragma once

#include <cstdint>
#include <memory>

#include "graph/builder.h"
#include "runtime/planning/plan.h"
#include "tests/testing/dag_ops.h"
#include "tests/testing/random_dag.h"

namespace weft {

// A program under construction, on f32[16] values.
struct Sketch {
  Program program;
  Builder builder{program.graph};

  Value input() { return builder.value({program.graph.add_input({DType::f32, {16}}), 0}); }
  Value variable() {
    ++program.num_variables;
    return input();
  }
  Value next(const Value& x) { return builder.record(kTestNext, {x}); }
  Value next_apart(const Value& x) { return builder.record(kTestNextApart, {x}); }
  Value add(const Value& a, const Value& b) { return builder.record(kTestAdd, {a, b}); }
  Value check(const Value& x) { return builder.record(kTestCheck, {x}, {{"id", std::int64_t{1000}}}); }
  Value folded(const Value& x) { return builder.record(kTestFold, {x}); }
  Value constant() { return builder.record(kTestValue, {}, {{"size", std::int64_t{16}}, {"value", 1.0}}); }
  void result(const Value& x) { program.graph.outputs().push_back(x.id()); }
  void write(std::uint32_t j, const Value& x) {
    result(x);
    program.writes.push_back(j);
  }
  std::shared_ptr<const Plan> plan() { return make_plan(std::move(program)); }
};

}  // namespace weft
