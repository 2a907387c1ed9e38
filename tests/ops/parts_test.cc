// Kernels that run in parts: what each part declares that it touches is all that it touches.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/testing/samples.h"

namespace weft {
namespace {

// One node of a sample, with its kernel and its operands.
struct Call {
  const Node* node;
  Kernel kernel;
  std::vector<HostTensor> in;

  std::vector<HostTensor> run(const std::vector<HostTensor>& operands, std::uint32_t first, std::uint32_t last) const {
    std::vector<HostTensor> results;
    for (const TensorType& type : node->outputs) {
      results.emplace_back(type);
      std::memset(results.back().data(), 0xEE, type.bytes());
    }
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    for (const HostTensor& x : operands) inputs.push_back(x.data());
    for (HostTensor& x : results) outputs.push_back(x.data());
    HostTensor scratch({DType::boolean, {static_cast<std::int64_t>(kernel.scratch_bytes)}});
    for (std::uint32_t part = first; part < last; ++part)
      kernel.run({inputs.data(), outputs.data(), scratch.data(), part});
    return results;
  }
};

bool contains(const Region& region, std::int64_t i) {
  if (region.width == 0) return true;
  const std::int64_t row = i / region.width, col = i % region.width;
  return row >= region.row && row < region.row + region.rows && col >= region.col && col < region.col + region.cols;
}

std::uint64_t bits(const HostTensor& x, std::int64_t i) {
  std::uint64_t value = 0;
  const std::size_t size = size_of(x.type().dtype);
  std::memcpy(&value, x.as<char>() + static_cast<std::size_t>(i) * size, size);
  return value;
}

// What nobody has written to.
std::uint64_t untouched(const HostTensor& x) { return 0xEEEEEEEEEEEEEEEEU >> (64 - 8 * size_of(x.type().dtype)); }

std::vector<std::vector<HostTensor>> all_values(const SampleGraph& sample) {
  Graph graph = sample.graph;
  graph.outputs().clear();
  for (NodeId n = 0; n < graph.size(); ++n)
    for (std::uint32_t k = 0; k < graph.node(n).outputs.size(); ++k) graph.outputs().push_back({n, k});
  const std::vector<HostTensor> flat = interpret(graph, sample.inputs);
  std::vector<std::vector<HostTensor>> values(graph.size());
  for (std::size_t i = 0; i < flat.size(); ++i) values[graph.outputs()[i].node].push_back(flat[i]);
  return values;
}

// The calls of all samples whose kernels have several parts.
template <class F>
void for_each_call_in_parts(F f) {
  for (const Sample& sample : all_samples()) {
    const SampleGraph built = build_sample(sample, DType::f32);
    const std::vector<std::vector<HostTensor>> values = all_values(built);
    for (NodeId n = 0; n < built.graph.size(); ++n) {
      const Node& node = built.graph.node(n);
      if (!node.op->compile) continue;
      std::vector<const TensorType*> types;
      Call call{&node, {}, {}};
      for (const ValueId& v : built.graph.operands(n)) {
        types.push_back(&built.graph.type(v));
        call.in.push_back(values[v.node][v.output]);
      }
      call.kernel = node.op->compile({*node.op, types, node.attrs, node.where, node.outputs});
      if (call.kernel.parts > 1) f(call);
    }
  }
}

TEST(Parts, WriteTheirRegionsAndReadNothingBeyondThem) {
  int calls = 0;
  for_each_call_in_parts([&](const Call& call) {
    ++calls;
    const std::vector<HostTensor> whole = call.run(call.in, 0, call.kernel.parts);
    std::vector<std::vector<int>> writers;
    for (const HostTensor& result : whole) writers.emplace_back(static_cast<std::size_t>(result.numel()), 0);
    for (std::uint32_t part = 0; part < call.kernel.parts; ++part) {
      std::vector<HostTensor> poisoned = call.in;
      for (std::size_t i = 0; i < poisoned.size(); ++i)
        for (std::int64_t e = 0; e < poisoned[i].numel(); ++e)
          if (!contains(call.kernel.region(part, i), e))
            poisoned[i].set(e, is_floating(poisoned[i].type().dtype) ? NAN : -1);
      const std::vector<HostTensor> results = call.run(poisoned, part, part + 1);
      for (std::size_t k = 0; k < results.size(); ++k) {
        const Region written = call.kernel.region(part, call.in.size() + k);
        for (std::int64_t e = 0; e < results[k].numel(); ++e) {
          const bool own = contains(written, e);
          writers[k][static_cast<std::size_t>(e)] += own ? 1 : 0;
          ASSERT_EQ(bits(results[k], e), own ? bits(whole[k], e) : untouched(results[k]))
              << call.node->op->name << ", part " << part << ", result " << k << ", element " << e;
        }
      }
    }
    for (const std::vector<int>& each : writers)
      for (const int count : each) ASSERT_EQ(count, 1) << call.node->op->name << ": parts overlap or leave gaps";
  });
  EXPECT_GT(calls, 4);
}

TEST(Parts, OverlapOnlyWhereElementsAreShared) {
  const Region left{10, 0, 5, 0, 4}, right{10, 0, 5, 4, 6}, below{10, 5, 1, 0, 10}, whole{};
  EXPECT_FALSE(left.overlaps(right));
  EXPECT_FALSE(left.overlaps(below));
  EXPECT_TRUE(left.overlaps(left));
  EXPECT_TRUE(whole.overlaps(left));
  const Region other_width{5, 2, 1, 0, 5};  // elements 10 to 14
  EXPECT_TRUE(left.overlaps(other_width));
  EXPECT_FALSE(other_width.overlaps({10, 2, 1, 0, 10}));
}

}  // namespace
}  // namespace weft
