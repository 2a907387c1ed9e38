// Tables of rows: values and gradients by PyTorch 2.14 in f64. Each case is named by PyTorch's expression.
#include <gmock/gmock.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {R"(weighted(F.embedding(T([[2,0],[1,2]]),a))*b[:2])",
     [](const Tensor& a, const Tensor& b) {
       return weighted(embedding(tensor({{2, 0}, {1, 2}}), a)) * b.narrow(0, 0, 2);
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.7575,
     {0.075, -0.4, 0.125, -0.6, 0.2, -1},
     {1.23, -0.45, 0, 0}},
    {R"(weighted(F.embedding(T([[2,0],[1,2]]),a,padding_idx=-1)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding(tensor({{2, 0}, {1, 2}}), a, {.padding_idx = -1}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.78,
     {0.3, 0.4, 0.5, 0.6, 0, 0},
     {}},
    {R"(weighted(F.embedding(T([[2,0],[1,2]]),a,padding_idx=1,scale_grad_by_freq=True)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding(tensor({{2, 0}, {1, 2}}), a, {.padding_idx = 1, .scale_grad_by_freq = true}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.78,
     {0.3, 0.4, 0, 0, 0.4, 0.5},
     {}},
    {R"(weighted(F.embedding(T(1),a)))",
     [](const Tensor& a, const Tensor&) { return weighted(embedding(tensor(1), a)); },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.35,
     {0, 0, 0.1, 0.2, 0, 0},
     {}},
    {R"(weighted(F.embedding_bag(T([[2,0],[1,2]]),a,mode='sum')))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({{2, 0}, {1, 2}}), a, {}, {.mode = BagMode::sum}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.5,
     {0.1, 0.2, 0.3, 0.4, 0.4, 0.6},
     {}},
    {R"(weighted(F.embedding_bag(T([[2,0],[1,2]]),a,mode='sum',padding_idx=2)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({{2, 0}, {1, 2}}), a, {}, {.mode = BagMode::sum, .padding_idx = 2}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.7,
     {0.1, 0.2, 0.3, 0.4, 0, 0},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,3,3]),mode='sum')))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 3, 3}), {.mode = BagMode::sum}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     -0.11,
     {0.1, 0.2, 0.1, 0.2, 0.6, 0.8},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,2,4]),mode='sum',include_last_offset=True)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 2, 4}),
                                     {.mode = BagMode::sum, .include_last_offset = true}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.5,
     {0.1, 0.2, 0.3, 0.4, 0.4, 0.6},
     {}},
    {R"(weighted(F.embedding_bag(T([[2,0],[1,2]]),a,mode='mean')))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({{2, 0}, {1, 2}}), a, {}, {.mode = BagMode::mean}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.25,
     {0.05, 0.1, 0.15, 0.2, 0.2, 0.3},
     {}},
    {R"(weighted(F.embedding_bag(T([[2,0],[1,2]]),a,mode='mean',padding_idx=2)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({{2, 0}, {1, 2}}), a, {}, {.mode = BagMode::mean, .padding_idx = 2}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.7,
     {0.1, 0.2, 0.3, 0.4, 0, 0},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,3,3]),mode='mean')))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 3, 3}), {.mode = BagMode::mean}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     -0.163333333333,
     {0.0333333333333, 0.0666666666667, 0.0333333333333, 0.0666666666667, 0.533333333333, 0.666666666667},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,2,4]),mode='mean',include_last_offset=True)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 2, 4}),
                                     {.mode = BagMode::mean, .include_last_offset = true}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.25,
     {0.05, 0.1, 0.15, 0.2, 0.2, 0.3},
     {}},
    {R"(weighted(F.embedding_bag(T([[2,0],[1,2]]),a,mode='max')))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({{2, 0}, {1, 2}}), a, {}, {.mode = BagMode::max}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.87,
     {0.1, 0, 0.3, 0.4, 0, 0.2},
     {}},
    {R"(weighted(F.embedding_bag(T([[2,0],[1,2]]),a,mode='max',padding_idx=2)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({{2, 0}, {1, 2}}), a, {}, {.mode = BagMode::max, .padding_idx = 2}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.7,
     {0.1, 0.2, 0.3, 0.4, 0, 0},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,3,3]),mode='max')))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 3, 3}), {.mode = BagMode::max}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.16,
     {0, 0, 0.1, 0.2, 0.5, 0.6},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,2,4]),mode='max',include_last_offset=True)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 2, 4}),
                                     {.mode = BagMode::max, .include_last_offset = true}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.87,
     {0.1, 0, 0.3, 0.4, 0, 0.2},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,1]),mode='sum',scale_grad_by_freq=True)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(
           embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 1}), {.mode = BagMode::sum, .scale_grad_by_freq = true}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.35,
     {0.3, 0.4, 0.3, 0.4, 0.2, 0.3},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,1]),mode='mean',scale_grad_by_freq=True)))",
     [](const Tensor& a, const Tensor&) {
       return weighted(
           embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 1}), {.mode = BagMode::mean, .scale_grad_by_freq = true}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.07,
     {0.1, 0.133333333333, 0.1, 0.133333333333, 0.1, 0.166666666667},
     {}},
    {R"(weighted(F.embedding_bag(T([2,0,1,2]),a,T([0,1]),mode='sum',padding_idx=0,per_sample_weights=b)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(
           embedding_bag(tensor({2, 0, 1, 2}), a, tensor({0, 1}), {.mode = BagMode::sum, .padding_idx = 0}, b));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.075,
     {0, 0, 0.15, 0.2, 0.85, 1.15},
     {-0.07, 0, 0.9, -0.13}},
    {R"(weighted(F.embedding_bag(T([[2,0],[1,2]]),a,mode='sum',per_sample_weights=b.reshape(2,2))))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(embedding_bag(tensor({{2, 0}, {1, 2}}), a, {}, {.mode = BagMode::sum}, b.reshape({2, 2})));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0.275,
     {-0.1, -0.2, 0.15, 0.2, 0.85, 1.15},
     {-0.07, -0.2, 0.9, -0.13}},
    {R"(weighted(F.embedding_bag(T([2,1,0]),a-a.detach(),T([0]),mode='max')))",
     [](const Tensor& a, const Tensor&) {
       return weighted(embedding_bag(tensor({2, 1, 0}), a - a.detach(), tensor({0}), {.mode = BagMode::max}));
     },
     {{0.5, -1.25}, {2, 0.75}, {0.1, -0.4}},
     {0.25, -1, 0.5, 2.75},
     0,
     {0, 0, 0, 0, 0.1, 0.2},
     {}},
};

