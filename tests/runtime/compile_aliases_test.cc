// Compiled functions whose arguments, results and captured tensors are the same, share elements, or change between
// calls.
#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

#include "weft/weft.h"

namespace weft {
namespace {

TEST(CompiledAliases, ResultsThatShareElementsShareThemAfterTheCall) {
  auto f = compile([](Tensor x) {
    const Tensor y = x * 2;
    return std::vector<Tensor>{y, y.select(0, 0), y.select(0, 1)};
  });
  for (int call = 0; call < 2; ++call) {
    const std::vector<Tensor> results = f(ones({2, 2}));
    results[1].fill_(9);
    results[2].add_(1);
    EXPECT_EQ(results[0].to_vector<float>(), (std::vector<float>{9, 9, 3, 3}));
  }
}

TEST(CompiledAliases, ViewsOfWhatTheFunctionMadeShareItsElementsToo) {
  auto f = compile([](Tensor x) {
    const Tensor y = x * 2;
    return std::vector<Tensor>{y.select(0, 0), y.view({-1})};
  });
  const std::vector<Tensor> results = f(ones({2, 2}));
  results[0].fill_(9);
  EXPECT_EQ(results[1].to_vector<float>(), (std::vector<float>{9, 9, 2, 2}));
}

// reshape() of a transposed matrix copies, of a dense one it shares.
TEST(CompiledAliases, AnArgumentHasItsStrides) {
  const auto body = [](Tensor x) {
    x.reshape({-1}).zero_();
    return x.sum();
  };
  const Tensor x = ones({2, 3});
  auto f = compile(body);
  EXPECT_EQ(f(x.t()).item<float>(), 6);
  EXPECT_EQ(f(ones({3, 2})).item<float>(), 0);
  EXPECT_EQ(body(x.t()).item<float>(), 6);
}

TEST(CompiledAliases, AHandleOfAGradientIsNotTheGradientThatIsThereLater) {
  const Tensor w = ones({2}).requires_grad_();
  w.set_grad(full({2}, 1));
  const Tensor first = w.grad();
  auto f = compile([&] { return (first * 10 + w.grad()).sum(); });
  EXPECT_EQ(f().item<float>(), 22);
  w.set_grad(full({2}, 2));
  EXPECT_EQ(f().item<float>(), 24);
}

TEST(CompiledAliases, AFunctionThatNamesAnotherTensorIsTracedAgain) {
  Tensor factor = full({}, 2);
  auto f = compile([&](Tensor x) { return (x * factor).sum(); });
  EXPECT_EQ(f(ones({2})).item<float>(), 4);
  EXPECT_EQ(f(ones({3})).item<float>(), 6);
  factor = full({}, 5);
  EXPECT_EQ(f(ones({2})).item<float>(), 10);
  EXPECT_EQ(f(ones({3})).item<float>(), 15);
}

TEST(CompiledAliases, ArgumentsThatOverlapInALaterCallAreRefusedWhereOneIsWritten) {
  auto f = compile([](Tensor a, Tensor b) {
    a.add_(1);
    return b.sum();
  });
  const Tensor x = ones({4}), y = ones({4});
  EXPECT_EQ(f(x.narrow(0, 0, 2), y.narrow(0, 0, 2)).item<float>(), 2);
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{2, 2, 1, 1}));
  EXPECT_THROW(f(x.narrow(0, 0, 2), x.narrow(0, 1, 2)), Error);
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{2, 2, 1, 1}));
}

TEST(CompiledAliases, AViewThatIsALeafGetsItsGradient) {
  auto f = compile([](Tensor x) {
    const Tensor loss = x.square().sum();
    loss.backward();
    return loss;
  });
  const Tensor data = full({2}, 3);
  for (int call = 1; call <= 2; ++call) {
    const Tensor leaf = data.detach().requires_grad_();
    EXPECT_EQ(f(leaf).item<float>(), 18);
    EXPECT_EQ(leaf.grad().to_vector<float>(), (std::vector<float>{6, 6}));
    EXPECT_FALSE(data.grad().defined());
  }
}

