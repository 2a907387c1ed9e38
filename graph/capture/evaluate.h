// Evaluation of captured tensors. What runs a graph is the run time's: it puts itself in at start-up.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "graph/capture/captured_graph.h"

namespace weft {

// A graph cut out for running: the values that somebody wants, and nothing that they do not need.
struct Extract {
  Graph graph;  // inputs: the values below, then the variables
  std::vector<std::shared_ptr<const Buffer>> arguments;
  std::vector<std::shared_ptr<Variable>> variables;  // written: outputs after the results become their values
};

// Runs it once and returns the results: the outputs but the last variables.size().
using EvaluateFn = std::vector<std::shared_ptr<Buffer>> (*)(Extract extract);
void set_evaluator(EvaluateFn evaluate);
std::vector<std::shared_ptr<Buffer>> run_extract(Extract extract);

// The value of a tensor, computed when that has not happened yet.
std::shared_ptr<const Buffer> value(const Tensor& tensor, SourceLocation at);
// Computes these tensors of one graph in one run.
void evaluate(CapturedGraph& graph, const std::vector<std::shared_ptr<TensorImpl>>& tensors);
// Computes every tensor of the graph that somebody holds.
void evaluate_live(CapturedGraph& graph);

}  // namespace weft
