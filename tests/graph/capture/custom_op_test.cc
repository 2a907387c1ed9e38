// Operations of users' own, by the public header.
#include <gmock/gmock.h>
#include <tbb/task_arena.h>

#include <cmath>
#include <stdexcept>
#include <thread>
#include <vector>

#include "graph/text/text.h"
#include "tests/testing/custom_ops.h"
#include "tests/testing/error_of.h"
#include "tests/testing/tensor_values.h"
#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/functional.h"
#include "weft/op.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

std::string here(int line) { return "custom_op_test.cc:" + std::to_string(line); }

Tensor leaf(std::initializer_list<Literal> values, DType dtype = kFloat32) {
  return tensor(values, dtype).requires_grad_();
}

op::Kernel nothing(const op::Call&) {
  return {.run = [](const op::Work&) {}};
}
// y = x, for rules that are wrong elsewhere.
op::Kernel copy(const op::Call& call) {
  return {.run = [n = call.input_type(0).shape.numel()](const op::Work& work) {
    std::copy_n(work.input<float>(0), n, work.result<float>());
  }};
}
std::vector<op::Type> same_shape(const op::Call& call) { return {call.input_type(0)}; }

TEST(CustomOp, ComputesAndDifferentiatesInEagerUse) {
  const Tensor x = leaf({0, 1, -2});
  const Tensor y = swish(x, 1.0);
  EXPECT_THAT(y, equals(Floats{0, 0.7310586f, -0.23840584f}));
  EXPECT_STREQ(y.grad_fn().name(), "SwishBackward0");
  y.sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), Pointwise(FloatNear(1e-6f), Floats{0.5f, 0.92767054f, -0.09078425f}));
}

TEST(CustomOp, OfF64HasTheGradientsOfDifferencesTwice) {
  const auto f = [](const std::vector<Tensor>& in) { return std::vector<Tensor>{swish(in[0], 1.5)}; };
  const auto g = [](const std::vector<Tensor>& in) { return moments_op().results({in[0]}); };
  const Tensor x = leaf({0.3, -1.2, 2}, kFloat64);
  const Tensor m = tensor({{0.3, -1.2}, {2.0, 0.7}}, kFloat64).requires_grad_();
  for (const auto& report : {autograd::gradcheck(f, {x}), autograd::gradgradcheck(f, {x}), autograd::gradcheck(g, {m}),
                             autograd::gradgradcheck(g, {m})})
    EXPECT_TRUE(report.ok()) << report.str();
}

TEST(CustomOp, IsPartOfACompiledStep) {
  const Tensor w = leaf({0.5, -0.5, 2}), other = leaf({0.5, -0.5, 2});
  const auto train = [](const Tensor& weight, const Tensor& x) {
    const Tensor loss = swish(weight * x, 1.5).sum();
    loss.backward();
    const NoGradGuard no_grad;
    weight.sub_(weight.grad() * 0.1);
    weight.set_grad({});
    return loss;
  };
  const auto step = compile([&](Tensor x) { return train(w, x); });
  const Tensor x = tensor({1.0, 2.0, 3.0});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(x).item(), train(other, x).item());
  EXPECT_EQ(w.to_vector<float>(), other.to_vector<float>());
  EXPECT_EQ(step.stats().traces, 1u);
}

TEST(CustomOp, RecordsNoGradientUnderNoGrad) {
  const Tensor x = leaf({1, 2});
  const NoGradGuard no_grad;
  EXPECT_FALSE(swish(x, 1).requires_grad());
}

TEST(CustomOp, HasSeveralResultsAndGradientsOfEach) {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_();
  const std::vector<Tensor> moments = moments_op().results({x});
  EXPECT_THAT(moments[0], equals(Floats{3, 7}));
  EXPECT_THAT(moments[1], equals(Floats{5, 25}));
  EXPECT_THAT(grad({moments[1].sum()}, {x}, {.retain_graph = true})[0], equals(Floats{2, 4, 6, 8}));
  EXPECT_THAT(grad({moments[0].sum()}, {x})[0], equals(Floats{1, 1, 1, 1}));
}

