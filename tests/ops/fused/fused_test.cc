// What the fused ops accept.
#include <gmock/gmock.h>

#include <cstring>

#include "graph/text/text.h"
#include "tests/testing/interpreter.h"
#include "tests/testing/malformed.h"
#include "weft/error.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A call of operands of these types, with a name for each result of the program.
std::string call_text(const std::string& op, const std::string& types, const std::string& program,
                      const std::string& attributes) {
  std::string text, operands;
  for (std::size_t i = 0, at = 0; at < types.size(); ++i) {
    const std::size_t end = std::min(types.find(' ', at), types.size());
    text += "x" + std::to_string(i) + " = input " + types.substr(at, end - at) + "\n";
    operands += "x" + std::to_string(i) + ", ";
    at = end + 1;
  }
  std::string results = "y";
  for (std::size_t k = 1, at = program.find("out "); (at = program.find("out ", at + 1)) < program.size(); ++k)
    results += ", y" + std::to_string(k);
  return text + results + " = " + op + "(" + operands + "program=\"" + program + "\"" + attributes + ")\nreturn " +
         results + "\n";
}
std::string product_text(const std::string& types, const std::string& program, const std::string& shape) {
  return call_text("fused_matmul", types, program, ", shape=" + shape + ", transpose_a=false, transpose_b=false");
}
std::string fused_text(const std::string& types, const std::string& program, const std::string& shape = "[2,3]") {
  return call_text("fused", types, program, ", shape=" + shape);
}

// Parsing applies the shape rules.
auto call(const std::string& types, const std::string& program, const std::string& shape = "[2,3]") {
  return [=] { parse_graph(fused_text(types, program, shape)); };
}
auto product(const std::string& types, const std::string& program, const std::string& shape) {
  return [=] { parse_graph(product_text(types, program, shape)); };
}

// Whether the rules let it pass. Expects an Error of what they do not, and of the others that their text is their own
// and that kernels write each element of their results, and nothing else.
bool passes(const std::string& text) {
  Graph graph;
  try {
    graph = parse_graph(text);
  } catch (const Error&) {
    return false;
  }
  const std::string printed = print_graph(graph);
  EXPECT_EQ(print_graph(parse_graph(printed)), printed);
  constexpr std::int64_t kRunnable = 1 << 20;
  for (const ValueId& v : graph.outputs())
    if (graph.type(v).shape.numel() > kRunnable) return true;
  std::vector<HostTensor> inputs;
  for (const NodeId n : graph.inputs()) {
    HostTensor& input = inputs.emplace_back(graph.node(n).outputs[0]);
    for (std::int64_t i = 0; i < input.numel(); ++i) input.set(i, static_cast<double>(i % 7) - 3);
  }
  const std::vector<HostTensor> results = interpret(graph, inputs);
  const HostTensor unset({DType::f32, {}});
  for (const HostTensor& result : results)
    for (std::int64_t i = 0; i < result.numel(); ++i)
      EXPECT_NE(std::memcmp(result.as<float>() + i, unset.data(), sizeof(float)), 0) << text << "element " << i;
  return true;
}
auto refuses(const char* rule) { return ThrowsMessage<Error>(HasSubstr(rule)); }

TEST(Fused, TakesMatricesRowsColumnsAndNumbers) {
  EXPECT_NO_THROW(
      call("f32[2,3] f32[3] f32[2,1] f32[] f64[]", "inputs 5; add 0 1; mul 5 2; mul 6 3; mul 7 4; out elements 8")());
}

TEST(Fused, RefusesWhatIsNoProgram) {
  EXPECT_THAT(call("f32[2,3]", "inputs 1; jump 0; out elements 1"), refuses("no instruction 'jump'"));
  EXPECT_THAT(call("f32[2,3]", "inputs 1; neg 0"), refuses("the program has no outputs"));
  EXPECT_THAT(call("f32[2,3]", "inputs 2; neg 0; out elements 2"), refuses("another number of inputs"));
}

TEST(Fused, RefusesOperandsThatDoNotServeTheShape) {
  EXPECT_THAT(call("f32[2]", "inputs 1; out elements 0"), refuses("neither a matrix, a row, a column nor a number"));
  EXPECT_THAT(call("i64[2,3]", "inputs 1; out elements 0"), refuses("operands are f32, or one f64"));
  EXPECT_THAT(call("f64[2,3]", "inputs 1; out elements 0"), refuses("operands are f32, or one f64"));
}

TEST(Fused, RefusesAShapeWithoutElements) {
  EXPECT_THAT(call("f32[0,3]", "inputs 1; out elements 0", "[0,3]"), refuses("the shape has no elements"));
}

