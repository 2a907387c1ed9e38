// Hooks on gradients. Expected numbers and orders are PyTorch's.
#include "weft/hooks.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/testing/tensor_values.h"
#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Tensor leaf(std::initializer_list<Literal> values) { return tensor(values, kFloat32).requires_grad_(); }

// Notes the name of a tensor when its gradient is there.
auto noting(std::vector<std::string>& log, const std::string& name) {
  return [&log, name](const Tensor&) { log.push_back(name); };
}

TEST(Hooks, AreCalledWithTheGradientByTheirTensor) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  Floats seen_y, seen_x;
  y.register_hook([&](const Tensor& gradient) { seen_y = gradient.to_vector<float>(); });
  x.register_hook([&](const Tensor& gradient) { seen_x = gradient.to_vector<float>(); });
  (y * 3).sum().backward();
  EXPECT_THAT(seen_y, ElementsAre(3, 3));
  EXPECT_THAT(seen_x, ElementsAre(6, 12));
}

TEST(Hooks, ReplaceTheGradientFromThereOn) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2;
  y.register_hook([](const Tensor& gradient) { return gradient * 10; });
  x.register_hook([](const Tensor& gradient) { return gradient + 1; });
  y.sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{21, 21}));
}

TEST(Hooks, OfOneTensorAreCalledInTheOrderOfRegistration) {
  const Tensor x = leaf({1});
  x.register_hook([](const Tensor& gradient) { return gradient * 10; });
  x.register_hook([](const Tensor& gradient) { return gradient + 1; });
  x.sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{11}));
}

TEST(Hooks, ThatChangeTheGradientInPlaceChangeIt) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2;
  y.register_hook([](const Tensor& gradient) { gradient.mul_(5); });
  y.sum().backward();
  EXPECT_THAT(x.grad(), equals(Floats{10, 10}));
}

TEST(Hooks, OfLeavesAreCalledAsSoonAsTheirGradientIsComplete) {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  const Tensor unused = w * 1;
  const Tensor a = x * 2, b = w * 3, c = a * b;
  std::vector<std::string> log;
  x.register_hook(noting(log, "x")), w.register_hook(noting(log, "w"));
  a.register_hook(noting(log, "a")), b.register_hook(noting(log, "b")), c.register_hook(noting(log, "c"));
  x.register_post_accumulate_grad_hook(noting(log, "x is there"));
  w.register_post_accumulate_grad_hook(noting(log, "w is there"));
  c.sum().backward();
  EXPECT_THAT(log, ElementsAre("c", "b", "w", "w is there", "a", "x", "x is there"));
}

TEST(Hooks, SeeTheSumOfAllUsesOfALeafAtOnce) {
  const Tensor x = leaf({1, 2});
  std::vector<Floats> seen;
  x.register_hook([&](const Tensor& gradient) { seen.push_back(gradient.to_vector<float>()); });
  const Tensor before = x * 2;
  x.data().mul_(3);
  (before.sum() + (x * 5).sum()).backward();
  EXPECT_THAT(seen, ElementsAre(Floats{7, 7}));
  EXPECT_THAT(x.grad(), equals(Floats{7, 7}));
}

TEST(Hooks, BelongToTheValueBeforeAWriteInPlace) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2;
  std::vector<Floats> before, after;
  y.register_hook([&](const Tensor& gradient) { before.push_back(gradient.to_vector<float>()); });
  y.mul_(5);
  y.register_hook([&](const Tensor& gradient) { after.push_back(gradient.to_vector<float>()); });
  y.sum().backward();
  EXPECT_THAT(after, ElementsAre(Floats{1, 1}));
  EXPECT_THAT(before, ElementsAre(Floats{5, 5}));
}

TEST(Hooks, OfAViewAreGoneWhenItsBaseIsWritten) {
  const Tensor x = leaf({1, 2, 3});
  const Tensor base = x * 1;
  const Tensor view = base[0];
  std::vector<std::string> log;
  view.register_hook(noting(log, "view"));
  base.add_(1);
  view.backward();
  EXPECT_THAT(log, IsEmpty());
}

TEST(Hooks, AreNotCalledAfterTheyWereRemoved) {
  const Tensor x = leaf({1});
  int calls = 0;
  HookHandle handle = x.register_hook([&](const Tensor&) { ++calls; });
  x.sum().backward();
  handle.remove();
  handle.remove();  // does nothing
  x.sum().backward();
  EXPECT_EQ(calls, 1);
}