TEST(CustomOp, GivesTheSameBitsForAnyNumberOfWorkers) {
  manual_seed(3);
  const Tensor x = randn({700, 901});  // some parts
  const auto f = compile([](Tensor v) {
    const std::vector<Tensor> moments = moments_op().results({swish(v, 1.5)});
    return moments[0] + moments[1];
  });
  std::vector<std::vector<float>> results;
  for (const int workers : {1, 2, 5}) {
    tbb::task_arena arena(workers);
    arena.execute([&] { results.push_back(f(x).to_vector<float>()); });
  }
  EXPECT_GT(f.stats().steps, 3u);
  EXPECT_EQ(results[1], results[0]);
  EXPECT_EQ(results[2], results[0]);
  results.push_back(
      (moments_op().results({swish(x, 1.5)})[0] + moments_op().results({swish(x, 1.5)})[1]).to_vector<float>());
  EXPECT_EQ(results[3], results[0]);
}

TEST(CustomOp, OperandsOfAnElementwiseOneAreBroadcast) {
  static const op::Operation op({.name = "test.scaled",
                                 .inputs = 2,
                                 .elementwise = true,
                                 .gradient =
                                     [](const op::GradientCall& g) {
                                       return std::vector<Tensor>{g.gradient() * g.input(1), g.gradient() * g.input(0)};
                                     },
                                 .kernel = [](const op::Call& call) -> op::Kernel {
                                   const std::int64_t n = call.result_type().shape.numel();
                                   return {.run =
                                               [](const op::Work& work) {
                                                 for (std::int64_t i = work.begin; i < work.end; ++i)
                                                   work.result<float>()[i] =
                                                       work.input<float>(0)[i] * work.input<float>(1)[i];
                                               },
                                           .items = n};
                                 }});
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_(), w = leaf({10, 100});
  const Tensor y = op({x, w});
  EXPECT_THAT(y, equals(Floats{10, 200, 30, 400}));
  y.sum().backward();
  EXPECT_THAT(w.grad(), equals(Floats{4, 6}));
  EXPECT_THAT(op({x, 2}), equals(Floats{2, 4, 6, 8}));
  EXPECT_THAT(error_of([&] { op({x, leaf({1, 2, 3})}); }), HasSubstr("the operands must have one type"));
}

TEST(CustomOp, SurvivesBeingPrintedAndParsed) {
  const std::string text =
      "x = input f32[2,3] requires_grad\n"
      "v1 = test.swish(x, beta=1.5)\n"
      "v2.0, v2.1 = test.row_moments(v1)\n"
      "return v2.0, v2.1\n";
  EXPECT_EQ(print_graph(parse_graph(text)), text);
  EXPECT_THAT(error_of([] { parse_graph("x = input f32[2]\ny = test.swish(x)\nreturn y\n"); }),
              HasSubstr("no attribute beta"));
  EXPECT_THAT(error_of([] { parse_graph("x = input f32[2]\ny = test.swish(x, beta=true)\nreturn y\n"); }),
              HasSubstr("attribute beta is of another type"));
  EXPECT_THAT(error_of([] { parse_graph("x = input f32[2]\ny = test.row_moments(x)\nreturn y\n"); }),
              HasSubstr("[test.row_moments] a: f32[2]: a matrix is needed"));
}

// ---- Mistakes

