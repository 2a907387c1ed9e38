// Tensors in memory of the host: no copies, lifetime, aliasing, alignment, results written there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "weft/autograd.h"
#include "weft/function.h"
#include "weft/host.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

TEST(FromBlob, IsTheMemoryItself) {
  std::vector<float> values{1, 2, 3, 4};
  const Tensor x = from_blob(values.data(), {2, 2});
  EXPECT_EQ(x.data_ptr<float>(), values.data());
  EXPECT_EQ(x.shape(), Shape({2, 2}));
  EXPECT_THAT((x * 2).to_vector<float>(), ElementsAre(2, 4, 6, 8));
}

TEST(FromBlob, HostAndTensorSeeWhatTheOtherWrites) {
  std::vector<float> values{1, 2};
  const Tensor x = from_blob(values.data(), 2);
  values[0] = 5;
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(5, 2));
  EXPECT_THAT((x + 1).to_vector<float>(), ElementsAre(6, 3));
  x.mul_(10);
  EXPECT_THAT(values, ElementsAre(50, 20));
  x.copy_(tensor({7.0, 8.0}));
  EXPECT_THAT(values, ElementsAre(7, 8));
  x.narrow(0, 1, 1).fill_(9);
  EXPECT_THAT(values, ElementsAre(7, 9));
}

TEST(FromBlob, WhatIsCapturedKeepsTheElementsOfItsTime) {
  std::vector<float> values{1, 2};
  const Tensor x = from_blob(values.data(), 2), y = x * 10;
  values[0] = 5;
  x.add_(1);
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(10, 20));
  EXPECT_THAT(values, ElementsAre(6, 3));
}

TEST(FromBlob, CompiledFunctionsReadAndWriteTheMemory) {
  std::vector<float> values{1, 2};
  const Tensor x = from_blob(values.data(), 2);
  const auto twice = compile([](Tensor a) {
    const Tensor sum = a.sum();
    a.mul_(2);
    return sum;
  });
  EXPECT_EQ(twice(x).item(), 3);
  EXPECT_THAT(values, ElementsAre(2, 4));
  values[1] = 10;
  EXPECT_EQ(twice(x).item(), 12);
  EXPECT_THAT(values, ElementsAre(4, 20));
}

TEST(FromBlob, OfConstMemoryIsNeverWritten) {
  const std::vector<float> values{1, 2};
  const Tensor x = from_blob(values.data(), 2);
  EXPECT_EQ(x.data_ptr<float>(), values.data());
  x.mul_(10);
  EXPECT_THAT(values, ElementsAre(1, 2));
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(10, 20));
  const Tensor y = from_blob(values.data(), 2);
  *y.mutable_data_ptr<float>() = 7;
  const auto add = compile([](Tensor a) { a.add_(1); });
  const Tensor z = from_blob(values.data(), 2);
  add(z);
  EXPECT_THAT(z.to_vector<float>(), ElementsAre(2, 3));
  EXPECT_THAT(values, ElementsAre(1, 2));
}

TEST(FromBlob, IsLetGoOfWhenNobodyNeedsItAnyMore) {
  std::vector<float> values{1, 2};
  const std::vector<float> constant{3, 4};
  int released = 0;
  Tensor x = from_blob(values.data(), 2, [&](float* p) { released += p == values.data(); });
  Tensor c = from_blob(constant.data(), 2, [&](const float* p) { released += 10 * (p == constant.data()); });
  Tensor y = c * 2;
  x = Tensor();
  EXPECT_EQ(released, 1);
  c = Tensor();
  EXPECT_EQ(released, 1);  // the operation that was captured needs it
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(6, 8));
  y = Tensor();
  clear_plan_cache();
  EXPECT_EQ(released, 11);
}

TEST(FromBlob, NeedsNoMoreAlignmentThanItsElements) {
  std::vector<float> memory(64 * 33 + 3);
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<float>(i % 7);
  for (const std::size_t shift : {1, 2, 3}) {
    const Tensor x = from_blob(memory.data() + shift, {64, 33}), same = x.clone();
    const auto f = compile([](Tensor a) { return a.matmul(a.t()).relu() + a.exp().sum() + a.softmax(1).sum(0).max(); });
    EXPECT_EQ(f(x).to_vector<float>(), f(same).to_vector<float>());
  }
}