TEST(Hooks, ThatRemoveOthersDoSoFromTheNextTimeOn) {
  const Tensor x = leaf({1});
  std::vector<std::string> log;
  HookHandle second;
  x.register_hook([&](const Tensor&) {
    log.push_back("first");
    second.remove();
  });
  second = x.register_hook(noting(log, "second"));
  x.sum().backward();
  x.sum().backward();
  EXPECT_THAT(log, ElementsAre("first", "second", "first"));
}

TEST(Hooks, HaveTheGradModeOfCreateGraph) {
  const Tensor x = leaf({1});
  std::vector<bool> modes;
  x.register_hook([&](const Tensor& gradient) { modes.push_back(grad_enabled() && gradient.requires_grad()); });
  (x * x).sum().backward();
  (x * x).sum().backward({}, true, /*create_graph=*/true);
  EXPECT_THAT(modes, ElementsAre(false, true));
  x.set_grad({});  // its graph holds x
}

TEST(Hooks, AreDifferentiatedWithTheGradient) {
  const Tensor x = leaf({3});
  const Tensor y = x * x;
  y.register_hook([&](const Tensor& gradient) { return gradient * x; });
  const Tensor first = grad({y.sum()}, {x}, {.create_graph = true})[0];  // 2 x^2
  EXPECT_THAT(first, equals(Floats{18}));
  EXPECT_THAT(grad({first.sum()}, {x})[0], equals(Floats{12}));
}

// PyTorch captures what arrives at a tensor through which other gradients pass before its hooks.
TEST(Hooks, ChangeWhatGradGivesUnlessGradientsGoOn) {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  const Tensor a = x * 2, c = a * (w * 3);
  a.register_hook([](const Tensor& gradient) { return gradient * 10; });
  x.register_hook([](const Tensor& gradient) { return gradient * 100; });
  EXPECT_THAT(grad({c.sum()}, {a}, {.retain_graph = true})[0], equals(Floats{90, 120}));
  const std::vector<Tensor> both = grad({c.sum()}, {a, x}, {.retain_graph = true});
  EXPECT_THAT(both[0], equals(Floats{9, 12}));
  EXPECT_THAT(both[1], equals(Floats{18000, 24000}));
}

TEST(Hooks, ChangeTheGradientThatARetainingTensorKeeps) {
  const Tensor x = leaf({1, 2});
  const Tensor a = x * 2;
  a.retain_grad();
  a.register_hook([](const Tensor& gradient) { return gradient + 1; });
  a.sum().backward();
  EXPECT_THAT(a.grad(), equals(Floats{2, 2}));
  EXPECT_THAT(x.grad(), equals(Floats{4, 4}));
}

TEST(Hooks, AfterAccumulationAreCalledByBackwardOnly) {
  const Tensor x = leaf({2});
  std::vector<Floats> seen;
  x.register_post_accumulate_grad_hook([&](const Tensor& p) { seen.push_back(p.grad().to_vector<float>()); });
  (void)grad({(x * x).sum()}, {x});
  (x * x).sum().backward();
  (x * x).sum().backward();
  EXPECT_THAT(seen, ElementsAre(Floats{4}, Floats{8}));
}

// An optimizer in backward(): a gradient goes as soon as its parameter is updated.
TEST(Hooks, AfterAccumulationMayUpdateTheLeafAndClearItsGradient) {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  for (const Tensor& parameter : {x, w})
    parameter.register_post_accumulate_grad_hook([](const Tensor& p) {
      p.data().sub_(p.grad() * 0.5);
      p.set_grad({});
    });
  (x * w).sum().backward();
  EXPECT_THAT(x, equals(Floats{-0.5f, 0}));
  EXPECT_THAT(w, equals(Floats{2.5, 3}));
  EXPECT_FALSE(x.grad().defined());
}

TEST(Hooks, ThatThrowLeaveTheGradientsAsTheyWere) {
  const Tensor x = leaf({1}), w = leaf({1});
  x.register_hook([](const Tensor&) { throw std::runtime_error("enough"); });
  EXPECT_THROW((x * w).sum().backward(), std::runtime_error);
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(w.grad().defined());
}

TEST(Hooks, MustKeepTheTypeOfTheGradient) {
  const Tensor x = leaf({1, 2});
  x.register_hook([](const Tensor&) { return ones(3); });
  try {
    x.sum().backward();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[register_hook] f32[2]: a hook gives f32[3]: it must keep shape and dtype"));
    EXPECT_EQ(error.kind(), ErrorKind::shape);
  }
}

