#include <gmock/gmock.h>

#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

HostTensor count_up(const TensorType& type) {
  HostTensor x(type);
  for (std::int64_t i = 0; i < x.numel(); ++i) x.set(i, static_cast<double>(i));
  return x;
}

// The permuted elements, found index by index.
std::vector<double> expected(const HostTensor& x, const Dims& dims) {
  const Shape& shape = x.type().shape;
  std::vector<std::int64_t> strides(dims.size(), 1), index(dims.size(), 0);
  for (int d = shape.rank() - 2; d >= 0; --d)
    strides[static_cast<std::size_t>(d)] = strides[static_cast<std::size_t>(d + 1)] * shape[d + 1];
  std::vector<double> result;
  for (std::int64_t n = 0; n < shape.numel(); ++n) {
    std::int64_t from = 0;
    for (std::size_t i = 0; i < dims.size(); ++i) from += index[i] * strides[static_cast<std::size_t>(dims[i])];
    result.push_back(x.at(from));
    for (std::size_t i = dims.size(); i-- > 0;) {
      if (++index[i] < shape[static_cast<int>(dims[i])]) break;
      index[i] = 0;
    }
  }
  return result;
}

TEST(PermuteTest, EveryOrderOfFourDims) {
  for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{3, 1, 17, 2}}) {
    const HostTensor x = count_up({DType::f32, shape});
    Dims dims{0, 1, 2, 3};
    do {
      EXPECT_THAT(evaluate([&](auto v) { return permute(v[0], dims); }, {x}), has_values(expected(x, dims)));
    } while (std::next_permutation(dims.begin(), dims.end()));
  }
}

TEST(PermuteTest, MovesElementsOfEverySize) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::boolean}) {
    const HostTensor x = count_up({dtype, {19, 33}});
    EXPECT_THAT(evaluate([](auto v) { return permute(v[0], {1, 0}); }, {x}), has_values(expected(x, {1, 0})));
  }
}

TEST(PermuteTest, OfNoElementsAndOfAScalar) {
  const HostTensor none = evaluate(
      [](auto v) {
        return permute(v[0], {2, 0, 1});
      },
      {HostTensor({DType::f32, {2, 0, 3}})});
  EXPECT_EQ(none.type().str(), "f32[3,2,0]");
  EXPECT_EQ(tensor(5.).permute({}).item(), 5);
}

TEST(PermuteTest, MovingExtentsOfOneIsAReshape) {
  Graph graph;
  Builder b(graph);
  const Value x = b.value({graph.add_input({DType::f32, {3, 1, 4}}), 0});
  EXPECT_EQ(graph.node(permute(x, {1, 0, 2}).id().node).op->name, "reshape");
  EXPECT_EQ(graph.node(permute(x, {2, 1, 0}).id().node).op->name, "permute");
}

TEST(PermuteTest, GradientIsPermutedBack) {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}}).requires_grad_();
  (x.permute({1, 0}) * tensor({{1., 2.}, {3., 4.}, {5., 6.}})).sum().backward();
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(PermuteTest, RefusesWhatIsNoOrderOfTheDims) {
  const Tensor x = zeros({2, 3});
  EXPECT_THAT([&] { x.permute({0}); }, ThrowsMessage<Error>(HasSubstr("[permute] a: f32[2,3]: dims must name each")));
  EXPECT_THAT([&] { x.permute({0, 0}); }, ThrowsMessage<Error>(HasSubstr("dims must name each")));
  EXPECT_THAT([&] { x.permute({0, -2}); }, ThrowsMessage<Error>(HasSubstr("dims must name each")));
  EXPECT_THAT([&] { x.permute({0, 2}); }, ThrowsMessage<Error>(HasSubstr("[permute]")));
  EXPECT_THAT([&] { tensor(1.).permute({0}); }, ThrowsMessage<Error>(HasSubstr("[permute]")));
}

TEST(PermuteTest, RefusesAttributesThatDoNotFit) {
  const auto with = [](Attrs attrs) {
    evaluate([&](auto v) { return v[0].builder().record(*find_op("permute"), v, attrs); },
             {HostTensor({DType::f32, {2, 2}})});
  };
  EXPECT_THAT([&] { with({}); }, ThrowsMessage<Error>(HasSubstr("attribute 'dims'")));
  EXPECT_THAT([&] { with({{"dims", Dims{1, 2}}}); }, ThrowsMessage<Error>(HasSubstr("dims must name each")));
  EXPECT_THAT([&] { with({{"dims", Dims{-1, 0}}}); }, ThrowsMessage<Error>(HasSubstr("dims must name each")));
}

TEST(TransposeTest, SwapsTwoDims) {
  const Tensor x = arange(6).view({1, 2, 3});
  EXPECT_EQ(x.transpose(0, -1).shape(), Shape({3, 2, 1}));
  EXPECT_THAT(x.transpose(1, 2).to_vector<std::int64_t>(), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_EQ(tensor(1.).transpose(0, -1).shape(), Shape());
  EXPECT_STREQ(zeros({2, 2}).requires_grad_().transpose(0, 1).grad_fn().name(), "TransposeBackward0");
}

TEST(TransposeTest, RefusesADimOutOfRange) {
  EXPECT_THAT([] { zeros({2, 3}).transpose(0, 2); }, ThrowsMessage<Error>(HasSubstr("[transpose]")));
  EXPECT_THAT([] { tensor(1.).transpose(0, 1); }, ThrowsMessage<Error>(HasSubstr("[transpose]")));
}

TEST(TTest, TransposesMatricesAndKeepsVectors) {
  EXPECT_THAT(arange(4).view({2, 2}).t().to_vector<std::int64_t>(), ElementsAre(0, 2, 1, 3));
  EXPECT_EQ(zeros({3}).t().shape(), Shape({3}));
  EXPECT_STREQ(zeros({2, 2}).requires_grad_().t().grad_fn().name(), "TBackward0");
  EXPECT_THAT([] { zeros({2, 2, 2}).t(); }, ThrowsMessage<Error>(HasSubstr("[t] a: f32[2,2,2]")));
}

}  // namespace
}  // namespace weft
