// The iteration over broadcast operands, and kernels that run on it, against indices computed one by one.
#include "ops/kernels/elementwise/broadcast_loops.h"

#include <gmock/gmock.h>

#include "ops/elementwise/elementwise.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

// The element of an operand that element i of the result reads.
std::int64_t source(const Shape& from, const Shape& result, std::int64_t i) {
  std::int64_t offset = 0, stride = 1;
  for (int d = 0; d < from.rank(); ++d) {  // from the last dim
    const std::int64_t extent = result[result.rank() - 1 - d], own = from[from.rank() - 1 - d];
    if (own != 1) offset += i % extent * stride;
    stride *= own;
    i /= extent;
  }
  return offset;
}

HostTensor numbers(DType dtype, const Shape& shape, double first) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<double>(i);
  return {{dtype, shape}, values};
}

struct Pair {
  Shape a, b;
};
std::vector<Pair> pairs() {
  std::vector<Pair> all = {{{}, {}},
                           {{1}, {}},
                           {{5}, {1}},
                           {{1, 1}, {3}},
                           {{40, 37}, {37}},
                           {{40, 37}, {1}},
                           {{40, 1}, {40, 37}},
                           {{40, 1}, {37}},
                           {{2, 3, 4, 5}, {5}},
                           {{0, 3}, {1, 3}},
                           {{3, 1, 0}, {2, 1}},
                           {{1, 1, 1, 1, 1, 1, 1, 2}, {2}}};
  // Every way to make extents of two operands 1.
  const Dims extents{2, 3, 1, 5, 7};
  for (unsigned set = 0; set < 1024; ++set) {
    Dims a = extents, b = extents;
    for (std::size_t d = 0; d < 5; ++d) {
      if (set >> d & 1) a[d] = 1;
      if (set >> (d + 5) & 1) b[d] = 1;
    }
    all.push_back({a, b});
  }
  return all;
}

TEST(BroadcastLoopsTest, EveryElementReadsItsOperands) {
  for (const auto& [a, b] : pairs()) {
    const Shape result = *broadcast(a, b);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < result.numel(); ++i)
      expected.push_back(static_cast<double>(source(a, result, i)) - 1000 - static_cast<double>(source(b, result, i)));
    for (const DType dtype : {DType::f32, DType::f64}) {
      const HostTensor difference =
          evaluate([](auto v) { return v[0] - v[1]; }, {numbers(dtype, a, 0), numbers(dtype, b, 1000)});
      EXPECT_THAT(difference, is_near({{dtype, result}, expected}, 0)) << a << b;
    }
  }
}

TEST(BroadcastLoopsTest, NeighbouringDimsInWhichTheSameOperandsMoveAreOne) {
  const TensorType a{DType::f32, {4, 5, 6, 7}}, b{DType::f32, {6, 7}}, out = a;
  const std::array<const TensorType*, 2> inputs{&a, &b};
  const BroadcastLoops loops = broadcast_loops({kInput, inputs, {}, {}, {&out, 1}});
  EXPECT_EQ(loops.run, 42);
  EXPECT_EQ(loops.runs, 20);
  EXPECT_EQ(loops.rank, 1);
}

// The result may take the bytes of an operand of its type: compute once apart and once in place.
TEST(BroadcastLoopsTest, TheResultMayBeAnOperand) {
  const Shape shape{3, 67};
  const HostTensor a = numbers(DType::f32, shape, 1), row = numbers(DType::f32, {67}, 5);
  const HostTensor expected = evaluate([](auto v) { return v[0] * v[1]; }, {a, row});
  HostTensor in_place = a;
  const OpDef& mul = *find_op("mul");
  const std::array<const TensorType*, 2> types{&a.type(), &row.type()};
  const Kernel kernel = mul.compile({mul, types, {}, {}, {&a.type(), 1}});
  const void* in[] = {in_place.data(), row.data()};
  void* out[] = {in_place.data()};
  kernel.run({in, out, nullptr});
  EXPECT_THAT(in_place, has_bits_of(expected));
}

}  // namespace
}  // namespace weft
