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

TEST(Dot, AnEmptyGraphIsAGraph) { EXPECT_THAT(dot(Graph()), HasSubstr("digraph G {")); }

}  // namespace
}  // namespace weft