TEST(CustomOp, ErrorsNameTheLineOfTheCall) {
  const Tensor i = ones({2}, kInt64);
  EXPECT_THAT(error_of([&] { swish(i, 1); }),
              AllOf(HasSubstr("[test.swish] a: i64[2]: the operand must be f32"), HasSubstr(here(__LINE__ - 1))));
  EXPECT_THAT(error_of([&] { moments_op()({i}); }), HasSubstr(here(__LINE__)));
  EXPECT_THAT(error_of([] { swish(Tensor(), 1); }), HasSubstr("[test.swish] undefined tensor"));
  EXPECT_THAT(error_of([] { moments_op()({}); }), HasSubstr("[test.row_moments] no operands"));
  EXPECT_THAT(error_of([] { moments_op()({ones({2, 2}), 1}); }), HasSubstr("wrong number of operands"));
}

TEST(CustomOp, ANameIsRegisteredOnce) {
  const int first = __LINE__ + 1;
  static const op::Operation op({.name = "test.once", .shape = same_shape, .kernel = copy});
  EXPECT_THAT(
      error_of([] { op::Operation({.name = "test.once", .shape = same_shape, .kernel = copy}); }),
      AllOf(HasSubstr("'test.once': the name is taken"), HasSubstr(here(first)), HasSubstr(here(__LINE__ - 2))));
  EXPECT_THAT(op({tensor({1.0, 2.0})}), equals(Floats{1, 2}));
}

TEST(CustomOp, RefusesRulesThatAreNotThere) {
  const auto refusal = [](op::Rules rules) { return error_of([&] { op::Operation{std::move(rules)}; }); };
  for (const char* name : {"", "swish", ".swish", "mine.", "mine..swish", "my op.x", "mine.2", "mine.a=b"})
    EXPECT_THAT(refusal({.name = name, .shape = same_shape, .kernel = copy}), HasSubstr("a name is PACKAGE.NAME"));
  EXPECT_THAT(refusal({.name = "test.none", .shape = same_shape}), HasSubstr("no kernel"));
  EXPECT_THAT(refusal({.name = "test.none", .kernel = copy}), HasSubstr("no shape rule"));
  EXPECT_THAT(refusal({.name = "test.none", .inputs = 0, .shape = same_shape, .kernel = copy}),
              HasSubstr("an operation has 1 to 64 operands"));
}

TEST(CustomOp, RefusesWhatShapeRulesMustNotGive) {
  using Types = std::vector<op::Type>;
  static const op::Operation none(
      {.name = "test.no_results", .shape = [](const op::Call&) { return Types{}; }, .kernel = nothing});
  static const op::Operation negative({.name = "test.negative",
                                       .shape =
                                           [](const op::Call&) {
                                             return Types{{kFloat32, {-1}}};
                                           },
                                       .kernel = nothing});
  static const op::Operation thrower({.name = "test.thrower",
                                      .shape = [](const op::Call&) -> Types { throw std::runtime_error("no idea"); },
                                      .kernel = nothing});
  static const op::Operation beyond({.name = "test.beyond",
                                     .shape = [](const op::Call& call) { return Types{call.input_type(1)}; },
                                     .kernel = nothing});
  const Tensor x = ones({2});
  EXPECT_THAT(error_of([&] { none({x}); }), HasSubstr("[test.no_results] a: f32[2]: the shape rule gives no results"));
  EXPECT_THAT(error_of([&] { negative({x}); }), HasSubstr("negative extent"));
  EXPECT_THAT(error_of([&] { thrower({x}); }), HasSubstr("a: f32[2]: the shape rule threw: no idea"));
  EXPECT_THAT(error_of([&] { beyond({x}); }), HasSubstr("a rule asks for operand 1 of 1"));
}

// An operation with this gradient rule, called and differentiated.
std::string gradient_error(const std::string& name, std::function<std::vector<Tensor>(const op::GradientCall&)> rule) {
  const op::Operation op({.name = name, .shape = same_shape, .gradient = std::move(rule), .kernel = copy});
  const Tensor x = leaf({1, 2});
  const Tensor y = op({x}).sum();
  return error_of([&] { y.backward(); });
}

