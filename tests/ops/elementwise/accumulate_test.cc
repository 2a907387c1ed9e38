#include <gmock/gmock.h>

#include <numeric>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

HostTensor accumulate_of(const std::vector<HostTensor>& slots) {
  return evaluate([](auto v) { return accumulate(v); }, slots);
}

// Slot s of n elements holds s * 1000 + i at i.
std::vector<HostTensor> make_slots(DType dtype, std::size_t count, std::int64_t n) {
  std::vector<HostTensor> slots;
  for (std::size_t s = 0; s < count; ++s) {
    std::vector<double> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), 1000.0 * static_cast<double>(s));
    slots.emplace_back(TensorType{dtype, {n}}, values);
  }
  return slots;
}

TEST(AccumulateTest, AddsItsSlots) {
  EXPECT_THAT(accumulate_of({HostTensor({DType::f32, {2}}, {1, 2}), HostTensor({DType::f32, {2}}, {10, 20}),
                             HostTensor({DType::f32, {2}}, {100, 200})}),
              has_values({111, 222}));
}

TEST(AccumulateTest, AddsSlotsOfEveryLengthAndDtype) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i64})
    for (const std::int64_t n : {0, 1, 3, 16, 17, 63, 64, 65, 200}) {
      std::vector<double> expected;  // 0 + 1000 + 2000 + 3i
      for (std::int64_t i = 0; i < n; ++i) expected.push_back(3000.0 + 3.0 * static_cast<double>(i));
      EXPECT_THAT(accumulate_of(make_slots(dtype, 3, n)), has_values(expected)) << name_of(dtype) << " " << n;
    }
}

// In f32 1e8 + 1 is 1e8: only ((1e8 - 1e8) + 1) + 1 gives 2. The long tensor takes the vectorised way.
TEST(AccumulateTest, AddsInTheOrderOfTheSlots) {
  for (const std::int64_t n : {1, 100}) {
    const auto slot = [n](double x) {
      return HostTensor({DType::f32, {n}}, std::vector<double>(static_cast<std::size_t>(n), x));
    };
    EXPECT_THAT(accumulate_of({slot(1e8), slot(-1e8), slot(1), slot(1)}).doubles(), Each(2));
    EXPECT_THAT(accumulate_of({slot(1), slot(1e8), slot(1), slot(-1e8)}).doubles(), Each(0));
  }
}

TEST(AccumulateTest, TakesThousandsOfSlots) {
  EXPECT_THAT(accumulate_of(std::vector<HostTensor>(5000, HostTensor({DType::f32, {}}, {2}))), has_values({10000}));
}

TEST(AccumulateTest, MayWriteOverAnyOfItsSlots) {
  for (std::size_t over = 0; over < 3; ++over) {
    std::vector<HostTensor> slots = make_slots(DType::f32, 3, 77);
    const HostTensor expected = accumulate_of(slots);
    const std::vector<const TensorType*> types(3, &slots[0].type());
    const std::vector<TensorType> out{slots[0].type()};
    const Kernel kernel = find_op("accumulate")->compile({*find_op("accumulate"), types, Attrs{}, {}, out});
    const void* in[] = {slots[0].data(), slots[1].data(), slots[2].data()};
    void* to[] = {slots[over].data()};
    kernel.run({in, to, nullptr});
    EXPECT_THAT(slots[over], has_bits_of(expected)) << "over slot " << over;
  }
}

TEST(AccumulateTest, OfOneValueIsTheValue) {
  Graph graph;
  Builder builder(graph);
  const Value x = builder.value({graph.add_input({DType::f32, {2}}), 0});
  EXPECT_EQ(accumulate(std::span(&x, 1)).id(), x.id());
}

TEST(AccumulateTest, RefusesSlotsOfDifferentTypes) {
  EXPECT_THROW(accumulate_of({HostTensor({DType::f32, {2}}, {1, 2}), HostTensor({DType::f32, {1}}, {1})}), Error);
  EXPECT_THROW(accumulate_of({HostTensor({DType::f32, {1}}, {1}), HostTensor({DType::f64, {1}}, {1})}), Error);
}

TEST(AccumulateTest, EachSlotGetsTheGradient) {
  const auto gradients = evaluate_gradients([](auto v) { return accumulate(v); }, make_slots(DType::f32, 3, 2),
                                            HostTensor({DType::f32, {2}}, {5, 7}));
  EXPECT_THAT(gradients, SizeIs(3));
  EXPECT_THAT(gradients, Each(has_values({5, 7})));
}

}  // namespace
}  // namespace weft
