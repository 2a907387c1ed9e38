// Weft inside of a host's threads: a run uses the arena that it is called from, and OpenMP's settings stay as they
// were. The numbers are the same everywhere.
#include <omp.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstdio>
#include <vector>

#include "weft/weft.h"

namespace {

using Values = std::vector<float>;

// A convolution, which oneDNN runs, and a product that is cut into parts.
Values work() {
  const auto images = weft::sin(weft::arange(4 * 3 * 32 * 32)).reshape({4, 3, 32, 32});
  const auto weights = weft::cos(weft::arange(8 * 3 * 3 * 3)).reshape({8, 3, 3, 3}).requires_grad_();
  const auto features = weft::conv2d(images, weights).reshape({32, 900});
  weft::matmul(features, features.transpose(0, 1)).sum().backward();
  return weights.grad().to_vector<float>();
}

int failures = 0;
void expect(bool holds, const char* what) {
  std::printf("%s: %s\n", holds ? "ok" : "FAILED", what);
  failures += !holds;
}

}  // namespace

int main() {
  omp_set_num_threads(3);
  const Values expected = work();
  expect(omp_get_max_threads() == 3, "OpenMP keeps its number of threads");

  const tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  tbb::task_arena arena(4);
  Values in_arena;
  arena.execute([&] { in_arena = work(); });
  expect(in_arena == expected, "the same bits in an arena of four threads");

  std::atomic<int> same = 0;
  arena.execute([&] { tbb::parallel_for(0, 16, [&](int) { same += work() == expected; }); });
  expect(same == 16, "the same bits in tasks of the host");

  same = 0;
  int in_loops = 0;
#pragma omp parallel for reduction(+ : in_loops)
  for (int i = 0; i < 12; ++i) {
    same += work() == expected;
    in_loops += omp_get_max_threads() == 3;
  }
  expect(same == 12, "the same bits in loops of OpenMP");
  expect(in_loops == 12, "and its number of threads there");
  return failures != 0;
}
