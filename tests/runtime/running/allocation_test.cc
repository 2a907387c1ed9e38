// Once a Run has been executed, executing it again allocates nothing.
#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdlib>
#include <new>

#include "tests/testing/random_dag.h"
#include "weft/weft.h"

namespace {

std::atomic<int> g_allocations{0};

void* counted(std::size_t bytes) noexcept {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(bytes);
}

void* counted(std::size_t bytes, std::align_val_t alignment) noexcept {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  const auto a = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(a, (bytes + a - 1) / a * a);
}

void* or_throw(void* bytes) {
  if (!bytes) throw std::bad_alloc();
  return bytes;
}

}  // namespace

// All forms together: a sanitizer brings those that are not here, and then new and delete would not fit each other.
#define NOINLINE [[gnu::noinline]]
NOINLINE void* operator new(std::size_t n) { return or_throw(counted(n)); }
NOINLINE void* operator new[](std::size_t n) { return or_throw(counted(n)); }
NOINLINE void* operator new(std::size_t n, std::align_val_t a) { return or_throw(counted(n, a)); }
NOINLINE void* operator new[](std::size_t n, std::align_val_t a) { return or_throw(counted(n, a)); }
NOINLINE void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return counted(n); }
NOINLINE void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return counted(n); }
NOINLINE void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept { return counted(n, a); }
NOINLINE void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return counted(n, a);
}
NOINLINE void operator delete(void* bytes) noexcept { std::free(bytes); }
NOINLINE void operator delete[](void* bytes) noexcept { std::free(bytes); }
NOINLINE void operator delete(void* bytes, std::size_t) noexcept { std::free(bytes); }
NOINLINE void operator delete[](void* bytes, std::size_t) noexcept { std::free(bytes); }
NOINLINE void operator delete(void* bytes, std::align_val_t) noexcept { std::free(bytes); }
NOINLINE void operator delete[](void* bytes, std::align_val_t) noexcept { std::free(bytes); }
NOINLINE void operator delete(void* bytes, std::size_t, std::align_val_t) noexcept { std::free(bytes); }
NOINLINE void operator delete[](void* bytes, std::size_t, std::align_val_t) noexcept { std::free(bytes); }
NOINLINE void operator delete(void* bytes, const std::nothrow_t&) noexcept { std::free(bytes); }
NOINLINE void operator delete[](void* bytes, const std::nothrow_t&) noexcept { std::free(bytes); }
NOINLINE void operator delete(void* bytes, std::align_val_t, const std::nothrow_t&) noexcept { std::free(bytes); }
NOINLINE void operator delete[](void* bytes, std::align_val_t, const std::nothrow_t&) noexcept { std::free(bytes); }
#undef NOINLINE

namespace weft {
namespace {

// The least of several rounds: libtbb allocates once for each worker that joins, whenever that is.
int allocations_of_warm_executions(Executor& executor) {
  BoundRun bound(make_plan(random_program(2, {.nodes = 200, .throw_every = 20})));
  bound.execute(executor);
  const std::size_t buffers = Buffer::live_bytes();
  int least = INT_MAX;
  for (int round = 0; round < 20; ++round) {
    const int before = g_allocations.load();
    for (int i = 0; i < 10; ++i) bound.execute(executor);
    least = std::min(least, g_allocations.load() - before);
  }
  EXPECT_EQ(Buffer::live_bytes(), buffers);
  return least;
}

TEST(Allocation, AreCountedWhenAPlanIsMade) {
  const int before = g_allocations.load();
  const BoundRun bound(make_plan(random_program(2)));
  EXPECT_GT(g_allocations.load(), before);
}

TEST(Allocation, NoneInWarmSerialExecutions) { EXPECT_EQ(allocations_of_warm_executions(serial_executor()), 0); }

TEST(Allocation, NoneInWarmParallelExecutions) {
  tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  const std::unique_ptr<Executor> tasks = make_tbb_executor(-1);
  tbb::task_arena(4).execute([&] { EXPECT_EQ(allocations_of_warm_executions(*tasks), 0); });
}

TEST(Allocation, OfACompiledStepAreThoseOfItsResult) {
  const Tensor w = full({64}, 0.5).requires_grad_();
  auto step = compile([&] {
    const Tensor loss = (w * w).sum();
    loss.backward();
    const NoGradGuard no_grad;
    w.sub_(w.grad() * 0.1);
    w.set_grad({});
    return loss;
  });
  for (int i = 0; i < 3; ++i) step();
  const int before = g_allocations.load();
  for (int i = 0; i < 10; ++i) step();
  // The handle, the call that it names with its type and value, the list that carries it, and the changes of .grad.
  EXPECT_LE(g_allocations.load() - before, 10 * 7);
}

}  // namespace
}  // namespace weft