TEST(Fused, RefusesSumsOfBlocksThatAreNotInOrder) {
  EXPECT_THAT(call("f32[2,3] f32[3]", "inputs 2; add 0 1; out block_sums 2"),
              refuses("block_sums go with matrices and numbers only"));
  EXPECT_THAT(call("f32[2,3]", "inputs 1; out block_sums 0; out column_sums 0"),
              refuses("block_sums do not go with column_sums"));
  EXPECT_THAT(product("f32[2,4] f32[4,3]", "inputs 1; out block_sums 0", "[2,3]"),
              refuses("block_sums do not go with a product"));
}

TEST(FusedMatmul, RefusesFactorsThatDoNotFit) {
  EXPECT_THAT(product("f32[2,4] f32[5,3]", "inputs 1; out elements 0", "[2,3]"), refuses("the columns of a"));
  EXPECT_THAT(product("f32[2,4] f32[4,3]", "inputs 1; out elements 0", "[3,2]"), refuses("not that of the product"));
  EXPECT_THAT(product("f64[2,4] f64[4,3]", "inputs 1; out elements 0", "[2,3]"), refuses("must be f32 matrices"));
  EXPECT_THAT(product("f32[2,4] f32[4,1]", "inputs 1; out column_sums 0", "[2,1]"),
              refuses("column_sums do not go with a product of one column"));
}

TEST(FusedMatmul, RefusesFactorsWithoutElements) {
  EXPECT_FALSE(passes(product_text("f32[0,4] f32[4,3]", "inputs 1; out elements 0", "[0,3]")));
  EXPECT_FALSE(passes(product_text("f32[2,4] f32[4,0]", "inputs 1; out elements 0", "[2,0]")));
  EXPECT_FALSE(passes(product_text("f32[2,0] f32[0,3]", "inputs 1; out elements 0", "[2,3]")));
}

// ---- Whatever the text: an Error, or a call that runs.

constexpr const char* kPrograms[] = {
    "inputs 4; mul 0 1; add 4 2; clamp 5 -1 2.5; sub 6 3; out elements 7; out column_sums 7; out elements 0",
    "inputs 4; constant 0.5; where 0 4 3; relu_grad 5 1; out column_sums 6; out column_sums 6; out elements 5",
    "inputs 4; mul 3 3; gt 4 0; out elements 5; out elements 5; out elements 3; out elements 3; out elements 1"};
constexpr const char* kOperands = "f32[5,9] f32[9] f32[5,1] f64[]";
constexpr const char* kFactors = "f32[5,3] f32[3,9] f32[9] f32[5,1] f64[]";  // register 0 is their product
constexpr const char* kShape = "[5,9]";

TEST(FusedCalls, MayGiveARegisterMoreThanOnce) {
  for (const char* program : kPrograms) {
    EXPECT_TRUE(passes(fused_text(kOperands, program, kShape)));
    EXPECT_TRUE(passes(product_text(kFactors, program, kShape)));
  }
  EXPECT_TRUE(passes(fused_text("f32[3000]",
                                "inputs 1; neg 0; out block_sums 1; out block_sums 1; out block_sums 0; "
                                "out elements 1",
                                "[3000]")));
}

TEST(FusedCalls, OfProgramsThatAreCutAnywhereRunOrAreRefused) {
  for (const std::string program : kPrograms)
    for (std::size_t n = 0; n <= program.size(); ++n) {
      const std::string cut = program.substr(0, n);
      const bool runs = passes(fused_text(kOperands, cut, kShape));
      EXPECT_EQ(passes(product_text(kFactors, cut, kShape)), runs) << cut;
      EXPECT_TRUE(!runs || cut.find("out") != cut.npos) << cut;
      EXPECT_TRUE(runs || n < program.size()) << cut;
    }
}

TEST(FusedCalls, OfProgramsWithAnyWordReplacedRunOrAreRefused) {
  std::size_t all = 0, run = 0;
  for (const char* program : kPrograms)
    for_each_word_replaced(program, [&](const std::string& changed) {
      const bool runs = passes(fused_text(kOperands, changed, kShape));
      EXPECT_EQ(passes(product_text(kFactors, changed, kShape)), runs) << changed;
      ++all;
      run += runs;
    });
  EXPECT_GT(run, all / 20);
  EXPECT_LT(run, all / 2);
}

TEST(FusedCalls, OfProgramsMutatedAtRandomRunOrAreRefused) {
  std::mt19937_64 random(2);
  std::size_t run = 0;
  constexpr std::size_t kMutations = 4000;
  for (std::size_t i = 0; i < kMutations; ++i) {
    const std::string program = mutated(kPrograms[i % std::size(kPrograms)], random);
    run += passes(i % 2 == 0 ? fused_text(kOperands, program, kShape) : product_text(kFactors, program, kShape));
  }
  EXPECT_GT(run, kMutations / 20);
  EXPECT_LT(run, kMutations / 2);
}