TEST(FromBlob, HasGradients) {
  std::vector<double> values{2, 3};
  const Tensor x = from_blob(values.data(), 2).requires_grad_();
  x.square().sum().backward();
  EXPECT_THAT(x.grad().to_vector<double>(), ElementsAre(4, 6));
}

TEST(FromBlob, RefusesWhatIsNoMemoryOfItsElements) {
  std::vector<double> values(3);
  float* const null = nullptr;
  EXPECT_THAT(error_of([&] { from_blob(null, 2); }), HasSubstr("[from_blob] f32[2]: the pointer is null"));
  EXPECT_EQ(from_blob(null, 0).numel(), 0);
  EXPECT_THAT(error_of([&] { from_blob(values.data(), -1); }), HasSubstr("[from_blob] shape [-1]: negative extent"));
  void* const odd = reinterpret_cast<char*>(values.data()) + 1;
  EXPECT_THAT(error_of([&] { from_blob(odd, 2, kFloat64); }), HasSubstr("the memory is not aligned"));
  EXPECT_THAT(error_of([&] { compile([&] { from_blob(values.data(), 3); })(); }), HasSubstr("a function is traced"));
  bool released = false;
  EXPECT_THAT(error_of([&] { from_blob(odd, 2, kFloat64, [&](void*) { released = true; }); }), HasSubstr("aligned"));
  EXPECT_FALSE(released);
}

TEST(Span, IsOfTheElements) {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  EXPECT_THAT(as_span<float>(x), ElementsAre(1, 2, 3, 4));
  as_mutable_span<float>(x)[3] = 9;
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(1, 2, 3, 9));
  EXPECT_THAT(error_of([&] { as_span<double>(x); }), HasSubstr("read as f64"));
}

TEST(CallInto, WritesResultsIntoMemoryOfTheCaller) {
  std::array<float, 3> memory{};
  const Tensor y = from_blob(memory.data(), 3);
  const auto f = compile([](Tensor x) { return x * 2; });
  for (const float shift : {0.0f, 5.0f}) {
    f.call_into({y}, tensor({1.0, 2.0, 3.0}) + shift);
    EXPECT_THAT(memory, ElementsAre(2 + 2 * shift, 4 + 2 * shift, 6 + 2 * shift));
  }
  EXPECT_EQ(f.stats().traces, 1u);
}

TEST(CallInto, WritesToArgumentsAfterTheyWereRead) {
  const Tensor x = tensor({1.0, 2.0}), y = tensor({3.0, 4.0});
  const auto swap = compile([](Tensor a, Tensor b) { return std::pair(b + 0, a + 0); });
  swap.call_into({x, y}, x, y);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(3, 4));
  EXPECT_THAT(y.to_vector<float>(), ElementsAre(1, 2));
}

TEST(CallInto, RefusesOutputsThatDoNotFit) {
  const auto f = compile([](Tensor x) { return x * 2; });
  const Tensor x = ones(2), w = ones(2).requires_grad_();
  const int line = __LINE__ + 1;
  const std::string text = error_of([&] { f.call_into({ones(3)}, x); });
  EXPECT_THAT(text, HasSubstr("[call_into] output 0: f32[3], result: f32[2]: types differ"));
  EXPECT_THAT(text, HasSubstr("host_memory_test.cc:" + std::to_string(line)));
  EXPECT_THAT(error_of([&] { f.call_into({x, x}, x); }), HasSubstr("2 outputs: the function gives 1 tensors"));
  EXPECT_THAT(error_of([&] { f.call_into({Tensor()}, x); }), HasSubstr("output 0 is undefined"));
  EXPECT_THAT(error_of([&] { f.call_into({w * 2}, x); }), HasSubstr("the result of an operation"));
}

}  // namespace
}  // namespace weft