class Embeddings : public testing::TestWithParam<PyTorchCase> {};

TEST_P(Embeddings, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, Embeddings, testing::ValuesIn(kCases));

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(EmbeddingTest, IndicesOfAnyShapeGiveRows) {
  const Tensor table = tensor({{1, 2}, {3, 4}}, kFloat32);
  EXPECT_EQ(embedding(tensor(1), table).shape(), (Shape{2}));
  EXPECT_EQ(embedding(zeros({2, 0, 3}, kInt64), table).shape(), (Shape{2, 0, 3, 2}));
  EXPECT_EQ(embedding(zeros({0}, kInt64), zeros({0, 5})).shape(), (Shape{0, 5}));
}

TEST(EmbeddingTest, NumbersOfThirtyTwoBitsAreIndices) {
  const Tensor table = tensor({{1, 2}, {3, 4}}, kFloat32), index = tensor({1, 0}, kInt32);
  EXPECT_THAT(embedding(index, table).to_vector<float>(), ElementsAre(3, 4, 1, 2));
  EXPECT_THAT(embedding_bag(index, table, tensor({0, 1}, kInt32)).to_vector<float>(), ElementsAre(3, 4, 1, 2));
}

TEST(EmbeddingTest, BagsWithoutRowsAreZeros) {
  const Tensor table = ones({3, 2}).requires_grad_();
  for (const BagMode mode : {BagMode::sum, BagMode::mean, BagMode::max}) {
    const Tensor none = embedding_bag(zeros({0}, kInt64), table, tensor({0, 0}), {.mode = mode});
    EXPECT_THAT(none.to_vector<float>(), ElementsAre(0, 0, 0, 0));
    EXPECT_THAT(grad({none.sum()}, {table})[0].to_vector<float>(), Each(0));
    EXPECT_THAT(embedding_bag(zeros({1, 0}, kInt64), table, {}, {.mode = mode}).to_vector<float>(), ElementsAre(0, 0));
    EXPECT_EQ(embedding_bag(zeros({2}, kInt64), table, zeros({0}, kInt64), {.mode = mode}).shape(), (Shape{0, 2}));
    EXPECT_EQ(
        embedding_bag(zeros({2}, kInt64), table, tensor({0}), {.mode = mode, .include_last_offset = true}).shape(),
        (Shape{0, 2}));
  }
}

