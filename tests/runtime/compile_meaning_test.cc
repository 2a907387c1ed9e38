// A compiled call does what the same lines do eagerly, or throws when it is traced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// ---- Effects

TEST(CompileMeaningTest, WritesToArgumentsReachThem) {
  const auto body = [](Tensor x) {
    x.mul_(2);
    return x + 1;
  };
  const Tensor a = ones({2}), b = ones({2});
  const Tensor eager = body(a), compiled = compile(body)(b);
  for (const Tensor& written : {a, b}) EXPECT_THAT(written.to_vector<float>(), ElementsAre(2, 2));
  for (const Tensor& result : {eager, compiled}) EXPECT_THAT(result.to_vector<float>(), ElementsAre(3, 3));
}

TEST(CompileMeaningTest, WritesToViewsThatAreGivenReachTheirBase) {
  const Tensor x = zeros({2, 2});
  const auto f = compile([](Tensor row) { row.add_(1); });
  f(x.select(0, 1));
  f(x.select(0, 1));
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(0, 0, 2, 2));
}

TEST(CompileMeaningTest, AWrittenLeafKeepsTheGradientsOfEarlierUses) {
  const auto body = [](Tensor w) {
    return [w](Tensor x) {
      const Tensor p = w * x;
      {
        const NoGradGuard no_grad;
        w.mul_(0.5);
      }
      (p + w * 3).backward();
      return p;
    };
  };
  const Tensor a = full({}, 2).requires_grad_(), b = full({}, 2).requires_grad_();
  body(a)(full({}, 1.5));
  compile(body(b))(full({}, 1.5));
  EXPECT_EQ(a.grad().item(), 4.5);
  EXPECT_EQ(b.grad().item(), 4.5);
}

TEST(CompileMeaningTest, ALeafThatIsWrittenAfterItsLastUseGetsItsGradient) {
  const Tensor w = full({2}, 3).requires_grad_();
  compile([&] {
    const Tensor loss = (w + 1).sum();
    {
      const NoGradGuard no_grad;
      w.sub_(1);
    }
    loss.backward();
  })();
  EXPECT_THAT(w.grad().to_vector<float>(), ElementsAre(1, 1));
  EXPECT_THAT(w.to_vector<float>(), ElementsAre(2, 2));
}

TEST(CompileMeaningTest, ATensorWithoutGradientsTakesAHistory) {
  const Tensor w = full({}, 3).requires_grad_();
  const Tensor total = compile([&] {
    const Tensor sum = zeros({});
    sum += w * w;
    sum += w;
    sum.backward();
    return sum;
  })();
  EXPECT_EQ(total.item(), 12);
  EXPECT_EQ(w.grad().item(), 7);
}

TEST(CompileMeaningTest, ATensorFromOutsideIsWrittenByRunsAndNotByTheTrace) {
  const Tensor x = ones({2});
  const Tensor state = x * 2;  // captured, and not looked at
  const auto g = compile([&](Tensor) -> Tensor {
    state.zero_();
    throw 1;
  });
  EXPECT_THROW(g(x), int);
  EXPECT_THAT(state.to_vector<float>(), ElementsAre(2, 2));
  const auto f = compile([&](Tensor q) {
    state.fill_(5);
    return q + state;
  });
  f(x);
  EXPECT_THAT(state.to_vector<float>(), ElementsAre(5, 5));
}

TEST(CompileMeaningTest, AHandleOfAGradientKeepsItsValue) {
  const Tensor w = ones({}).requires_grad_();
  const auto f = compile([&](Tensor x) {
    w.set_grad({});
    const Tensor loss = w * x;
    loss.backward();
    return loss;
  });
  f(full({}, 10));
  const Tensor before = w.grad();
  f(full({}, 20));
  EXPECT_EQ(before.item(), 10);
  EXPECT_EQ(w.grad().item(), 20);
}

TEST(CompileMeaningTest, GradientsOfAnArgumentGoToIt) {
  const auto f = compile([](Tensor x) { (x * x).sum().backward(); });
  const Tensor a = full({2}, 3).requires_grad_(), b = full({2}, 4).requires_grad_();
  f(a);
  f(a);
  f(b);
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(12, 12));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(8, 8));
}

TEST(CompileMeaningTest, EmptyTensorsAreCopiedAndFilled) {
  const Tensor a = full({0}, 1.0), b = full({0}, 1.0);
  compile([&] {
    a.copy_(b);
    b.fill_(1);
  })();
}

// ---- Aliases