TEST(CustomOp, RefusesWhatGradientRulesMustNotGive) {
  using Given = std::vector<Tensor>;
  using G = const op::GradientCall&;
  EXPECT_THAT(gradient_error("test.g1", [](G) { return Given{}; }), HasSubstr("gives 0 gradients, for 1 operands"));
  EXPECT_THAT(gradient_error("test.g2", [](G g) { return Given{g.gradient().sum()}; }),
              HasSubstr("gives f32[] for operand 0, which is f32[2]"));
  EXPECT_THAT(gradient_error("test.g3", [](G g) { return Given{g.gradient().to(kFloat64)}; }),
              HasSubstr("gives f64[2] for operand 0, which is f32[2]"));
  EXPECT_THAT(gradient_error("test.g4", [](G g) { return Given{g.gradient() * g.gradient().sum().item()}; }),
              HasSubstr("the value of a tensor is not known"));
  const Tensor outside = ones({2}), parameter = leaf({1, 2});
  EXPECT_THAT(gradient_error("test.g5", [=](G g) { return Given{g.gradient() * outside}; }),
              HasSubstr("[test.g5] a: f32[2]: the gradient rule reads a tensor that it was not given, f32[2]"));
  const Tensor computed = parameter * 2;
  EXPECT_THAT(gradient_error("test.g11", [=](G g) { return Given{g.gradient() * computed}; }),
              HasSubstr("the gradient rule reads a tensor that it was not given, f32[2]"));
  EXPECT_THAT(gradient_error("test.g6", [](G g) { return Given{dropout(g.gradient(), 0.5, true)}; }),
              HasSubstr("draws random numbers"));
  EXPECT_THAT(gradient_error("test.g7",
                             [=](G g) {
                               outside.add_(g.gradient());
                               return Given{g.gradient()};
                             }),
              HasSubstr("changes f32[2], a tensor from outside"));
  EXPECT_THAT(gradient_error("test.g8",
                             [=](G g) {
                               parameter.sum().backward();
                               return Given{g.gradient()};
                             }),
              HasSubstr("uses the .grad of f32[2]"));
  EXPECT_THAT(gradient_error("test.g9", [](G) -> Given { throw std::runtime_error("no idea"); }),
              HasSubstr("the gradient rule threw: no idea"));
  EXPECT_THAT(gradient_error("test.g10", [](G g) { return Given{g.input(3)}; }),
              HasSubstr("the gradient rule asks for operand 3 of 1"));
  EXPECT_THAT(outside, equals(Floats{1, 1}));
}

TEST(CustomOp, WithoutAGradientRuleIsNotDifferentiable) {
  static const op::Operation op({.name = "test.flat", .shape = same_shape, .kernel = copy});
  const Tensor x = leaf({1, 2});
  EXPECT_THAT(error_of([&] { op({x}).sum().backward(); }), HasSubstr("[test.flat] is not differentiable"));
}

TEST(CustomOp, AnUndefinedGradientIsNone) {
  static const op::Operation op({.name = "test.blocked",
                                 .shape = same_shape,
                                 .gradient = [](const op::GradientCall&) { return std::vector<Tensor>(1); },
                                 .kernel = copy});
  const Tensor x = leaf({1, 2});
  (op({x}) + x).sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{1, 1}));
}

TEST(CustomOp, AKernelThatThrowsIsAnErrorAndChangesNothing) {
  static const op::Operation op(
      {.name = "test.picky", .shape = same_shape, .kernel = [](const op::Call&) -> op::Kernel {
         return {.run = [](const op::Work& work) {
           const float x = work.input<float>(0)[0];
           if (x < 0) throw std::domain_error("below zero");
           work.result<float>()[0] = std::sqrt(x);
         }};
       }});
  const Tensor sum = zeros({1});
  const auto step = compile([&](Tensor x) {
    sum.add_(x);
    return op({x * 1});
  });
  EXPECT_THAT(step(full({1}, 4)), equals(Floats{2}));
  EXPECT_THAT(error_of([&] { step(full({1}, -4)); }),
              AllOf(HasSubstr("[test.picky] a: f32[1]: below zero"), HasSubstr(here(__LINE__ - 4))));
  EXPECT_THAT(sum, equals(Floats{4}));
  EXPECT_THAT(step(full({1}, 9)), equals(Floats{3}));
  EXPECT_THAT(error_of([&] { op({full({1}, -1)}).item(); }), HasSubstr("below zero"));
}