TEST(EmbeddingTest, IndicesBehindTheLastOffsetAreInNoBag) {
  const Tensor table = tensor({{1, 2}, {3, 4}}, kFloat32);
  const Tensor sums = embedding_bag(tensor({0, 1, 1, 0}), table, tensor({0, 1, 3}),
                                    {.mode = BagMode::sum, .include_last_offset = true});
  EXPECT_THAT(sums.to_vector<float>(), ElementsAre(1, 2, 6, 8));
}

TEST(EmbeddingTest, AMaximumIsTheFirstOneAlsoOfNan) {
  const Tensor table = tensor({{kNan, 1.0}, {2.0, kNan}});
  const std::vector<float> largest =
      embedding_bag(tensor({{0, 1}}), table, {}, {.mode = BagMode::max}).to_vector<float>();
  EXPECT_TRUE(std::isnan(largest[0]));
  EXPECT_EQ(largest[1], 1);
}

TEST(EmbeddingTest, OffsetsAreCheckedWhenTheyAreRead) {
  const Tensor table = ones({3, 2}), index = tensor({0, 1, 2});
  const auto with = [&](const Tensor& offsets) {
    return refusal([&] { embedding_bag(index, table, offsets).to_vector<float>(); });
  };
  EXPECT_THAT(with(tensor({1, 2})), HasSubstr("[embedding_bag] offsets: i64[2]: offsets[0] is 1"));
  EXPECT_THAT(with(tensor({0, 2, 1})), HasSubstr("offsets[2] is 1: offsets must ascend"));
  EXPECT_THAT(with(tensor({0, 4})), HasSubstr("offsets[1] is 4: more than the 3 indices"));
}

TEST(EmbeddingTest, ModulesStartAsNormalNumbersWithAPaddingRowOfZeros) {
  manual_seed(1);
  const nn::Embedding words(200, 50, {.padding_idx = -1});
  EXPECT_EQ(words.str(), "Embedding(200, 50, padding_idx=199)");
  EXPECT_THAT(words.weight[199].to_vector<float>(), Each(0));
  EXPECT_NEAR(words.weight.mean().item(), 0, 0.03);
  EXPECT_NEAR(std(words.weight).item(), 1, 0.03);
  const nn::EmbeddingBag bag(4, 3, {.mode = BagMode::sum});
  EXPECT_EQ(bag.str(), "EmbeddingBag(4, 3, mode='sum')");
  EXPECT_EQ(bag.named_parameters()[0].first, "weight");
}

TEST(EmbeddingTest, PartsOfASequentialDrawFromLeftToRight) {
  const auto values = [](const nn::Module& model) { return model.parameters()[0].to_vector<float>(); };
  manual_seed(3);
  nn::Sequential expected;
  expected.push_back(nn::Embedding(5, 2, {.padding_idx = 3}));
  expected.push_back(nn::Linear(2, 3));
  manual_seed(3);
  EXPECT_EQ(values(nn::Sequential(nn::Embedding(5, 2, {.padding_idx = 3}), nn::Linear(2, 3))), values(expected));
}

TEST(EmbeddingTest, ATableLearnsAsInEagerUse) {
  const Tensor index = tensor({{0, 3, 0}, {1, 0, 2}});
  const auto train = [&](bool compiled) {
    manual_seed(5);
    nn::Embedding table(4, 3);
    optim::SGD optimizer(table.parameters(), {.lr = 0.5});
    const auto lines = [&](Tensor i) {
      const Tensor loss = square(table(i)).sum();
      loss.backward();
      optimizer.step();
      optimizer.zero_grad();
      return loss;
    };
    auto step = compile(lines);
    for (int k = 0; k < 3; ++k) compiled ? step(index) : lines(index);
    return table.weight.to_vector<float>();
  };
  EXPECT_EQ(train(true), train(false));
}

}  // namespace
}  // namespace weft
