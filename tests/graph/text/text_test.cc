#include "graph/text/text.h"

#include <cmath>
#include <random>

#include "graph/builder.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A probe with any number of operands and as many results as its attribute says.
Types infer_probe(const OpCall& call) {
  const AttrValue* attr = call.attrs.find("results");
  const std::int64_t* results = attr ? std::get_if<std::int64_t>(attr) : nullptr;
  call.require(!attr || (results && *results > 0 && *results < 10), "results must be a digit");
  return Types(results ? static_cast<std::size_t>(*results) : 1, TensorType{DType::f32, {}});
}
constexpr OpDef kProbe{.name = "test_probe", .max_inputs = -1, .infer = infer_probe};
WEFT_REGISTER_OP(kProbe);

std::string reprinted(std::string_view text) { return print_graph(parse_graph(text)); }

void expect_round_trip(std::string_view text) { EXPECT_EQ(reprinted(text), dedent(text)); }

void expect_refused(std::string_view text, const std::string& message) {
  EXPECT_THAT([&] { parse_graph(text); }, ThrowsMessage<Error>(HasSubstr(message))) << text;
}

TEST(Text, PrintingWhatWasParsedGivesTheText) {
  expect_round_trip(R"(
      x = input f32[2,3] requires_grad
      w = input f64[]
      p = relu(x)
      q = sum(p, dims=[0], keepdim=true)
      return q, p)");
}