TEST(Hooks, GiveTheBitsOfAProgramWithoutThem) {
  const auto gradient = [](bool look) {
    const Tensor x = (arange(64) * 0.1).requires_grad_();
    Tensor y = x;
    for (int i = 0; i < 8; ++i) {
      y = (y.sin() * 1.25 + x).tanh();
      if (look) y.register_hook([](const Tensor& g) { (void)g.to_vector<float>(); });
    }
    y.sum().backward();
    return x.grad().to_vector<float>();
  };
  EXPECT_EQ(gradient(true), gradient(false));
}

TEST(Hooks, PlanALoopOnce) {
  const Tensor x = leaf({1, 2});
  const auto step = [&] {
    const Tensor y = x * 2;
    y.register_hook([](const Tensor& g) { return g * 2; });
    y.sum().backward();
    x.set_grad({});
  };
  step(), step();
  const auto plans = eager_stats().plans;
  for (int i = 0; i < 5; ++i) step();
  EXPECT_EQ(eager_stats().plans, plans);
}

// ---- In traced functions

TEST(CompiledHooks, ArePartOfTheProgram) {
  const Tensor w = leaf({3, 4});
  int calls = 0;
  auto step = compile([&](Tensor x) {
    const Tensor y = x * w;
    y.register_hook([&](const Tensor& gradient) {
      ++calls;
      return gradient * 10;
    });
    y.sum().backward();
  });
  step(tensor({1, 2}));
  EXPECT_THAT(w.grad(), equals(Floats{10, 20}));
  w.set_grad({});
  step(tensor({5, 6}));
  EXPECT_THAT(w.grad(), equals(Floats{50, 60}));
  EXPECT_EQ(calls, 1);
}

TEST(CompiledHooks, OfLeavesFromOutsideAreCalledAndTheirChangeIsSeen) {
  const Tensor w = leaf({3, 4});
  auto step = compile([&](Tensor x) {
    w.set_grad({});
    (x * w).sum().backward();
  });
  step(ones(2));
  EXPECT_THAT(w.grad(), equals(Floats{1, 1}));
  HookHandle handle = w.register_hook([](const Tensor& gradient) { return gradient * 10; });
  step(ones(2));
  EXPECT_THAT(w.grad(), equals(Floats{10, 10}));
  handle.remove();
  step(ones(2));
  EXPECT_THAT(w.grad(), equals(Floats{1, 1}));
  const auto traces = step.stats().traces;
  leaf({1}).register_hook([](const Tensor&) {});  // of another tensor
  step(ones(2));
  EXPECT_EQ(step.stats().traces, traces);
}

TEST(CompiledHooks, OfArgumentsAreThoseOfTheTensorThatIsHandedOver) {
  auto step = compile([](Tensor w) { (w * 2).sum().backward(); });
  const Tensor plain = leaf({1}), hooked = leaf({1});
  hooked.register_hook([](const Tensor& gradient) { return gradient * 10; });
  step(plain), step(hooked), step(plain);
  EXPECT_THAT(plain.grad(), equals(Floats{4}));
  EXPECT_THAT(hooked.grad(), equals(Floats{20}));
}

TEST(CompiledHooks, AfterAccumulationUpdateParametersAtTheEndOfTheRun) {
  const Tensor w = leaf({3, 4});
  w.register_post_accumulate_grad_hook([](const Tensor& p) {
    p.data().sub_(p.grad() * 0.5);
    p.set_grad({});
  });
  auto step = compile([&](Tensor x) { (x * w).sum().backward(); });
  step(tensor({2, 4}));
  step(tensor({2, 4}));
  EXPECT_THAT(w, equals(Floats{1, 0}));
  EXPECT_FALSE(w.grad().defined());
}

TEST(CompiledHooks, OfResultsAreCalledByABackwardOutside) {
  const Tensor w = leaf({3, 4});
  std::vector<Floats> seen;
  auto forward = compile([&](Tensor x) {
    const Tensor y = x * w;
    y.register_hook([&](const Tensor& gradient) {
      seen.push_back(gradient.to_vector<float>());
      return gradient * 10;
    });
    return (y * 2).sum();
  });
  forward(tensor({1, 2})).backward();
  EXPECT_THAT(w.grad(), equals(Floats{20, 40}));
  forward(tensor({3, 4})).backward();
  EXPECT_THAT(w.grad(), equals(Floats{80, 120}));
  EXPECT_THAT(seen, ElementsAre(Floats{2, 2}, Floats{2, 2}));
}

TEST(CompiledHooks, ThatLookAtValuesAreRefusedByName) {
  const Tensor w = leaf({3});
  w.register_hook([](const Tensor& gradient) { (void)gradient.item(); });
  auto step = compile([&](Tensor x) { (x * w).sum().backward(); });
  try {
    step(ones(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[compile] f32[1]: the value of a tensor is not known"));
  }
}

}  // namespace
}  // namespace weft
