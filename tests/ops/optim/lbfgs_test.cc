// LBFGS against PyTorch 2.14 on Rosenbrock's function in f64.
#include "weft/lbfgs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "weft/function.h"
#include "weft/ops.h"

namespace weft::optim {
namespace {

using ::testing::HasSubstr;

constexpr auto kWolfe = LBFGSOptions::LineSearch::strong_wolfe;

struct Rosenbrock : ::testing::Test {
  Tensor p = tensor({-1.2, 1.0, 0.5, -0.3}, kFloat64).requires_grad_();

  Tensor loss() const {
    const Tensor a = p.narrow(0, 0, 3), b = p.narrow(0, 1, 3);
    return ((b - a.square()).square() * 100 + (1 - a).square()).sum();
  }
  // The losses that steps return, and the parameter after them.
  void expect_steps(LBFGSOptions options, const std::vector<double>& losses, const std::vector<double>& end) {
    LBFGS optimizer({p}, options);
    for (const double expected : losses) {
      const Tensor first = optimizer.step([&] {
        optimizer.zero_grad();
        const Tensor value = loss();
        value.backward();
        return value;
      });
      EXPECT_NEAR(first.item(), expected, 1e-6 * expected);
    }
    const std::vector<double> values = p.to_vector<double>();
    for (std::size_t i = 0; i < end.size(); ++i) EXPECT_NEAR(values[i], end[i], 1e-6 * std::abs(end[i])) << i;
  }
};

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

TEST_F(Rosenbrock, WithoutALineSearch) {
  expect_steps({.lr = 1e-3, .max_iter = 5}, {79.7, 79.05739039587, 78.40422325623},
               {-1.196130102259, 0.9970577352738, 0.5001508082502, -0.2927282331308});
}

TEST_F(Rosenbrock, FewMovesWithALineSearch) {
  expect_steps({.max_iter = 4, .line_search_fn = kWolfe}, {79.7},
               {-0.7574775153464, 0.5886934055761, 0.3563484667448, 0.1296698004761});
}

TEST_F(Rosenbrock, WithAShortHistory) {
  expect_steps({.max_iter = 6, .history_size = 3, .line_search_fn = kWolfe}, {79.7, 3.701770562566},
               {-0.7641996967104, 0.5954189762792, 0.3609136741388, 0.1307874083014});
}

TEST_F(Rosenbrock, ToItsMinimum) {
  expect_steps({.line_search_fn = kWolfe}, {79.7, 3.701428610468, 3.701428610468, 3.701428610468},
               {-0.7756614370961, 0.6130964620975, 0.3820666608319, 0.1459744776874});
}

TEST_F(Rosenbrock, TheClosureMayCallACompiledFunction) {
  const auto compiled = compile([&] {
    p.set_grad({});
    const Tensor value = loss();
    value.backward();
    return value;
  });
  LBFGS optimizer({p}, {.max_iter = 4, .line_search_fn = kWolfe});
  optimizer.step([&] { return compiled(); });
  EXPECT_NEAR(p[0].item(), -0.7574775153464, 1e-6);
}

TEST_F(Rosenbrock, WhatTheClosureThrowsLeavesTheParameters) {
  LBFGS optimizer({p}, {.line_search_fn = kWolfe});
  int calls = 0;
  const auto step = [&] {
    optimizer.step([&] {
      if (++calls > 1) throw Error("[test] enough");
      const Tensor value = loss();
      value.backward();
      return value;
    });
  };
  EXPECT_THAT(error_of(step), HasSubstr("[test] enough"));
  EXPECT_THAT(p.to_vector<double>(), ::testing::ElementsAre(-1.2, 1.0, 0.5, -0.3));
}

TEST_F(Rosenbrock, IsRefusedWhereItCannotBe) {
  LBFGS optimizer({p});
  EXPECT_THAT(error_of([&] { optimizer.step(nullptr); }), HasSubstr("[LBFGS] the closure is empty"));
  EXPECT_THAT(error_of([&] { LBFGS({p}, {.lr = -1}); }), HasSubstr("[LBFGS] lr -1.000000: negative"));
  EXPECT_THAT(error_of([&] { LBFGS({}); }), HasSubstr("there are no parameters"));
  EXPECT_THAT(error_of([&] { compile([&] { optimizer.step([&] { return loss(); }); })(); }),
              HasSubstr("[LBFGS] step() looks at values"));
}

}  // namespace
}  // namespace weft::optim
