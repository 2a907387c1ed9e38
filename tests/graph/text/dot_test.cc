#include "graph/text/dot.h"

#include <gmock/gmock.h>

#include <sstream>

#include "graph/text/text.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string dot(const Graph& graph) {
  std::ostringstream out;
  write_dot(graph, out);
  return out.str();
}

TEST(Dot, ShowsNameOpTypeAndBytesOfEachNode) {
  const std::string text = dot(parse_graph("x = input f32[2,3]\ny = relu(x)\nreturn y"));
  EXPECT_THAT(text, HasSubstr(R"(0[label="x = input\nf32[2,3]  24 B"];)"));
  EXPECT_THAT(text, HasSubstr(R"(1[label="y = relu\nf32[2,3]  24 B", peripheries=2];)"));
}

TEST(Dot, DrawsAnEdgeFromEachReaderToItsOperands) {
  const std::string text = dot(parse_graph("x = input f32[]\ny = mul(x, x)\nreturn y"));
  EXPECT_THAT(text, HasSubstr("1->0 ;\n1->0 ;"));
  EXPECT_THAT(text, HasSubstr("edge [dir=back]"));
}

TEST(Dot, NamesStayInsideOfTheirQuotes) {
  Graph graph;
  graph.set_name(graph.add_input({DType::f32, {}}), "a\"];\nb\\");
  EXPECT_THAT(dot(graph), HasSubstr(R"(label="a\"]; b\\ = input\nf32[]  4 B")"));
}

TEST(Dot, LargeValuesCountInKibAndMib) {
  const std::string text = dot(parse_graph("x = input f32[1024]\ny = input f64[1024,1024]\nreturn"));
  EXPECT_THAT(text, HasSubstr("4 KiB"));
  EXPECT_THAT(text, HasSubstr("8 MiB"));
}

// A chain of exp and neg, each op `lines` lines one after the other.
Graph long_chain(int pairs, int lines) {
  Graph graph = parse_graph("x = input f32[256]\ny = exp(x)\nz = neg(y)\nreturn z");
  NodeId last = 2;
  for (int i = 1; i < pairs; ++i)
    for (const NodeId like : {1U, 2U}) {
      const ValueId operand{last, 0};
      const Node& node = graph.node(like);
      const OpDef& op = *node.op;
      const Types types = node.outputs;
      last = graph.add(op, {&operand, 1}, {}, types, SourceLocation::current("dir/model.cc", 10 + i % lines));
    }
  graph.outputs() = {{last, 0}};
  return graph;
}

std::size_t boxes(const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find("[label=\"", at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST(Dot, OfALargeGraphHasABoxForEachOperationAndLine) {
  const std::string text = dot(long_chain(2500, 1));
  EXPECT_THAT(text, HasSubstr("[label=\"input x1\\n1 KiB\"];"));
  EXPECT_THAT(text, HasSubstr("[label=\"exp x2499\\nmodel.cc:10\\n2 MiB\"];"));
  EXPECT_THAT(text, HasSubstr("[label=\"neg x2499\\nmodel.cc:10\\n2 MiB\", peripheries=2];"));
  EXPECT_THAT(text, HasSubstr("->"));
  EXPECT_THAT(text, HasSubstr("[label=\"2499\"];"));  // of the edge
  EXPECT_LT(text.size(), 1000U);
}

TEST(Dot, OfManyLinesHasABoxForEachLineOrForEachOperation) {
  const std::string lines = dot(long_chain(2500, 60));
  EXPECT_THAT(lines, HasSubstr("calls x"));
  EXPECT_EQ(boxes(lines), 61U + 60);  // and an edge from each to the next that stands for several
  EXPECT_THAT(dot(long_chain(2500, 200)), HasSubstr("[label=\"exp x2500\\n2 MiB\"];"));
}

TEST(Dot, AnEmptyGraphIsAGraph) { EXPECT_THAT(dot(Graph()), HasSubstr("digraph G {")); }

}  // namespace
}  // namespace weft