TEST(CompileMeaningTest, TheSameTensorTwiceIsOneTensor) {
  const auto body = [](Tensor a, Tensor b) { return grad({(a * b).sum()}, {a})[0]; };
  const Tensor x = full({}, 3).requires_grad_(), y = full({}, 3).requires_grad_();
  const auto f = compile(body);
  EXPECT_EQ(f(x, x).item(), 6);
  EXPECT_EQ(f(x, y).item(), 3);
  EXPECT_EQ(f(y, y).item(), 6);
}

TEST(CompileMeaningTest, AnArgumentMayBeACapturedTensor) {
  const Tensor w = full({}, 3), other = full({}, 10);
  const auto f = compile([&](Tensor q) {
    w.add_(1);
    return q * 1;
  });
  EXPECT_EQ(f(w).item(), 4);
  EXPECT_EQ(f(other).item(), 10);
  EXPECT_EQ(w.item(), 5);
}

TEST(CompileMeaningTest, ResultsThatAreOneTensorStayOne) {
  const auto [a, b, c] = compile([](Tensor x) {
    const Tensor y = x * 2;
    return std::tuple(y, y, x);
  })(ones({1}));
  EXPECT_TRUE(a.is_same(b));
  EXPECT_FALSE(a.is_same(c));
}

// ---- What a trace has read is guarded

TEST(CompileMeaningTest, GradModeIsGuarded) {
  const Tensor w = tensor({2.0}).requires_grad_();
  const auto f = compile([&](Tensor x) { return w * x; });
  {
    const NoGradGuard no_grad;
    EXPECT_FALSE(f(ones({1})).requires_grad());
  }
  EXPECT_TRUE(f(ones({1})).requires_grad());
}

TEST(CompileMeaningTest, AFunctionMayAskForGradMode) {
  const Tensor w = ones({}).requires_grad_();
  const auto f = compile([&](Tensor x) {
    const Tensor l = w * x;
    if (grad_enabled()) l.backward();
    return l;
  });
  f(full({}, 10));
  EXPECT_EQ(w.grad().item(), 10);
  w.set_grad({});
  const NoGradGuard no_grad;
  f(full({}, 10));
  EXPECT_FALSE(w.grad().defined());
}

// d w^2 / dw = 2 w: each step takes a fifth of w.
TEST(CompileMeaningTest, AStepThatWasFirstCalledWithoutGradModeTrains) {
  const Tensor w = tensor({2.0}).requires_grad_();
  optim::SGD optimizer({w}, {.lr = 0.1});
  const auto step = compile([&](Tensor x) {
    const Tensor loss = square(w * x).sum();
    if (loss.requires_grad()) {
      loss.backward();
      optimizer.step();
      optimizer.zero_grad();
    }
    return loss;
  });
  {
    const NoGradGuard no_grad;
    EXPECT_EQ(step(ones({1})).item(), 4);
  }
  for (const double loss : {4.0, 2.56, 1.6384}) EXPECT_NEAR(step(ones({1})).item(), loss, 1e-6);
}

TEST(CompileMeaningTest, TrainingFlagsAreGuarded) {
  nn::Dropout dropout(0.5);
  const auto f = compile([&](Tensor x) { return dropout(x); });
  f(ones({64}));
  dropout.eval();
  EXPECT_EQ(f(ones({64})).sum().item(), 64);
}

TEST(CompileMeaningTest, FlagsOfCapturedLeavesAreGuarded) {
  const Tensor w = ones({}).requires_grad_();
  const auto f = compile([&](Tensor x) {
    w.set_grad({});
    const Tensor l = w * x + x;
    if (l.requires_grad()) l.backward();
    return l;
  });
  f(full({}, 10));
  w.set_grad({});
  w.requires_grad_(false);
  f(full({}, 10));
  EXPECT_FALSE(w.grad().defined());
}

TEST(CompileMeaningTest, AHandleThatNamesAnotherTensorIsSeen) {
  Tensor w = ones({});
  const auto f = compile([&](Tensor x) { return x * w; });
  EXPECT_EQ(f(ones({})).item(), 1);
  w = full({}, 5);
  EXPECT_EQ(f(ones({})).item(), 5);
}

TEST(CompileMeaningTest, NumbersTellCallsApart) {
  const auto f = compile([](Tensor x, double factor, bool negate) { return negate ? -(x * factor) : x * factor; });
  EXPECT_EQ(f(ones({}), 3, false).item(), 3);
  EXPECT_EQ(f(ones({}), 3, true).item(), -3);
  EXPECT_EQ(f(ones({}), 4, true).item(), -4);
  EXPECT_EQ(f.stats().traces, 3u);
}

