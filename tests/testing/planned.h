// Plans of graphs given as text, as text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/text/text.h"
#include "runtime/planning/plan_text.h"
#include "tests/testing/memory_checker.h"

namespace weft {

// What becomes of the graph's last inputs.
struct State {
  std::size_t variables = 0;
  std::vector<std::uint32_t> writes = {};  // the variables that the last results go to
};

// The plan of the graph, checked, as print_plan gives it. Begins with an empty line, as raw strings of many lines do.
inline std::string planned(std::string_view graph, State state = {}) {
  Program program;
  program.graph = parse_graph(graph);
  program.num_variables = state.variables;
  program.writes = std::move(state.writes);
  const auto plan = make_plan(std::move(program));
  EXPECT_EQ(check_plan(*plan), "");
  return "\n" + print_plan(*plan);
}

}  // namespace weft
