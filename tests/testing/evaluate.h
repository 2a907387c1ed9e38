// Values and gradients of functions of Values, computed by the plain interpreter.
#pragma once

#include <vector>

#include "tests/testing/gradcheck.h"

namespace weft {

// fn of these inputs.
inline HostTensor evaluate(const GraphFn& fn, const std::vector<HostTensor>& inputs) {
  Graph graph;
  Builder builder(graph);
  std::vector<Value> values;
  for (const HostTensor& x : inputs)
    values.push_back(builder.value({graph.add_input(x.type(), is_floating(x.type().dtype)), 0}));
  graph.outputs() = {fn(values).id()};
  return interpret(graph, inputs)[0];
}

// d sum(fn * seed) / d input, for each floating input; those that fn does not depend on are left out.
inline std::vector<HostTensor> evaluate_gradients(const GraphFn& fn, std::vector<HostTensor> inputs,
                                                  const HostTensor& seed) {
  Graph graph;
  Builder builder(graph);
  std::vector<Value> values;
  for (const HostTensor& x : inputs)
    values.push_back(builder.value({graph.add_input(x.type(), is_floating(x.type().dtype)), 0}));
  graph.outputs() = {fn(values).id()};
  inputs.push_back(seed);
  return interpret(gradient_graph(graph).graph, inputs);
}

}  // namespace weft
