// The checks that other tests rely on must notice what they are for.
#include <gmock/gmock.h>

#include "ops/values.h"
#include "tests/testing/gradcheck.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

Types same(const OpCall& call) { return {call.in(0)}; }

// The identity with a gradient that is off by a factor of 1.01.
constexpr OpDef kWrongGradient{.name = "test_wrong_gradient",
                               .min_inputs = 1,
                               .max_inputs = 1,
                               .infer = same,
                               .grad = [](GradCall& g) { g.set(0, g.dout() * 1.01); },
                               .alias = true};
WEFT_REGISTER_OP(kWrongGradient);

// Writes one element too many.
constexpr OpDef kOverrun{
    .name = "test_overrun", .min_inputs = 1, .max_inputs = 1, .infer = same, .compile = [](const OpCall& call) {
      return Kernel{.run = [n = call.out().shape.numel()](const KernelArgs& args) {
        for (std::int64_t i = 0; i <= n; ++i) args.output<float>()[i] = 0;
      }};
    }};
WEFT_REGISTER_OP(kOverrun);

Value call(const OpDef& op, const Value& x) { return x.builder().record(op, {x}); }

TEST(Gradcheck, AcceptsRightGradients) {
  const HostTensor x({DType::f64, {3}}, {0.5, -1, 2});
  EXPECT_TRUE(gradcheck([](auto v) { return v[0] * v[0] * v[0]; }, {x}));
}

TEST(Gradcheck, RefusesAWrongFirstDerivative) {
  const HostTensor x({DType::f64, {3}}, {0.5, -1, 2});
  const ::testing::AssertionResult result = gradcheck([](auto v) { return call(kWrongGradient, v[0]); }, {x});
  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("gradient of input 0 at element 0 is"));
}

TEST(Gradcheck, RefusesAMissingGradient) {
  const HostTensor x({DType::f64, {1}}, {0.5});
  EXPECT_FALSE(gradcheck([](auto v) { return call(*find_op("detach"), v[0]); }, {x}));
}

TEST(Gradcheck, RefusesAWrongSecondDerivative) {
  // The first derivative of x^2 / 2 passes through the wrong op only where it is differentiated again.
  static constexpr OpDef kHalfSquare{.name = "test_half_square",
                                     .min_inputs = 1,
                                     .max_inputs = 1,
                                     .infer = same,
                                     .grad = [](GradCall& g) { g.set(0, g.dout() * call(kWrongGradient, g.in(0))); },
                                     .compile =
                                         [](const OpCall& c) {
                                           return Kernel{.run = [n = c.out().shape.numel()](const KernelArgs& args) {
                                             for (std::int64_t i = 0; i < n; ++i)
                                               args.output<double>()[i] =
                                                   args.input<double>(0)[i] * args.input<double>(0)[i] / 2;
                                           }};
                                         }};
  WEFT_REGISTER_OP(kHalfSquare);
  const HostTensor x({DType::f64, {2}}, {0.5, -1});
  const auto fn = [](std::span<const Value> v) { return call(kHalfSquare, v[0]); };
  EXPECT_TRUE(gradcheck(fn, {x}, false));
  EXPECT_FALSE(gradcheck(fn, {x}, true));
}

TEST(Interpreter, RunsNodesInOrder) {
  Graph graph;
  Builder builder(graph);
  const Value x = builder.value({graph.add_input({DType::f32, {2}}), 0});
  graph.outputs() = {(x * x - 1.0).id(), x.id()};
  const std::vector<HostTensor> results = interpret(graph, {HostTensor({DType::f32, {2}}, {3, -2})});
  EXPECT_THAT(results[0], has_values({8, 3}));
  EXPECT_THAT(results[1], has_values({3, -2}));
}

TEST(Interpreter, NoticesAKernelThatWritesBeyondItsResult) {
  Graph graph;
  Builder builder(graph);
  graph.outputs() = {call(kOverrun, builder.value({graph.add_input({DType::f32, {4}}), 0})).id()};
  EXPECT_THAT(
      [&] {
        interpret(graph, {HostTensor({DType::f32, {4}})});
      },
      ThrowsMessage<Error>(HasSubstr("beyond its result")));
}

TEST(Interpreter, RefusesInputsOfAnotherType) {
  Graph graph;
  graph.add_input({DType::f32, {4}});
  EXPECT_THROW(interpret(graph, {}), Error);
  EXPECT_THROW(interpret(graph, {HostTensor({DType::f64, {4}})}), Error);
}

TEST(HostTensor, TellsMinusZeroFromZeroByItsBits) {
  const HostTensor zero({DType::f32, {1}}, {0.0}), minus({DType::f32, {1}}, {-0.0});
  EXPECT_THAT(minus, has_values({0}));
  EXPECT_THAT(minus, Not(has_bits_of(zero)));
}

}  // namespace
}  // namespace weft