TEST(CompiledAliases, BackwardDoesNotReachAViewThatIsNoLeaf) {
  auto f = compile([](Tensor x) {
    const Tensor loss = x.square().sum();
    loss.backward();
    return loss;
  });
  const Tensor leaf = full({2, 2}, 3).requires_grad_();
  EXPECT_THROW(f(leaf.t()), Error);
}

TEST(CompiledAliases, ThreadsThatSetOneGradientTakeTurns) {
  const Tensor w = full({3}, 0.5).requires_grad_();
  auto f = compile([&] {
    const Tensor loss = w.square().sum();
    loss.backward();
    return loss;
  });
  constexpr int kTimes = 200;
  const auto work = [&] {
    for (int i = 0; i < kTimes; ++i) f();
  };
  std::thread first(work), second(work);
  first.join();
  second.join();
  EXPECT_EQ(w.grad().to_vector<float>(), (std::vector<float>(3, 2 * kTimes)));
}

TEST(CompiledAliases, AResultAndItsGradientAreOfOneVersionBesideAStepThatTrains) {
  const Tensor w = zeros({64}).requires_grad_();
  auto step = compile([&] {
    const NoGradGuard no_grad;
    w.add_(1);
  });
  auto f = compile([&](Tensor x) { return (w * w * x).sum(); });
  const Tensor x = ones({64});
  f(x);
  std::thread trainer([&] {
    for (int i = 0; i < 300; ++i) step();
  });
  for (int i = 0; i < 100; ++i) {
    const Tensor loss = f(x);
    const float value = loss.item<float>() / 64;
    const float slope = grad({loss}, {w}).at(0).to_vector<float>().at(0);
    EXPECT_EQ(slope * slope, 4 * value);  // d w^2 = 2 w
  }
  trainer.join();
}

TEST(CompiledAliases, AGradientThatTheFunctionKeptIsNotTheNextOne) {
  Tensor w = ones({2}).requires_grad_(), kept;
  auto f = compile([&] {
    (w * 3).sum().backward();
    kept = w.grad();
    w.set_grad({});
    (w * 5).sum().backward();
  });
  f();
  f();
  EXPECT_EQ(kept.to_vector<float>(), (std::vector<float>{8, 8}));
  EXPECT_EQ(w.grad().to_vector<float>(), (std::vector<float>{5, 5}));
}

TEST(CompiledAliases, AGradientThatIsAddedToAndDroppedIsNotWrittenByTheNextOne) {
  for (const ExecutorKind executor : {ExecutorKind::serial, ExecutorKind::parallel}) {
    const Tensor w = ones({5}).requires_grad_();
    auto f = compile(
        [&] {
          const Tensor loss = (w * 3).sum();
          loss.backward({}, /*retain_graph=*/true);
          w.set_grad({});
          loss.clamp(-100).backward();
        },
        {.executor = executor});
    for (int i = 0; i < 3; ++i) {
      f();
      EXPECT_EQ(w.grad().to_vector<float>(), (std::vector<float>(5, 3))) << "run " << i;
    }
  }
}

#ifndef NDEBUG
TEST(CompiledAliases, AConstantThatChangesIsFoundInDebugBuilds) {
  double factor = 2;
  auto f = compile([&](Tensor x) { return x * factor; });
  const Tensor x = ones({2});
  f(x);
  factor = 3;
  try {
    for (int i = 0; i < 100; ++i) f(x);
    FAIL() << "not found";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("another program than when it was traced"), std::string::npos)
        << error.what();
  }
}
#endif

TEST(CompiledAliases, DenormalsCountAsZeroWhereTheOptionsSaySo) {
  const auto body = [](Tensor x) { return x + x; };
  const Tensor x = full({100000}, std::numeric_limits<float>::denorm_min());
  EXPECT_GT(compile(body)(x).to_vector<float>().back(), 0);
  EXPECT_EQ(compile(body, {.flush_denormals = true})(x).to_vector<float>().back(), 0);
}

}  // namespace
}  // namespace weft
