// Gradients of graphs against central differences.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "graph/autodiff.h"
#include "tests/testing/interpreter.h"

namespace weft {

struct GradcheckOptions {
  double eps = 1e-6;
  double atol = 1e-5;
  double rtol = 1e-3;
};

// The graph of the gradients of sum_k sum(output_k * seed_k), over the floating outputs, with respect to the floating
// inputs that require gradients. Its inputs are those of `graph` and then the seeds. Its outputs are the gradients;
// where an input has none (nothing depends on it) present[i] is false and there is no output for it.
struct GradientGraph {
  Graph graph;
  std::vector<NodeId> wrt;    // the inputs that require gradients
  std::vector<bool> present;  // for each of wrt
};
GradientGraph gradient_graph(const Graph& graph);

// Fixed numbers in [0.5, 1.5] for the seeds of a gradient graph: unequal, so that exchanged elements show.
std::vector<HostTensor> gradient_inputs(const Graph& gradients, const std::vector<HostTensor>& inputs);

// Compares the gradients of a graph with central differences, computed in f64 by the interpreter. Every input that
// requires gradients must be f64.
::testing::AssertionResult check_gradients(const Graph& graph, const std::vector<HostTensor>& inputs,
                                           const GradcheckOptions& options = {});
// The same for the gradients of the gradients.
::testing::AssertionResult check_second_gradients(const Graph& graph, const std::vector<HostTensor>& inputs,
                                                  const GradcheckOptions& options = {});

// Both for a function of Values: EXPECT_TRUE(gradcheck([](auto v) { return v[0] * v[1]; }, {a, b})). Gives the first
// failure; second derivatives only when asked.
using GraphFn = std::function<Value(std::span<const Value> inputs)>;
::testing::AssertionResult gradcheck(const GraphFn& fn, const std::vector<HostTensor>& inputs, bool second = true,
                                     const GradcheckOptions& options = {});

}  // namespace weft
