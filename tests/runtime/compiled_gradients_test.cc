// What a compiled function leaves in the .grad of tensors, and what its results are besides values: leaves, views of
// gradients, tensors that keep theirs. Each test holds eagerly, too.
#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "weft/weft.h"

namespace weft {
namespace {

using Results = std::vector<Tensor>;

std::string text(const Tensor& tensor) {
  std::ostringstream out;
  if (tensor.defined()) out << tensor;
  return out.str();
}

class CompiledGradients : public testing::TestWithParam<bool> {
 protected:
  // The body itself, or a compiled function of it.
  std::function<Results()> function(std::function<Results()> body) const {
    if (!GetParam()) return body;
    return [f = compile(std::move(body))] { return f(); };
  }
};

INSTANTIATE_TEST_SUITE_P(EagerAndCompiled, CompiledGradients, testing::Bool(),
                         [](const auto& compiled) { return compiled.param ? "Compiled" : "Eager"; });

// w * w * w has the derivatives 3 * w * w and 6 * w.
TEST_P(CompiledGradients, AGradientThatCanBeDifferentiatedHasItsHistoryOutside) {
  const Tensor w = full({}, 2).requires_grad_();
  const auto f = function([&] {
    (w * w * w).backward({}, false, /*create_graph=*/true);
    return Results{w.grad()};
  });
  for (int call = 0; call < 2; ++call) {
    w.set_grad({});
    const Tensor gradient = f()[0];
    EXPECT_EQ(text(w.grad()), "tensor(12., grad_fn=<AddBackward0>)");
    w.grad().mul_(2);  // they are one tensor
    EXPECT_EQ(text(gradient), "tensor(24., grad_fn=<MulBackward0>)");
    w.set_grad({});
    gradient.backward();
    EXPECT_EQ(w.grad().item(), 24);
  }
}

TEST_P(CompiledGradients, AGradientWhoseHistoryWasUsedUpSaysSo) {
  const Tensor w = full({}, 2).requires_grad_(), x = full({}, 3).requires_grad_();
  const auto f = function([&] {
    (w * w * x).backward({}, false, /*create_graph=*/true);
    (w.grad() * w.grad()).backward();
    return Results{};
  });
  f();
  EXPECT_TRUE(w.grad().requires_grad());
  EXPECT_THROW(w.grad().backward(), Error);
  w.set_grad({});  // it and its leaf hold each other
  x.set_grad({});
}

TEST_P(CompiledGradients, ALeafThatTheFunctionMadeIsOneOutside) {
  const Tensor w = full({}, 2);
  const auto f = function([&] {
    const Tensor leaf = clone(w * 3).detach().requires_grad_();
    const Tensor square = leaf * leaf;
    square.backward({}, /*retain_graph=*/true);
    return Results{leaf, square};
  });
  for (int call = 0; call < 2; ++call) {
    const Results results = f();
    EXPECT_TRUE(results[0].is_leaf());
    EXPECT_TRUE(results[0].requires_grad());
    EXPECT_EQ(results[0].grad().item(), 12);
    results[1].backward();
    EXPECT_EQ(results[0].grad().item(), 24);
  }
}

TEST_P(CompiledGradients, AResultThatKeepsItsGradientHasIt) {
  const Tensor w = full({}, 2).requires_grad_();
  const auto f = function([&] {
    const Tensor inner = w * 3;
    inner.retain_grad();
    const Tensor square = inner * inner;
    square.backward({}, /*retain_graph=*/true);
    return Results{inner, square};
  });
  for (int call = 0; call < 2; ++call) {
    const Results results = f();
    EXPECT_EQ(results[0].grad().item(), 12);
    results[1].backward();
    EXPECT_EQ(results[0].grad().item(), 24);
  }
}

TEST_P(CompiledGradients, AViewOfALeafKeepsItsGradientBesideAWrite) {
  const Tensor w = full({2}, 2).requires_grad_();
  const auto f = function([&] {
    const Tensor part = w.narrow(0, 0, 1);
    part.retain_grad();
    const Tensor square = (part * part).sum();
    square.backward({}, /*retain_graph=*/true);
    w.data().mul_(2);
    return Results{part, square};
  });
  for (int call = 0; call < 2; ++call) {
    const double before = w.select(0, 0).item();
    const Results results = f();
    EXPECT_EQ(results[0].grad().item(), 2 * before);
    EXPECT_EQ(results[0].item(), 2 * before);
  }
}

TEST_P(CompiledGradients, AResultHasGradientsByAViewThatIsOneToo) {
  const Tensor w = full({2}, 3).requires_grad_();
  const auto f = function([&] {
    const Tensor part = w.narrow(0, 0, 1);
    return Results{part, (part * part).sum()};
  });
  for (int call = 0; call < 2; ++call) {
    const Results results = f();
    EXPECT_EQ(grad({results[1]}, {results[0]}, {.retain_graph = true})[0].item(), 6);
    results[0].retain_grad();
    results[1].backward();
    EXPECT_EQ(results[0].grad().item(), 6);
  }
}

TEST_P(CompiledGradients, AGradientThatIsALeafCollectsItsOwn) {
  const Tensor w = full({}, 2).requires_grad_();
  const auto f = function([&] {
    w.set_grad(clone((w * 3).detach()).requires_grad_());
    return Results{w.grad() * 2};
  });
  for (int call = 0; call < 2; ++call) {
    f()[0].backward();
    EXPECT_TRUE(w.grad().is_leaf());
    EXPECT_EQ(w.grad().grad().item(), 2);
  }
}

TEST_P(CompiledGradients, AViewOfAGradientSharesItsElements) {
  const Tensor w = ones({4}).requires_grad_();
  const auto f = function([&] {
    (w * 3).sum().backward();
    return Results{w.grad().view({2, 2})};
  });
  for (int call = 0; call < 2; ++call) {
    w.set_grad({});
    const Tensor view = f()[0];
    view.select(0, 0).fill_(7);
    EXPECT_EQ(text(w.grad()), "tensor([7., 7., 3., 3.])");
  }
}

TEST_P(CompiledGradients, AGradientThatIsAViewSharesItsElements) {
  const Tensor w = ones({4}).requires_grad_(), outside = zeros({2, 4});
  const auto f = function([&] {
    const NoGradGuard no_grad;
    const Tensor inside = w * 3;
    w.set_grad(inside.view({4}));
    const Results results{inside, outside.select(0, 1)};
    return results;
  });
  for (int call = 0; call < 2; ++call) {
    f()[0].fill_(7);
    EXPECT_EQ(text(w.grad()), "tensor([7., 7., 7., 7.])");
  }
  const auto g = function([&] {
    w.set_grad(outside.select(0, 1));
    return Results{};
  });
  g();
  outside.fill_(5);
  EXPECT_EQ(text(w.grad()), "tensor([5., 5., 5., 5.])");
}

TEST_P(CompiledGradients, AnotherGradientThatIsAViewIsReadInLaterCalls) {
  const Tensor w = ones({2}).requires_grad_();
  const auto f = function([&] { return Results{w.grad() * 2}; });
  const Tensor first = tensor({{1, 2}, {3, 4}}, DType::f32);
  for (const int row : {0, 1, 0}) {
    w.set_grad(first.select(0, row));
    EXPECT_EQ(text(f()[0]), row == 0 ? "tensor([2., 4.])" : "tensor([6., 8.])");
  }
  w.set_grad(full({2}, 5));
  EXPECT_EQ(text(f()[0]), "tensor([10., 10.])");
}

TEST_P(CompiledGradients, TheOneFromBeforeIsGivenBackAndNotWritten) {
  const Tensor w = ones({2}).requires_grad_(), x = ones({2});
  w.set_grad(zeros({2}));
  const auto f = function([&] {
    const Tensor last = w.grad();
    w.set_grad({});
    (w * x).sum().backward();
    return Results{last};
  });
  for (int call = 0; call < 4; ++call) {
    x.fill_(call + 1);
    const Tensor last = f()[0];
    EXPECT_FALSE(last.is_same(w.grad()));
    EXPECT_EQ(last.select(0, 0).item(), call);
  }
}

TEST_P(CompiledGradients, ANewOneHasNoGradientOfItsOwn) {
  const Tensor w = ones({2}).requires_grad_();
  const auto f = function([&] {
    w.set_grad(clone(w.detach() * 2));
    return Results{};
  });
  for (int call = 0; call < 3; ++call) {
    f();
    EXPECT_FALSE(w.grad().grad().defined());
    w.grad().set_grad(ones({2}));
  }
}

// A function of one argument, called directly or compiled.
class CompiledCalls : public testing::TestWithParam<bool> {
 protected:
  std::function<Results(const Tensor&)> function(std::function<Results(const Tensor&)> body) const {
    if (!GetParam()) return body;
    return [f = compile([body](const Tensor& x) { return body(x); })](const Tensor& x) { return f(x); };
  }
};

INSTANTIATE_TEST_SUITE_P(EagerAndCompiled, CompiledCalls, testing::Bool(),
                         [](const auto& compiled) { return compiled.param ? "Compiled" : "Eager"; });

TEST_P(CompiledCalls, AddToTheGradientOfAnArgumentThatIsAView) {
  const Tensor w = ones({4}), leaf = w.narrow(0, 0, 2).detach().requires_grad_();
  const auto f = function([](const Tensor& x) {
    (x * 3).sum().backward();
    return Results{x.grad() * 2};
  });
  for (int call = 1; call < 4; ++call) EXPECT_EQ(f(leaf)[0].select(0, 0).item(), 6 * call);
  EXPECT_EQ(text(leaf.grad()), "tensor([9., 9.])");
}

TEST_P(CompiledCalls, EachArgumentThatBecomesALeafGetsItsGradient) {
  const auto f = function([](const Tensor& x) {
    x.requires_grad_();
    return Results{(x * x).sum()};
  });
  for (int call = 2; call < 5; ++call) {
    const Tensor x = full({2}, call);
    f(x)[0].backward();
    EXPECT_EQ(x.grad().select(0, 0).item(), 2 * call);
  }
}

TEST_P(CompiledCalls, ResultsThatAreViewsOfAViewThatWasGivenShareItsElements) {
  const Tensor x = zeros({2, 3});
  const auto f = function([](const Tensor& row) { return Results{row.narrow(0, 0, 2), row.detach()}; });
  for (int row = 0; row < 2; ++row) {
    const Results results = f(x.select(0, row));
    results[0].fill_(row + 1);
    results[1].select(0, 2).fill_(7);
  }
  EXPECT_EQ(text(x), "tensor([[1., 1., 7.],\n        [2., 2., 7.]])");
}

TEST_P(CompiledCalls, AViewOfALeafThatIsAViewSharesItsElements) {
  const Tensor x = ones({4});
  const auto f = function([](const Tensor& y) {
    const Tensor leaf = y.detach().requires_grad_(), part = leaf.narrow(0, 0, 2);
    return Results{part, part * 3};
  });
  const Results results = f(x);
  EXPECT_EQ(grad({results[1].sum()}, {results[0]})[0].select(0, 0).item(), 3);
  x.add_(1);
  EXPECT_EQ(results[0].select(0, 0).item(), 2);
}

TEST_P(CompiledCalls, AViewFromBeforeItsBaseBecameALeafPassesNoGradientOn) {
  const auto f = function([](const Tensor& x) {
    const Tensor leaf = clone(x * 2), view = leaf.narrow(0, 0, 2);
    leaf.requires_grad_();
    return Results{leaf, view};
  });
  const Results results = f(ones({4}));
  EXPECT_FALSE(results[1].requires_grad());
  (results[0] * 4).sum().backward();
  EXPECT_EQ(text(results[0].grad()), "tensor([4., 4., 4., 4.])");
}

TEST_P(CompiledCalls, AViewFromUnderANoGradGuardIsNotWrittenOutsideOfIt) {
  const Tensor w = ones({4}).requires_grad_();
  const auto f = function([&](const Tensor& x) {
    const Tensor y = w * x;
    const NoGradGuard no_grad;
    const Results results{y, y.narrow(0, 0, 2)};
    return results;
  });
  EXPECT_THROW(f(ones({4}))[1].mul_(2), Error);
}

TEST(CompiledCallsFromOutside, RetainGradOfAnArgumentThatIsAResultIsRefused) {
  auto f = compile([](const Tensor& x) {
    x.retain_grad();
    return x * x;
  });
  const Tensor w = ones({2}).requires_grad_();
  EXPECT_THROW(f(w * 2), Error);
  EXPECT_EQ(f(w).select(0, 0).item(), 1);  // of a leaf it does nothing
}

TEST(CompiledCallsFromOutside, AWrittenArgumentOfRepeatedElementsIsRefusedBeforeAnythingIsWritten) {
  const Tensor w = ones({2});
  auto f = compile([&](const Tensor& x) {
    x.fill_(4);
    w.add_(1);
  });
  EXPECT_THROW(f(ones({1, 2}).expand({3, 2})), Error);
  EXPECT_EQ(text(w), "tensor([1., 1.])");
}

// Gradients would have to flow on to what the function does not see.
TEST(CompiledGradientsFromOutside, AGradientWithAHistoryFromOutsideIsRefusedWhereItIsRead) {
  const Tensor w = full({}, 2).requires_grad_();
  auto f = compile([&] { return w.grad() * w; });
  w.set_grad(full({}, 1));
  EXPECT_EQ(f().item(), 2);
  w.set_grad({});
  (w * w * w).backward({}, false, /*create_graph=*/true);
  EXPECT_THROW(f(), Error);
  w.set_grad(full({}, 3));
  EXPECT_EQ(f().item(), 6);
}

}  // namespace
}  // namespace weft
