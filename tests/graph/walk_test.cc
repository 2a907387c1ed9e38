#include "graph/walk.h"

#include <gmock/gmock.h>

#include "graph/builder.h"
#include "graph/text/text.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Nodes: x 0, y 1, p 2, q 3, r 4, s 5.
Graph diamond() {
  return parse_graph(R"(
      x = input f32[2] requires_grad
      y = input f32[2]
      p = relu(x)
      q = exp(x)
      r = add(p, q)
      s = tanh(y)
      return r)");
}

TEST(NeededNodes, AreTheRootsAndAllThatTheyRead) {
  const Graph graph = diamond();
  EXPECT_THAT(needed_nodes(graph, graph.outputs()), ElementsAre(1, 0, 1, 1, 1, 0));
}

TEST(NeededNodes, OfNoRootsAreNone) { EXPECT_THAT(needed_nodes(diamond(), {}), ElementsAre(0, 0, 0, 0, 0, 0)); }

TEST(NeededNodes, TheWalkDoesNotGoThroughNodesThatStopIt) {
  const Graph graph = diamond();
  const auto not_through = [](NodeId stop) { return [stop](NodeId n) { return n != stop; }; };
  EXPECT_THAT(needed_nodes(graph, graph.outputs(), not_through(4)), ElementsAre(0, 0, 0, 0, 1, 0));
  // x is needed all the same, by the other arm.
  EXPECT_THAT(needed_nodes(graph, graph.outputs(), not_through(2)), ElementsAre(1, 0, 1, 1, 1, 0));
}

TEST(MarkNeeded, FollowsWhateverANodeSaysThatItNeeds) {
  std::vector<char> needed{0, 0, 0, 0, 1, 0};
  mark_needed(needed, [](NodeId n, auto mark) {
    if (n >= 2) mark(n - 2);
  });
  EXPECT_THAT(needed, ElementsAre(1, 0, 1, 0, 1, 0));
}

TEST(CopyNode, KeepsPlaceFlagNameAndWhichResultIsRead) {
  Graph from;
  from.add_input({DType::f32, {2}}, true);
  const std::vector<ValueId> operands{{0, 0}};
  from.add(*find_op("relu"), operands, {}, {{DType::f32, {2}}}, SourceLocation::current("user.cc", 13), true);
  from.set_name(1, "h");
  Graph to;
  to.add_input({DType::f32, {2}});
  to.add_input({DType::f32, {2}});
  const NodeId n = copy_node(from, 1, to, [](ValueId v) { return ValueId{v.node + 1, v.output}; });
  EXPECT_EQ(n, 2u);
  EXPECT_THAT(to.operands(n), ElementsAre(ValueId{1, 0}));
  EXPECT_EQ(to.node(n).where.line, 13);
  EXPECT_TRUE(to.node(n).requires_grad);
  EXPECT_EQ(*to.name(n), "h");
}

TEST(CopyNode, AnInputBecomesTheNextArgument) {
  const Graph from = diamond();
  Graph to;
  to.add_input({DType::i64, {}});
  copy_node(from, 0, to, [](ValueId v) { return v; });
  EXPECT_THAT(to.inputs(), ElementsAre(0, 1));
  EXPECT_EQ(to.node(1).outputs[0].str(), "f32[2]");
}

TEST(NumberResults, CountsThroughTheGraph) {
  static constexpr OpDef kPair{.name = "test_pair", .min_inputs = 1, .max_inputs = 1, .infer = [](const OpCall& call) {
                                 return Types{call.in(0), call.in(0)};
                               }};
  Graph graph;
  Builder builder(graph);
  const Value x = builder.value({graph.add_input({DType::f32, {2}}), 0});
  builder.record(*find_op("relu"), {builder.record(kPair, {x}).output(1)});
  EXPECT_THAT(number_results(graph), ElementsAre(0, 1, 3, 4));
}

TEST(Rows, KeepTheOrderOfTheirItems) {
  const Rows<int> rows(4, [](auto add) {
    add(2, 7);
    add(0, 5);
    add(2, 6);
    add(3, 8);
  });
  EXPECT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows.num_items(), 4u);
  EXPECT_THAT(rows[0], ElementsAre(5));
  EXPECT_THAT(rows[1], IsEmpty());
  EXPECT_THAT(rows[2], ElementsAre(7, 6));
  EXPECT_THAT(rows[3], ElementsAre(8));
}

TEST(Rows, GrowRowByRow) {
  Rows<int> rows;
  EXPECT_EQ(rows.size(), 0u);
  rows.add_row(std::vector<int>{1, 2});
  rows.add_row({});
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0], ElementsAre(1, 2));
  EXPECT_THAT(rows[1], IsEmpty());
}

TEST(Rows, ConsumersAreListedOncePerOperand) {
  const Graph graph = parse_graph(R"(
      x = input f32[2]
      p = mul(x, x)
      q = add(p, x)
      return q)");
  const Consumers consumers = graph.consumers();
  EXPECT_THAT(consumers[0], ElementsAre(1, 1, 2));
  EXPECT_THAT(consumers[1], ElementsAre(2));
  EXPECT_THAT(consumers[2], IsEmpty());
}

}  // namespace
}  // namespace weft