TEST(CustomOp, RefusesKernelsThatCannotBeRun) {
  const auto failure = [](const std::string& name, std::function<op::Kernel(const op::Call&)> kernel) {
    const op::Operation op({.name = name, .shape = same_shape, .kernel = std::move(kernel)});
    return error_of([&] { op({ones({6})}).to_vector<float>(); });
  };
  const auto run = [](const op::Work&) {};
  EXPECT_THAT(failure("test.k1", [](const op::Call&) { return op::Kernel{}; }), HasSubstr("nothing to run"));
  EXPECT_THAT(failure("test.k2", [=](const op::Call&) { return op::Kernel{.run = run, .items = -1}; }),
              HasSubstr("the kernel has -1 items"));
  EXPECT_THAT(failure("test.k3", [=](const op::Call&) { return op::Kernel{.run = run, .items = 4}; }),
              HasSubstr("4 items, which do not divide result 0: f32[6]"));
  EXPECT_THAT(failure("test.k4", [=](const op::Call&) { return op::Kernel{.run = run, .items = 0}; }),
              HasSubstr("no items, for results with elements"));
  EXPECT_THAT(failure("test.k5", [=](const op::Call&) { return op::Kernel{.run = run, .flops = NAN}; }),
              HasSubstr("flops below 0"));
  EXPECT_THAT(failure("test.k7", [=](const op::Call&) { return op::Kernel{.run = run, .scratch_bytes = SIZE_MAX}; }),
              HasSubstr("more than 2^40 bytes of scratch"));
  EXPECT_THAT(failure("test.k6", [](const op::Call&) -> op::Kernel { throw std::runtime_error("no idea"); }),
              HasSubstr("[test.k6] a: f32[6]: the kernel rule threw: no idea"));
}

TEST(CustomOp, HasScratchMemoryForEachPiece) {
  static const op::Operation op({.name = "test.reversed", .shape = same_shape, .kernel = [](const op::Call& call) {
                                   const std::int64_t n = call.input_type(0).shape.numel();
                                   return op::Kernel{.run =
                                                         [n](const op::Work& work) {
                                                           auto* copy = static_cast<float*>(work.scratch);
                                                           std::reverse_copy(work.input<float>(0),
                                                                             work.input<float>(0) + n, copy);
                                                           std::copy(copy, copy + n, work.result<float>());
                                                         },
                                                     .scratch_bytes = static_cast<std::size_t>(n) * sizeof(float)};
                                 }});
  EXPECT_THAT(op({tensor({1.0, 2.0, 3.0})}), equals(Floats{3, 2, 1}));
}

TEST(CustomOp, IsRegisteredFromSeveralThreads) {
  constexpr int kThreads = 4, kEach = 20;
  std::vector<int> refused(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {  // a name of its own, and one that all want
        const op::Operation own(
            {.name = "test.own" + std::to_string(t * kEach + i), .shape = same_shape, .kernel = copy});
        if (own({ones({2})}).to_vector<float>() != std::vector<float>{1, 1})
          refused[static_cast<std::size_t>(t)] += 1000;
        refused[static_cast<std::size_t>(t)] +=
            error_of([&] {
              op::Operation({.name = "test.shared" + std::to_string(i), .shape = same_shape, .kernel = copy});
            }) != "no Error";
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused[0] + refused[1] + refused[2] + refused[3], (kThreads - 1) * kEach);
}

}  // namespace
}  // namespace weft