// Each operand in turn has another type.
TEST(FusedCalls, OfOperandsOfAnyTypeRunOrAreRefused) {
  const std::vector<std::string> served{"f32[5,9]", "f32[9]",   "f32[5,1]", "f32[]",  "f32[1,1]",     "f32[1,9]",
                                        "f32[45]",  "f32[9,5]", "f64[]",    "f64[1]", "f32[1,1,1,1]", "f32[1,1,9]"};
  const std::vector<std::string> refused{"f64[9]",    "f64[5,9]",   "i64[5,9]",   "i64[]",     "i64[9]",
                                         "bool[5,9]", "bool[]",     "f32[5]",     "f32[0]",    "f32[0,9]",
                                         "f32[5,0]",  "f32[0,1]",   "f32[8]",     "f32[6,1]",  "f32[5,8]",
                                         "f64[0]",    "f32[2,5,9]", "f32[1,5,9]", "f32[1,5,1]"};
  const std::string program = "inputs 3; mul 0 1; add 3 2; out elements 4; out column_sums 4; out elements 1";
  for (const bool good : {true, false})
    for (const std::string& type : good ? served : refused) {
      SCOPED_TRACE(type);
      EXPECT_EQ(passes(fused_text(type + " f32[5,9] f32[5,9]", program, kShape)), good);
      EXPECT_EQ(passes(fused_text("f32[5,9] f32[5,9] " + type, program, kShape)), good);
      EXPECT_EQ(passes(product_text("f32[5,3] f32[3,9] " + type + " f32[5,9]", program, kShape)), good);
      EXPECT_EQ(passes(product_text("f32[5,3] f32[3,9] f32[5,9] " + type, program, kShape)), good);
    }
}

TEST(FusedCalls, OfFactorsOfAnyTypeRunOrAreRefused) {
  const std::string program = "inputs 1; neg 0; out elements 1; out column_sums 0";
  for (const char* factors : {"f32[5,3] f64[3,9]", "i64[5,3] f32[3,9]", "f32[5,3] bool[3,9]", "f32[5,3] f32[9]",
                              "f32[1,5,3] f32[3,9]", "f32[5,3] f32[1,3,9]", "f32[3,5] f32[3,9]", "f32[5,3] f32[9,3]",
                              "f32[5,3]", "f32[] f32[]", "", "f32[5,3] f32[3,9] f32[5,9]"})
    EXPECT_FALSE(passes(product_text(factors, program, kShape))) << factors;
  EXPECT_TRUE(passes(product_text("f32[5,3] f32[3,9]", program, kShape)));
}

TEST(FusedCalls, OfAnyShapeRunOrAreRefused) {
  const std::string number = "inputs 1; neg 0; out elements 1; out column_sums 1", made =
                                                                                       "inputs 0; constant 2; out "
                                                                                       "elements 0; out block_sums 0";
  for (const char* shape : {"[]", "[1]", "[7]", "[2,3]", "[1,1,1,1,1,1,1,1]", "[1100,2]", "[1048576,1048576]"}) {
    EXPECT_TRUE(passes(fused_text("f32[]", number, shape))) << shape;
    EXPECT_TRUE(passes(fused_text("", made, shape))) << shape;
  }
  for (const char* shape :
       {"[0]", "[3,0]", "[0,3]", "[-1]", "[-2,-3]", "[1,1,1,1,1,1,1,1,1]", "[1048577,1048577]", "[9223372036854775807]",
        "[9223372036854775807,9223372036854775807]", "5", "2.5", "true", "f32", "\"[2]\""}) {
    EXPECT_FALSE(passes(fused_text("f32[]", number, shape))) << shape;
    EXPECT_FALSE(passes(fused_text("", made, shape))) << shape;
    EXPECT_FALSE(passes(product_text("f32[5,3] f32[3,9]", "inputs 1; out elements 0", shape))) << shape;
  }
}

TEST(FusedCalls, WithoutTheirAttributesAreRefused) {
  const auto with = [](const std::string& op, const std::string& attributes) {
    return passes("a = input f32[3,3]\nb = input f32[3,3]\ny = " + op + "(a, b" + attributes + ")\nreturn y\n");
  };
  const std::string program = R"(, program="inputs 2; out elements 0")", shape = ", shape=[3,3]";
  EXPECT_TRUE(with("fused", program + shape));
  for (const std::string& some : {std::string(), program, shape, shape + ", program=5", shape + ", program=[3,3]"})
    EXPECT_FALSE(with("fused", some)) << some;
  const std::string product = R"(, program="inputs 1; out elements 0", shape=[3,3])";
  const std::string a = ", transpose_a=true", b = ", transpose_b=true";
  EXPECT_TRUE(with("fused_matmul", product + a + b));
  for (const std::string& some : {product, product + a, product + b, product + a + ", transpose_b=1",
                                  product + b + R"(, transpose_a="true")", shape + a + b})
    EXPECT_FALSE(with("fused_matmul", some)) << some;
}

}  // namespace
}  // namespace weft
