#include "runtime/planning/memory.h"

#include <gtest/gtest.h>

#include "graph/alignment.h"
#include "tests/testing/memory_checker.h"
#include "tests/testing/random_dag.h"

namespace weft {
namespace {

StepGraph chain(std::size_t steps) {
  StepGraph graph;
  std::vector<StepId> before;
  for (StepId s = 0; s < steps; ++s) {
    graph.add_step(before);
    before = {s};
  }
  return graph;
}

// Steps that wait for nothing.
StepGraph apart(std::size_t steps) {
  StepGraph graph;
  std::vector<StepId> nothing;
  for (StepId s = 0; s < steps; ++s) graph.add_step(nothing);
  return graph;
}

// What each step writes is read by the next.
ArenaBuffers handed_on(std::size_t steps, std::size_t bytes) {
  ArenaBuffers arena;
  for (StepId s = 0; s + 1 < steps; ++s) {
    arena.buffers.push_back({bytes, s, static_cast<std::uint32_t>(arena.readers.size()), 1});
    arena.readers.push_back(s + 1);
  }
  return arena;
}

// Up to two buffers for each step, each read by a few steps that depend on it.
ArenaBuffers random_buffers(std::mt19937_64& random, const StepGraph& graph) {
  const Reachability order(graph);
  ArenaBuffers arena;
  for (StepId s = 0; s < graph.size(); ++s)
    for (std::size_t k = random() % 3; k > 0; --k) {
      ArenaBuffer buffer{.bytes = random() % 5 * 50, .writer = s};
      buffer.first_reader = static_cast<std::uint32_t>(arena.readers.size());
      for (StepId r = s + 1; r < graph.size() && r < s + 20; ++r)
        if (order.before(s, r) && random() % 4 == 0) arena.readers.push_back(r);
      buffer.num_readers = static_cast<std::uint32_t>(arena.readers.size()) - buffer.first_reader;
      arena.buffers.push_back(buffer);
    }
  return arena;
}

TEST(Layout, OfAChainTakesTurnsInTwoBuffers) {
  EXPECT_EQ(lay_out(Reachability(chain(100)), handed_on(100, 64)).bytes, 128U);
}

TEST(Layout, OfALongChainTakesTurnsInTwoBuffers) {
  EXPECT_EQ(lay_out(Reachability(chain(100000)), handed_on(100000, 64)).bytes, 128U);
}

TEST(Layout, NeverSharesBytesBetweenStepsThatMayRunAtOnce) {
  ArenaBuffers arena;
  for (StepId s = 0; s < 10; ++s) arena.buffers.push_back({.bytes = 100, .writer = s});
  EXPECT_EQ(lay_out(Reachability(apart(10)), arena).bytes, 1280U);
}

TEST(Layout, GivesBuffersWithoutBytesNone) {
  ArenaBuffers arena;
  arena.buffers.push_back({.bytes = 0, .writer = 0});
  EXPECT_EQ(lay_out(Reachability(apart(1)), arena).bytes, 0U);
}

TEST(Layout, SplitsALargeDeadBufferAmongSmallOnes) {
  ArenaBuffers arena = handed_on(2, 256);  // dead after step 1
  arena.buffers.push_back({.bytes = 128, .writer = 2});
  arena.buffers.push_back({.bytes = 128, .writer = 2});
  EXPECT_EQ(lay_out(Reachability(chain(3)), arena).bytes, 256U);
}

TEST(Layout, IsSoundOnRandomGraphsWithExactReachability) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    const StepGraph graph = random_step_graph(random, 2 + random() % 100, 1 + random() % 4);
    const ArenaBuffers arena = random_buffers(random, graph);
    ASSERT_EQ(check_layout(graph, arena, lay_out(Reachability(graph), arena)), "") << "seed " << seed;
  }
}

TEST(Layout, IsSoundOnRandomGraphsWithTheApproximation) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    const StepGraph graph = random_step_graph(random, 2 + random() % 100, 1 + random() % 4);
    const ArenaBuffers arena = random_buffers(random, graph);
    ASSERT_EQ(check_layout(graph, arena, lay_out(Reachability(graph, 0), arena)), "") << "seed " << seed;
  }
}

TEST(Layout, ByTheApproximationStillReusesMostBytes) {
  std::mt19937_64 random(7);
  const StepGraph graph = random_step_graph(random, 400, 3);
  ArenaBuffers arena = random_buffers(random, graph);
  std::size_t all = 0;
  for (const ArenaBuffer& b : arena.buffers) all += aligned(b.bytes);
  EXPECT_LT(lay_out(Reachability(graph, 0), arena).bytes, all);
}

TEST(Reachability, ByChainsClaimsOnlyWhatIsExactlyTrue) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::mt19937_64 random(seed);
    const StepGraph graph = random_step_graph(random, 80, 3);
    const Reachability exact(graph);
    const Reachability chains(graph, 0);
    ASSERT_TRUE(exact.exact());
    ASSERT_FALSE(chains.exact());
    for (StepId a = 0; a < graph.size(); ++a)
      for (StepId b = 0; b < graph.size(); ++b)
        if (chains.before(a, b)) {
          ASSERT_TRUE(exact.before(a, b)) << seed << ": " << a << " " << b;
        }
  }
}

TEST(Reachability, ByChainsKnowsAllOfAChain) {
  const Reachability order(chain(1000), 0);
  EXPECT_TRUE(order.before(0, 999));
  EXPECT_FALSE(order.before(999, 0));
  EXPECT_FALSE(order.before(5, 5));
}

}  // namespace
}  // namespace weft
