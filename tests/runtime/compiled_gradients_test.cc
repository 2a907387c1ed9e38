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