TEST(Text, UnnamedNodesPrintAsTheirNumbers) {
  Graph graph;
  Builder builder(graph);
  const NodeId x = graph.add_input({DType::f32, {4}});
  const Value y = builder.record(*find_op("relu"), {builder.value({x, 0})});
  graph.outputs() = {y.id()};
  EXPECT_EQ(print_graph(graph), dedent(R"(
      v0 = input f32[4]
      v1 = relu(v0)
      return v1)"));
}

TEST(Text, ResultsOfANodeOfSeveralAreNumbered) {
  expect_round_trip(R"(
      x = input f32[]
      s.0, s.1 = test_probe(x, results=2)
      v2.0, v2.1, v2.2 = test_probe(s.1, s.0, results=3)
      return v2.2, s.0)");
}

TEST(Text, ResultsMayHaveAnyNames) {
  EXPECT_EQ(reprinted("a, b = test_probe(results=2)\nreturn b"), "a.0, a.1 = test_probe(results=2)\nreturn a.1\n");
}

TEST(Text, NamesThatWouldBeAmbiguousAreReplaced) {
  Graph graph;
  for (const char* name : {"x", "x", "v0", "two words", "return", "", "7", "v7"}) {
    const NodeId n = graph.add_input({DType::f32, {}});
    graph.set_name(n, name);
    graph.outputs().push_back({n, 0});
  }
  EXPECT_EQ(print_graph(graph).substr(print_graph(graph).find("return")), "return x, v1, v2, v3, v4, v5, v6, v7\n");
  EXPECT_EQ(reprinted(print_graph(graph)), print_graph(graph));
}

TEST(Text, AttributesKeepTheirTypes) {
  expect_round_trip(R"(
      a = test_probe(a=true, b=false, c=3, d=3.0, e=f32, f=bool, g=[], h=[-1,2])
      return a)");
}

TEST(Text, DoublesKeepEveryBit) {
  std::mt19937_64 random(1);
  std::vector<double> values{0.0, -0.0, 1e20, 1.0 / 3, 5e-324, 1e308, 123456.0, -1e-7, INFINITY, -INFINITY};
  for (int i = 0; i < 1000; ++i)
    if (const auto x = std::bit_cast<double>(random()); x == x) values.push_back(x);
  for (const double value : values) {
    Graph graph;
    graph.add(kProbe, {}, Attrs{{"x", value}}, {TensorType{DType::f32, {}}});
    EXPECT_EQ(parse_graph(print_graph(graph)).node(0).attrs, graph.node(0).attrs) << print_graph(graph);
  }
}

TEST(Text, NansKeepTheirSign) {
  expect_round_trip("a = test_probe(x=nan, y=-nan)\nreturn a");
  EXPECT_TRUE(std::signbit(parse_graph("a = test_probe(y=-nan)\nreturn a").node(0).attrs.get<double>("y")));
}

TEST(Text, IntegersReachTheirLimits) {
  expect_round_trip("a = test_probe(x=-9223372036854775808, y=9223372036854775807)\nreturn a");
}

TEST(Text, AGraphMayReturnNothing) { expect_round_trip("x = input i64[0]\nreturn"); }

TEST(Text, SpacesAndEmptyLinesDoNotMatter) {
  EXPECT_EQ(reprinted("\n\r\n  x=input   f32[ 2 , 3 ]\r\n\t y = relu( x )\n return y \n\n"),
            "x = input f32[2,3]\ny = relu(x)\nreturn y\n");
}

TEST(Text, TypesAreInferredAgain) {
  const Graph graph = parse_graph("x = input f64[2,3]\ny = sum(x, dims=[1], keepdim=false)\nreturn y");
  EXPECT_EQ(graph.type({1, 0}), (TensorType{DType::f64, {2}}));
}

TEST(Text, RequiresGradIsInferredFromTheInputs) {
  const Graph graph = parse_graph("x = input f32[] requires_grad\ny = relu(x)\nz = input f32[]\nw = relu(z)\nreturn y");
  EXPECT_TRUE(graph.node(1).requires_grad);
  EXPECT_FALSE(graph.node(3).requires_grad);
}

TEST(Parse, NamesTheLineOfAnError) {
  expect_refused("x = input f32[2]\n\ny = relu(z)\nreturn y", "[parse] line 3: 'z' is not defined");
}

TEST(Parse, PassesOnWhatTheShapeRuleSays) {
  expect_refused("x = input f32[2]\ny = input f32[3]\nz = add(x, y)\nreturn z", "[parse] line 3: [add] a: f32[2]");
}

TEST(Parse, RefusesEachMalformedLine) {
  expect_refused("", "no return line");
  expect_refused("x = input f32[2]", "no return line");
  expect_refused("return\nx = input f32[]", "text after the return line");
  expect_refused("return x", "'x' is not defined");
  expect_refused("x = input f32[]\nreturn x x", "expected ','");
  expect_refused("x = input f32[]\nx = relu(x)\nreturn x", "'x' is defined twice");
  expect_refused("x = input f16[2]\nreturn x", "unknown dtype 'f16'");
  expect_refused("x = input f32\nreturn x", "expected '['");
  expect_refused("x = input f32[2,]\nreturn x", "expected a 64-bit integer");
  expect_refused("x = input f32[-1]\nreturn x", "negative extent");
  expect_refused("x = input f32[9223372036854775808]\nreturn x", "expected a 64-bit integer");
  expect_refused("x = input f32[4294967296,4294967296]\nreturn x", "2^40");
  expect_refused("x = input f32[1,1,1,1,1,1,1,1,1]\nreturn x", "more than 8 dims");
  expect_refused("x = input i64[] requires_grad\nreturn x", "only floating");
  expect_refused("x = input f32[] wanted\nreturn x", "expected requires_grad");
  expect_refused("x, y = input f32[]\nreturn x", "one value");
  expect_refused("x = nosuch()\nreturn x", "no op named 'nosuch'");
  expect_refused("x = input()\nreturn x", "unknown dtype");
  expect_refused("x = test_probe\nreturn x", "expected '('");
  expect_refused("x = test_probe(\nreturn x", "expected");
  expect_refused("x = test_probe() y\nreturn x", "unexpected text 'y'");
  expect_refused("x = test_probe(,)\nreturn x", "expected an operand");
  expect_refused("x, y = test_probe()\nreturn x", "2 names for 1 results");
  expect_refused("x = test_probe(results=2)\nreturn x", "1 names for 2 results");
  expect_refused("x, x = test_probe(results=2)\nreturn x", "'x' is defined twice");
  expect_refused("7 = test_probe()\nreturn", "expected a name");
  expect_refused("x = test_probe(a=1, a=2)\nreturn x", "'a' is given twice");
  expect_refused("x = test_probe()\ny = test_probe(a=1, x)\nreturn x", "after an attribute");
  expect_refused("x = test_probe(" + std::string(65, 'a') + "=1)\nreturn x", "is too long");
  for (const char* value :
       {"", "x", "1.2.3", "1e999", "99999999999999999999", "--1", "0x10", "[1.5]", "[1", "[[1]]", "'"})
    expect_refused("x = test_probe(a=" + std::string(value) + ")\nreturn x", "[parse] line 1: expected");
}

// Every text gives a graph or an Error; the sanitizers watch.
TEST(Parse, SurvivesDamagedTexts) {
  const std::string text =
      "x = input f32[2,3] requires_grad\np.0, p.1 = test_probe(x, a=-1.5e3, results=2)\n"
      "q = sum(x, dims=[0,1], keepdim=true)\nreturn q, p.1\n";
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = text;
    for (int edits = 1 + static_cast<int>(random() % 3); edits > 0 && !damaged.empty(); --edits) {
      const std::size_t at = random() % damaged.size();
      if (random() % 3 == 0)
        damaged.erase(at, 1 + random() % 8);
      else if (random() % 2 == 0)
        damaged[at] = text[random() % text.size()];
      else
        damaged.insert(at, 1, static_cast<char>(random()));
    }
    try {
      parse_graph(damaged);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace weft
