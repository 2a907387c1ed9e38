// Mini-batches: which rows they hold, and in which order.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "weft/data.h"
#include "weft/ops.h"

namespace weft::data {
namespace {

using Ints = std::vector<std::int64_t>;

// Example i: inputs {2i, 2i + 1}, target i.
Dataset numbered(std::int64_t n) {
  std::vector<float> inputs;
  Ints targets;
  for (std::int64_t i = 0; i < n; ++i) {
    inputs.insert(inputs.end(), {static_cast<float>(2 * i), static_cast<float>(2 * i + 1)});
    targets.push_back(i);
  }
  return {from_data(std::span<const float>(inputs), {n, 2}), from_data(std::span<const std::int64_t>(targets), {n})};
}

template <class T>
Tensor zeros_of(const Shape& shape) {
  const std::vector<T> values(static_cast<std::size_t>(shape.numel()));
  return from_data(std::span<const T>(values), shape);
}
Tensor zeros_f32(const Shape& shape) { return zeros_of<float>(shape); }
Tensor zeros_i64(const Shape& shape) { return zeros_of<std::int64_t>(shape); }

// The targets of an epoch, in order.
Ints order(DataLoader& loader) {
  Ints all;
  for (auto [inputs, targets] : loader)
    for (const std::int64_t target : targets.to_vector<std::int64_t>()) all.push_back(target);
  return all;
}

std::string error_of(const Dataset& dataset, const DataLoaderOptions& options) {
  try {
    DataLoader loader(dataset, options);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

static_assert(std::input_iterator<DataLoader::Iterator>);

TEST(DataLoader, KeepsTheOrderUnlessShuffled) {
  DataLoader loader(numbered(5), {.batch_size = 2});
  EXPECT_EQ(order(loader), (Ints{0, 1, 2, 3, 4}));
  EXPECT_EQ(order(loader), (Ints{0, 1, 2, 3, 4}));
}

TEST(DataLoader, LastBatchHoldsTheRest) {
  DataLoader loader(numbered(5), {.batch_size = 2});
  std::vector<Shape> inputs, targets;
  for (auto [x, y] : loader) {
    inputs.push_back(x.shape());
    targets.push_back(y.shape());
  }
  EXPECT_EQ(inputs, (std::vector<Shape>{{2, 2}, {2, 2}, {1, 2}}));
  EXPECT_EQ(targets, (std::vector<Shape>{{2}, {2}, {1}}));
  EXPECT_EQ(loader.num_batches(), 3);
  EXPECT_EQ(loader.size(), 5);
}

TEST(DataLoader, DropLastLeavesThePartialBatchOut) {
  DataLoader loader(numbered(5), {.batch_size = 2, .drop_last = true});
  EXPECT_EQ(order(loader), (Ints{0, 1, 2, 3}));
  EXPECT_EQ(loader.num_batches(), 2);
  EXPECT_EQ(DataLoader(numbered(4), {.batch_size = 2, .drop_last = true}).num_batches(), 2);
  EXPECT_EQ(DataLoader(numbered(1), {.batch_size = 2, .drop_last = true}).num_batches(), 0);
}

TEST(DataLoader, ABatchMayBeLargerThanTheSet) {
  DataLoader loader(numbered(3), {.batch_size = std::int64_t{1} << 62});
  EXPECT_EQ(order(loader), (Ints{0, 1, 2}));
  EXPECT_EQ(loader.num_batches(), 1);
}

TEST(DataLoader, InputsStayWithTheirTargets) {
  DataLoader loader(numbered(7), {.batch_size = 3, .shuffle = true, .seed = 4});
  for (auto [inputs, targets] : loader) {
    const std::vector<float> x = inputs.to_vector<float>();
    const Ints y = targets.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < y.size(); ++i) {
      EXPECT_EQ(x[2 * i], static_cast<float>(2 * y[i]));
      EXPECT_EQ(x[2 * i + 1], static_cast<float>(2 * y[i] + 1));
    }
  }
}

TEST(DataLoader, AShuffledEpochHasEachExampleOnce) {
  DataLoader loader(numbered(100), {.batch_size = 7, .shuffle = true});
  Ints seen = order(loader), all(100);
  for (std::int64_t i = 0; i < 100; ++i) all[static_cast<std::size_t>(i)] = i;
  EXPECT_NE(seen, all);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, all);
}

TEST(DataLoader, EachEpochHasAnOrderOfItsOwnThatCanBeReplayed) {
  const DataLoaderOptions options{.batch_size = 8, .shuffle = true, .seed = 3};
  DataLoader loader(numbered(50), options), again(numbered(50), options);
  const Ints first = order(loader), second = order(loader);
  EXPECT_NE(first, second);
  EXPECT_EQ(order(again), first);
  EXPECT_EQ(again.epoch(), 1u);
  again.set_epoch(0);
  EXPECT_EQ(order(again), first);
  EXPECT_EQ(order(again), second);
}

TEST(DataLoader, SeedsGiveDifferentOrders) {
  DataLoader a(numbered(50), {.shuffle = true, .seed = 1}), b(numbered(50), {.shuffle = true, .seed = 2});
  EXPECT_NE(order(a), order(b));
}

TEST(DataLoader, BatchSizeDoesNotChangeTheOrder) {
  DataLoader a(numbered(50), {.batch_size = 1, .shuffle = true}), b(numbered(50), {.batch_size = 9, .shuffle = true});
  EXPECT_EQ(order(a), order(b));
}

// The promise that a seed means the same on every machine.
TEST(DataLoader, TheOrderOfASeedIsFixed) {
  DataLoader loader(numbered(8), {.shuffle = true, .seed = 42});
  EXPECT_EQ(order(loader), (Ints{4, 3, 2, 1, 0, 5, 7, 6}));
}

// 24 orders of four, 100 times each on average: five standard deviations are 49.
TEST(DataLoader, AllOrdersComeUpEquallyOften) {
  DataLoader loader(numbered(4), {.batch_size = 4, .shuffle = true, .seed = 9});
  std::map<Ints, int> times;
  for (int epoch = 0; epoch < 2400; ++epoch) ++times[order(loader)];
  EXPECT_EQ(times.size(), 24u);
  for (const auto& [permutation, count] : times) EXPECT_NEAR(count, 100, 49);
}

TEST(DataLoader, TakesEveryElementTypeAndRank) {
  const bool flags[] = {true, false, false, true};
  const Dataset dataset{tensor({{{1.5, 2.5}}, {{3.5, 4.5}}}, kFloat64),
                        from_data(std::span<const bool>(flags), {2, 2})};
  for (const bool shuffle : {false, true}) {
    DataLoader loader(dataset, {.batch_size = 1, .shuffle = shuffle});
    for (auto [inputs, targets] : loader) {
      ASSERT_EQ(inputs.shape(), Shape({1, 1, 2}));
      const bool first = inputs.to_vector<double>() == std::vector<double>{1.5, 2.5};
      EXPECT_EQ(targets.to_vector<bool>(), first ? (std::vector<bool>{true, false}) : (std::vector<bool>{false, true}));
    }
  }
}

TEST(DataLoader, NoExamplesGiveNoBatches) {
  DataLoader loader({zeros_f32({0, 3}), zeros_i64({0})}, {.batch_size = 4, .shuffle = true});
  EXPECT_EQ(loader.num_batches(), 0);
  EXPECT_EQ(order(loader), Ints{});
}

TEST(DataLoader, RowsMayHaveNoElements) {
  DataLoader loader({zeros_f32({3, 0}), numbered(3).targets}, {.batch_size = 2, .shuffle = true});
  for (auto [inputs, targets] : loader) EXPECT_EQ(inputs.shape(), Shape({targets.size(0), 0}));
  EXPECT_EQ(order(loader).size(), 3u);
}

TEST(DataLoader, ABatchDoesNotShareMemoryWithTheSet) {
  const Dataset dataset = numbered(2);
  DataLoader loader(dataset, {.batch_size = 2});
  const Batch batch = *loader.begin();
  Tensor inputs = dataset.inputs;
  inputs.mutable_data_ptr<float>()[0] = 77;
  EXPECT_EQ(batch.inputs.to_vector<float>()[0], 0);
  EXPECT_EQ((*loader.begin()).inputs.to_vector<float>()[0], 77);
}

TEST(DataLoader, BatchesNeedNoGradient) {
  Dataset dataset = numbered(2);
  dataset.inputs.requires_grad_();
  EXPECT_FALSE((*DataLoader(dataset, {}).begin()).inputs.requires_grad());
}

TEST(DataLoader, APassOutlivesItsLoader) {
  auto loader = std::make_unique<DataLoader>(numbered(3), DataLoaderOptions{.batch_size = 1});
  auto it = loader->begin();
  loader.reset();
  ++it;
  EXPECT_EQ((*it).targets.item<std::int64_t>(), 1);
}

TEST(DataLoader, RefusesBatchSizesBelowOne) {
  EXPECT_NE(error_of(numbered(3), {.batch_size = 0}).find("batch_size: 0: batch_size must be positive"),
            std::string::npos);
  EXPECT_NE(error_of(numbered(3), {.batch_size = -1}), "");
}

TEST(DataLoader, RefusesSetsThatAreNoPairs) {
  const std::string text = error_of({zeros_f32({3, 2}), zeros_i64({4})}, {});
  EXPECT_NE(text.find("[DataLoader] inputs: f32[3,2], targets: i64[4]"), std::string::npos) << text;
  EXPECT_NE(text.find("there must be one target for each input"), std::string::npos) << text;
  EXPECT_NE(error_of({Tensor(), zeros_f32({4})}, {}).find("inputs: undefined"), std::string::npos);
  EXPECT_NE(error_of({zeros_f32({4}), Tensor()}, {}).find("must be defined"), std::string::npos);
  EXPECT_NE(error_of({tensor(1.0), tensor(1.0)}, {}).find("a scalar has no rows"), std::string::npos);
}

}  // namespace
}  // namespace weft::data
