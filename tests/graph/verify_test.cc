#include "graph/verify.h"

#include <gmock/gmock.h>

#include "graph/text/text.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const TensorType kPair{DType::f32, {2}};

const OpDef& op(std::string_view name) { return *find_op(name); }

Graph with_input() {
  Graph graph;
  graph.add_input(kPair);
  return graph;
}

void expect_broken(const Graph& graph, const std::string& rule) {
  EXPECT_THAT([&] { verify(graph); }, ThrowsMessage<Error>(HasSubstr(rule)));
}

TEST(Verify, AcceptsAGraphThatTheBuilderMade) {
  EXPECT_NO_THROW(verify(parse_graph("x = input f32[2,3]\ny = relu(x)\nz = add(y, x)\nreturn z, x")));
  EXPECT_NO_THROW(verify(Graph()));
}

TEST(Verify, V1OperandsAreResultsOfEarlierNodes) {
  Graph graph = with_input();
  graph.add(op("relu"), std::vector<ValueId>{{0, 1}}, {}, {kPair});
  expect_broken(graph, "node 1 (relu): V1 operand 0 is v0.1");
}

TEST(Verify, V2EveryOpIsRegistered) {
  static constexpr OpDef kStray{.name = "stray"};
  Graph graph;
  graph.add(kStray, {}, {}, {kPair});
  expect_broken(graph, "node 0 (stray): V2");
}

TEST(Verify, V3TheNumberOfOperandsFitsTheOp) {
  Graph graph = with_input();
  graph.add(op("relu"), std::vector<ValueId>{{0, 0}, {0, 0}}, {}, {kPair});
  expect_broken(graph, "node 1 (relu): V3 the op does not take 2 operands");
}

TEST(Verify, V4RecordedTypesAreTheInferredOnes) {
  Graph graph = with_input();
  graph.add(op("relu"), std::vector<ValueId>{{0, 0}}, {}, {TensorType{DType::f32, {3}}});
  expect_broken(graph, "V4 recorded as f32[3], inferred as f32[2]");
}

TEST(Verify, V4TheShapeRuleAcceptsTheCall) {
  Graph graph = with_input();
  graph.add(op("reshape"), std::vector<ValueId>{{0, 0}}, {}, {kPair});
  expect_broken(graph, "V4 the shape rule refuses it: [reshape]");
}

TEST(Verify, V5AnAliasKeepsItsBytes) {
  static constexpr OpDef kGrowing{.name = "test_growing_alias",
                                  .min_inputs = 1,
                                  .max_inputs = 1,
                                  .infer =
                                      [](const OpCall&) {
                                        return Types{TensorType{DType::f32, {5}}};
                                      },
                                  .alias = true};
  WEFT_REGISTER_OP(kGrowing);
  Graph graph = with_input();
  graph.add(kGrowing, std::vector<ValueId>{{0, 0}}, {}, {TensorType{DType::f32, {5}}});
  expect_broken(graph, "V5");
}

TEST(Verify, V6EveryInputIsListed) {
  Graph graph;
  graph.add(kInput, {}, {}, {kPair});
  expect_broken(graph, "node 0 (input): V6 not listed");
}

TEST(Verify, V7OutputsExist) {
  Graph graph = with_input();
  graph.outputs() = {{1, 0}};
  expect_broken(graph, "V7 output v1.0");
  graph.outputs() = {{0, 1}};
  expect_broken(graph, "V7 output v0.1");
}

}  // namespace
}  // namespace weft