TEST(CompileMeaningTest, ProgramsAreKeptByUse) {
  const auto f = compile([](Tensor x) { return x + 1; }, {.max_programs = 2});
  for (const std::int64_t n : {1, 2, 3, 1}) f(ones({n}));
  EXPECT_EQ(f.stats().programs, 2u);
  EXPECT_EQ(f.stats().traces, 4u);
}

TEST(CompileMeaningTest, RetraceAlwaysFollowsBranchesAndPlansEachOnce) {
  bool double_it = false;
  const auto f = compile([&](Tensor x) { return double_it ? x * 2 : x + 1; }, {.retrace = Retrace::always});
  for (int i = 0; i < 6; ++i) {
    double_it = i % 2 == 1;
    EXPECT_EQ(f(full({}, 5)).item(), double_it ? 10 : 6);
  }
  EXPECT_EQ(f.stats().plans, 2u);
  EXPECT_EQ(f.stats().traces, 6u);
}

// ---- Gradients through results

TEST(CompileMeaningTest, ResultsCarryGradients) {
  const Tensor x = full({}, 3).requires_grad_();
  const auto f = compile([](Tensor a) { return a * a; });
  (f(x) + x).backward();
  EXPECT_EQ(x.grad().item(), 7);
}

TEST(CompileMeaningTest, ABackwardOutsideTrainsACompiledModel) {
  nn::Linear eager_model(3, 1), compiled_model(3, 1);
  compiled_model.weight.data().copy_(eager_model.weight);
  compiled_model.bias.data().copy_(eager_model.bias);
  const auto forward = compile([&](Tensor x) { return tanh(compiled_model(x)); });
  const Tensor x = ones({2, 3}) * 0.3;
  square(tanh(eager_model(x))).sum().backward();
  square(forward(x)).sum().backward();
  EXPECT_EQ(eager_model.weight.grad().to_vector<float>(), compiled_model.weight.grad().to_vector<float>());
  EXPECT_EQ(eager_model.bias.grad().to_vector<float>(), compiled_model.bias.grad().to_vector<float>());
}

TEST(CompileMeaningTest, GradientsFlowOnThroughArguments) {
  const Tensor w = full({}, 2).requires_grad_();
  const auto f = compile([](Tensor a) { return a * a; });
  f(w * 3).backward();
  EXPECT_EQ(w.grad().item(), 36);
}

TEST(CompileMeaningTest, SecondDerivativesGoThroughResults) {
  const Tensor x = full({}, 3).requires_grad_();
  const auto f = compile([](Tensor a) { return a * a * a; });
  const Tensor slope = grad({f(x)}, {x}, {.create_graph = true})[0];
  EXPECT_EQ(grad({slope}, {x})[0].item(), 18);
}

TEST(CompileMeaningTest, AResultWhoseHistoryWasUsedUpSaysSo) {
  const Tensor w = full({}, 3).requires_grad_();
  const Tensor loss = compile([&] {
    const Tensor l = w * w;
    l.backward();
    return l;
  })();
  EXPECT_STREQ(loss.grad_fn().name(), "MulBackward0");
  EXPECT_THAT(error_of([&] { loss.backward(); }), HasSubstr("used up"));
}

TEST(CompileMeaningTest, GradientsInsideByAnArgumentWork) {
  const auto slope = compile([](Tensor x) {
    const Tensor u = sin(x * 2);
    return grad({u.sum()}, {x}, {.create_graph = true})[0];
  });
  const Tensor x = zeros({2}).requires_grad_();
  EXPECT_THAT(slope(x).to_vector<float>(), ElementsAre(2, 2));
}

// ---- What cannot be captured throws

TEST(CompileMeaningTest, LooksThrowInATrace) {
  const Tensor w = ones({});
  EXPECT_THAT(error_of([&] { compile([&](Tensor x) { return x * w.item(); })(w); }), HasSubstr("[compile]"));
  EXPECT_THAT(error_of([&] { compile([&](Tensor x) { return x * x.item(); })(ones({})); }), HasSubstr("[compile]"));
  EXPECT_THAT(error_of([&] {
                compile([&](Tensor x) {
                  manual_seed(1);
                  return x;
                })(w);
              }),
              HasSubstr("[manual_seed]"));
}

TEST(CompileMeaningTest, BackwardTwiceIsRefusedAsEagerly) {
  const Tensor w = full({}, 3).requires_grad_();
  EXPECT_THAT(error_of([&] {
                compile([&] {
                  const Tensor l = w * w;
                  l.backward();
                  l.backward();
                })();
              }),
              HasSubstr("used up"));
  EXPECT_FALSE(w.grad().defined());
}

