// Compiled functions work for as long as somebody holds them: also while static objects are destroyed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>

#include "weft/weft.h"

namespace weft {
namespace {

struct CallsWhenDestroyed {
  std::function<void()> call;
  ~CallsWhenDestroyed() {
    if (call) call();
  }
};
CallsWhenDestroyed at_exit;  // made before anything of the library, so destroyed after it

void exit_with_a_call(ExecutorKind executor) {
  const Tensor x = ones({256, 256});
  const auto f = compile([](Tensor x) { return (matmul(x, x) + matmul(x, x + 1)).sum(); }, {.executor = executor});
  f(x);
  at_exit.call = [f, x] { std::cerr << "sum " << f(x).item<std::int64_t>(); };
  std::exit(0);
}

class AtExit : public ::testing::TestWithParam<ExecutorKind> {};

TEST_P(AtExit, AStaticObjectCallsACompiledFunction) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_with_a_call(GetParam()), ::testing::ExitedWithCode(0), "sum 50331648");  // 3 * 256^3
}

INSTANTIATE_TEST_SUITE_P(Each, AtExit,
                         ::testing::Values(ExecutorKind::serial, ExecutorKind::parallel, ExecutorKind::automatic));

}  // namespace
}  // namespace weft
