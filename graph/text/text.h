// Graphs as text, for people, logs and tests:
//
//   x = input f32[2,3] requires_grad
//   p = relu(x)
//   q = sum(p, dims=[0], keepdim=true)
//   s.0, s.1 = some_op(q, p, rate=0.1)
//   t = fused(q, program="inputs 1; exp 0; out elements 1", shape=[1,3])
//   return t, s.1
//
// An attribute in quotes is an element program.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace weft {

// One line for each node, in order of their ids. A node prints under its name where that is a name of the language and
// not taken, else under v<id>; result k of a node of several results is <name>.k. Attributes print so that parsing
// gives back every bit of them (of a NaN: its sign).
std::string print_graph(const Graph& graph);

// The graph that the text describes. Types, and whether gradients flow through a node, are inferred anew by the shape
// rules. Throws Error "[parse] line 3: ..." for any text that is not such a graph; time and memory are linear in the
// text.
Graph parse_graph(std::string_view text);

}  // namespace weft