// ---- Any callable

struct Batch {
  Tensor images, labels;
};

TEST(CompileMeaningTest, StructsAndContainersGoInAndOut) {
  const auto f = compile([](Batch batch, std::vector<Tensor> more, std::map<std::string, Tensor> named) {
    std::map<std::string, Tensor> out{{"sum", batch.images + batch.labels}};
    for (const Tensor& t : more) out["sum"] = out["sum"] + t;
    for (const auto& [name, t] : named) out[name] = t * 2;
    return out;
  });
  const auto out = f(Batch{full({}, 1), full({}, 2)}, std::vector<Tensor>{full({}, 3), full({}, 4)},
                     std::map<std::string, Tensor>{{"a", full({}, 5)}});
  EXPECT_EQ(out.at("sum").item(), 10);
  EXPECT_EQ(out.at("a").item(), 10);
}

TEST(CompileMeaningTest, GenericAndMoveOnlyFunctionsWork) {
  EXPECT_EQ(compile<Tensor(Tensor)>([](auto x) { return x + 1; })(ones({})).item(), 2);
  const auto f = compile([factor = std::make_unique<double>(3)](Tensor x) { return x * *factor; });
  EXPECT_EQ(f(ones({})).item(), 3);
}

TEST(CompileMeaningTest, WrongCallsAreErrors) {
  const auto f = compile([](Tensor x) { return x * 2; });
  EXPECT_THAT(error_of([&] { f.call({}); }), HasSubstr("another number of arguments"));
  EXPECT_THAT(error_of([&] { f.call({ones({1}), ones({1})}); }), HasSubstr("another number of arguments"));
  EXPECT_THAT(error_of([&] { compile(std::function<Tensor(Tensor)>{})(ones({1})); }), HasSubstr("empty"));
  auto moved = compile([](Tensor x) { return x; });
  const auto to = std::move(moved);
  EXPECT_THAT(error_of([&] { moved(ones({1})); }), HasSubstr("moved from"));
}

TEST(CompileMeaningTest, ErrorsNameTheCallersLine) {
  const auto f = compile([](Tensor x) { return x * 2; });
  const std::string message = error_of([&] { f(Tensor()); });
  EXPECT_THAT(message, HasSubstr("compile_meaning_test.cc:" + std::to_string(__LINE__ - 1)));
}

TEST(CompileMeaningTest, AnErrorOfTheTraceNamesTheLineInTheFunction) {
  int line = 0;
  const auto f = compile([&](Tensor x) {
    line = __LINE__ + 1;
    return x + ones({3});
  });
  const std::string message = error_of([&] { f(ones({2})); });
  EXPECT_THAT(message, HasSubstr("compile_meaning_test.cc:" + std::to_string(line)));
}

TEST(CompileMeaningTest, ARefusedBackwardOfTheTraceNamesItsLine) {
  int line = 0;
  const auto f = compile([&](Tensor x) {
    line = __LINE__ + 1;
    x.backward();
  });
  const std::string message = error_of([&] { f(ones({})); });
  EXPECT_THAT(message, HasSubstr("compile_meaning_test.cc:" + std::to_string(line)));
}

TEST(CompileMeaningTest, AnErrorOfARunNamesTheLineOfTheCallThatFailed) {
  int line = 0;
  const auto f = compile([&](Tensor x, Tensor t, Tensor u) {
    const Tensor a = cross_entropy(x, t);
    const Tensor b = cross_entropy(x * 2, u);
    line = __LINE__ - 1;
    return a + b;
  });
  const std::string message = error_of([&] { f(ones({1, 3}), tensor({0}), tensor({5})); });
  EXPECT_THAT(message, HasSubstr(":" + std::to_string(line)));
}

TEST(CompileMeaningTest, AGradientThatIsGivenBackIsTheOneFromBeforeItWasReplaced) {
  const Tensor x = full({2}, 1.5).requires_grad_();
  auto f = compile([&] {
    const Tensor total = x.sum();
    total.backward({}, /*retain_graph=*/true);
    const Tensor kept = x.grad();
    x.set_grad(grad({total}, {x})[0] * 0.75);
    return kept;
  });
  EXPECT_EQ(f().to_vector<float>(), (std::vector<float>{1, 1}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(f().to_vector<float>(), (std::vector<float>{1.75, 1.75}));
    EXPECT_EQ(x.grad().to_vector<float>(), (std::vector<float>{0.75, 0.75}));
  }
}

}  // namespace
}  // namespace weft
