#include <gmock/gmock.h>
#include <omp.h>

#include <fstream>
#include <thread>

#include "ops/kernels/onednn/onednn.h"
#include "ops/values.h"
#include "tests/testing/evaluate.h"
#include "tests/testing/matchers.h"
#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

// Whole numbers in [-3, 3], so that every sum of products is exact in f32 and the order of summation cannot show.
HostTensor whole_numbers(const TensorType& type, int seed) {
  HostTensor x(type);
  for (std::int64_t i = 0; i < x.numel(); ++i) x.set(i, static_cast<double>((i * 37 + i / 7 + seed * 11) % 7 - 3));
  return x;
}

HostTensor product(const HostTensor& a, bool ta, const HostTensor& b, bool tb) {
  return evaluate([=](auto v) { return matmul(v[0], ta, v[1], tb); }, {a, b});
}

std::vector<double> triple_loop(const HostTensor& a, bool ta, const HostTensor& b, bool tb, std::int64_t batch,
                                std::int64_t m, std::int64_t n, std::int64_t k) {
  std::vector<double> c;
  for (std::int64_t s = 0; s < batch; ++s)
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t l = 0; l < k; ++l)
          sum += a.at(s * m * k + (ta ? l * m + i : i * k + l)) * b.at(s * k * n + (tb ? j * k + l : l * n + j));
        c.push_back(sum);
      }
  return c;
}

// Extents around vectors, tiles and the borders between our own kernels and oneDNN.
TEST(MatmulTest, AgreesWithATripleLoopForEveryShapeAndTransposition) {
  const std::int64_t extents[][3] = {{1, 1, 1},    {1, 5, 3},      {5, 1, 3},   {5, 3, 1},    {2, 2, 2},
                                     {3, 17, 5},   {4, 33, 16},    {7, 64, 31}, {16, 16, 16}, {1, 70, 300},
                                     {70, 1, 300}, {4, 20, 40},    {5, 20, 40}, {13, 9, 270}, {33, 31, 29},
                                     {70, 65, 66}, {17, 130, 140}, {1, 1, 100}, {2, 100, 600}};
  for (const auto& [m, n, k] : extents) {
    for (const DType dtype : {DType::f32, DType::f64, DType::i64}) {
      for (const bool ta : {false, true}) {
        for (const bool tb : {false, true}) {
          const HostTensor a = whole_numbers({dtype, ta ? Shape{k, m} : Shape{m, k}}, 1);
          const HostTensor b = whole_numbers({dtype, tb ? Shape{n, k} : Shape{k, n}}, 2);
          EXPECT_THAT(product(a, ta, b, tb), has_values(triple_loop(a, ta, b, tb, 1, m, n, k)))
              << m << "x" << n << "x" << k << (ta ? " a transposed" : "") << (tb ? " b transposed" : "");
        }
      }
    }
  }
}

TEST(MatmulTest, MultipliesBatches) {
  for (const std::int64_t size : {3, 70}) {  // our own kernel, oneDNN
    for (const DType dtype : {DType::f32, DType::f64, DType::i64}) {
      const HostTensor a = whole_numbers({dtype, {3, size, 5 * size}}, 1),
                       b = whole_numbers({dtype, {3, size, 5 * size}}, 2);
      EXPECT_THAT(product(a, false, b, true), has_values(triple_loop(a, false, b, true, 3, size, size, 5 * size)));
    }
  }
}

// A batch of this size is no longer one for oneDNN.
TEST(MatmulTest, SumsOfALongInnerDimAreAccurate) {
  constexpr std::int64_t kBatch = 3, kRows = 2, kLong = 1 << 20;
  for (const bool transposed : {false, true}) {
    HostTensor a({DType::f32, {kBatch, kRows, kLong}}),
        b({DType::f32, transposed ? Shape{kBatch, kRows, kLong} : Shape{kBatch, kLong, kRows}});
    double exact = 0;
    for (std::int64_t i = 0; i < a.numel(); ++i) a.as<float>()[i] = static_cast<float>(i % kLong * 7919 % 1000) / 1000;
    for (std::int64_t i = 0; i < kLong; ++i) exact += a.at(i);
    std::fill_n(b.as<float>(), b.numel(), 1.0f);
    for (const double c : product(a, false, b, transposed).doubles()) EXPECT_NEAR(c, exact, 2e-6 * exact);
  }
}

TEST(MatmulTest, OneMatrixServesABatchOnEitherSide) {
  for (const std::int64_t size : {3, 70}) {
    const HostTensor batch = whole_numbers({DType::f32, {2, size, size}}, 1),
                     one = whole_numbers({DType::f32, {size, size}}, 2);
    HostTensor twice({DType::f32, {2, size, size}});
    for (std::int64_t i = 0; i < twice.numel(); ++i) twice.set(i, one.at(i % one.numel()));
    for (const bool transposed : {false, true}) {
      EXPECT_THAT(product(batch, transposed, one, false), has_bits_of(product(batch, transposed, twice, false)));
      EXPECT_THAT(product(one, transposed, batch, false), has_bits_of(product(twice, transposed, batch, false)));
    }
  }
}

TEST(MatmulTest, OfMatrices) {
  const Tensor a = tensor({{1., 2.}, {3., 4.}}), b = tensor({{5., 6.}, {7., 8.}});
  EXPECT_THAT(matmul(a, b).to_vector<float>(), ElementsAre(19, 22, 43, 50));
  EXPECT_THAT(a.t().matmul(b).to_vector<float>(), ElementsAre(26, 30, 38, 44));
}

TEST(MatmulTest, OfVectors) {
  const Tensor v = tensor({1., 2.}), m = tensor({{1., 2.}, {3., 4.}});
  EXPECT_EQ(matmul(v, v).shape(), Shape());
  EXPECT_EQ(matmul(v, v).item(), 5);
  EXPECT_THAT(matmul(m, v).to_vector<float>(), ElementsAre(5, 11));
  EXPECT_THAT(matmul(v, m).to_vector<float>(), ElementsAre(7, 10));
}

TEST(MatmulTest, ShapesFollowTorch) {
  const auto shape = [](const Shape& a, const Shape& b) { return matmul(zeros(a), zeros(b)).shape(); };
  EXPECT_EQ(shape({5, 2, 3}, {3}), Shape({5, 2}));
  EXPECT_EQ(shape({3}, {5, 3, 2}), Shape({5, 2}));
  EXPECT_EQ(shape({5, 2, 3}, {3, 4}), Shape({5, 2, 4}));
  EXPECT_EQ(shape({2, 3}, {5, 3, 4}), Shape({5, 2, 4}));
  EXPECT_EQ(shape({6, 1, 2, 3}, {5, 3, 4}), Shape({6, 5, 2, 4}));
  EXPECT_EQ(shape({1, 1, 2, 3}, {3, 4}), Shape({1, 1, 2, 4}));
  EXPECT_EQ(shape({1, 5, 2, 3}, {5, 3, 4}), Shape({1, 5, 2, 4}));
}

TEST(MatmulTest, BroadcastsBatches) {
  // [2,1] batches of 1x1 times [3] batches of 1x1: an outer product.
  const Tensor a = tensor({1., 2.}).view({2, 1, 1, 1}), b = tensor({1., 10., 100.}).view({3, 1, 1});
  EXPECT_THAT(matmul(a, b).to_vector<float>(), ElementsAre(1, 10, 100, 2, 20, 200));
}

TEST(MatmulTest, OfNoElements) {
  EXPECT_THAT(matmul(zeros({0, 3}), zeros({3, 2})).to_vector<float>(), IsEmpty());
  EXPECT_THAT(matmul(zeros({2, 0}), zeros({0, 2})).to_vector<float>(), ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(matmul(zeros({0}), zeros({0})).item(), 0);
  EXPECT_EQ(matmul(zeros({0, 2, 3}), zeros({3, 4})).shape(), Shape({0, 2, 4}));
  EXPECT_EQ(matmul(zeros({0, 2, 3}), zeros({1, 3, 4})).shape(), Shape({0, 2, 4}));
}

TEST(MatmulTest, GradientsOfAKnownProduct) {
  const Tensor a = tensor({{1., 2.}, {3., 4.}}).requires_grad_(), b = tensor({{5., 6.}, {7., 8.}}).requires_grad_();
  const Tensor c = matmul(a, b);
  EXPECT_STREQ(c.grad_fn().name(), "MmBackward0");
  c.sum().backward();
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(11, 15, 11, 15));
  EXPECT_THAT(b.grad().to_vector<float>(), ElementsAre(4, 4, 6, 6));
}

TEST(MatmulTest, GradientOfAMatrixThatServesABatchIsTheSum) {
  const Tensor a = ones({2, 3}).requires_grad_(), b = ones({4, 3, 1}).requires_grad_();
  matmul(a, b).sum().backward();
  EXPECT_THAT(a.grad().to_vector<float>(), ElementsAre(4, 4, 4, 4, 4, 4));
  EXPECT_EQ(b.grad().shape(), Shape({4, 3, 1}));
  EXPECT_EQ(b.grad().sum().item(), 24);
}

TEST(MatmulTest, GradientsTransposeNothingInMemory) {
  Graph graph;
  Builder builder(graph);
  const Value a = builder.value({graph.add_input({DType::f32, {2, 3}}, true), 0});
  const Value b = builder.value({graph.add_input({DType::f32, {3, 4}}, true), 0});
  const Value c = matmul(a, b);
  differentiate(builder, std::array{c}, std::array{full(builder, c.type(), 1)}, std::array{a, b});
  for (NodeId n = 0; n < graph.size(); ++n) EXPECT_NE(graph.node(n).op->name, "permute");
}

TEST(MatmulTest, NamesGradientFunctionsAsTorch) {
  const auto name = [](const Shape& a, const Shape& b) {
    return std::string(matmul(zeros(a).requires_grad_(), zeros(b)).grad_fn().name());
  };
  EXPECT_EQ(name({2}, {2}), "DotBackward0");
  EXPECT_EQ(name({2, 2}, {2}), "MvBackward0");
  EXPECT_EQ(name({2, 2}, {2, 2}), "MmBackward0");
  EXPECT_EQ(name({3, 2, 2}, {3, 2, 2}), "UnsafeViewBackward0");
}

// A matrix that requires gradients before a batch: PyTorch multiplies transposed and transposes back, by a copy where
// it has to.
TEST(MatmulTest, NamesGradientFunctionsOfAMatrixBeforeABatchAsTorch) {
  const auto name = [](const Shape& a, const Shape& b) {
    return std::string(matmul(zeros(a).requires_grad_(), zeros(b)).grad_fn().name());
  };
  EXPECT_EQ(name({2, 3}, {5, 3, 4}), "CloneBackward0");
  EXPECT_EQ(name({1, 3}, {5, 3, 4}), "TransposeBackward0");
  EXPECT_EQ(name({2, 3}, {5, 3, 1}), "TransposeBackward0");
  EXPECT_EQ(name({2, 3}, {0, 3, 4}), "TransposeBackward0");
  EXPECT_EQ(name({2, 0}, {5, 0, 4}), "CloneBackward0");
  EXPECT_STREQ(matmul(zeros({2, 3}), zeros({5, 3, 4}).requires_grad_()).grad_fn().name(), "UnsafeViewBackward0");
}

TEST(MatmulTest, RefusesOperandsThatDoNotFit) {
  EXPECT_THAT(
      [] {
        matmul(zeros({2, 3}), zeros({4, 5}));
      },
      ThrowsMessage<Error>(HasSubstr("[matmul] a: f32[2,3], b: f32[4,5]: the columns of a are not the rows of b")));
  EXPECT_THAT([] { matmul(zeros({3}), zeros({4})); },
              ThrowsMessage<Error>(HasSubstr("[matmul] a: f32[3], b: f32[4]: the columns")));
  EXPECT_THAT(
      [] {
        matmul(zeros({2, 2, 3}), zeros({3, 3, 4}));
      },
      ThrowsMessage<Error>(HasSubstr("batches do not broadcast")));
  EXPECT_THAT([] { matmul(tensor(1.), zeros({2})); }, ThrowsMessage<Error>(HasSubstr("at least one dim")));
  EXPECT_THAT([] { matmul(zeros({2}), 3); }, ThrowsMessage<Error>(HasSubstr("at least one dim")));
  EXPECT_THAT([] { matmul(zeros({2}), zeros({2}, kFloat64)); }, ThrowsMessage<Error>(HasSubstr("dtypes differ")));
  EXPECT_THAT([] { matmul(zeros({2}, kBool), zeros({2}, kBool)); }, ThrowsMessage<Error>(HasSubstr("bool has no")));
  EXPECT_THAT([] { matmul(zeros({1 << 21, 0}), zeros({0, 1 << 21})); }, ThrowsMessage<Error>(HasSubstr("2^40")));
}

TEST(MatmulTest, RefusesAttributesThatDoNotFit) {
  const auto with = [](const Shape& b, Attrs attrs) {
    evaluate([&](auto v) { return v[0].builder().record(*find_op("matmul"), v, attrs); },
             {HostTensor({DType::f32, {2, 2, 3}}), HostTensor({DType::f32, b})});
  };
  EXPECT_THAT([&] { with({3, 4}, {}); }, ThrowsMessage<Error>(HasSubstr("attribute 'transpose_a'")));
  const Attrs plain{{"transpose_a", false}, {"transpose_b", false}};
  EXPECT_THAT([&] { with({3}, plain); }, ThrowsMessage<Error>(HasSubstr("wants matrices")));
  EXPECT_THAT([&] { with({5, 3, 4}, plain); }, ThrowsMessage<Error>(HasSubstr("batches differ")));
  EXPECT_THAT([&] { with({4, 3}, plain); }, ThrowsMessage<Error>(HasSubstr("the columns of a")));
}

// oneDNN multiplies large batches.
Kernel large_kernel(const TensorType& type, Attrs& attrs, std::array<const TensorType*, 2>& types) {
  attrs = {{"transpose_a", false}, {"transpose_b", false}};
  types = {&type, &type};
  return find_op("matmul")->compile({*find_op("matmul"), types, attrs, {}, std::span(&type, 1)});
}

TEST(OnednnTest, RestoresTheHostsThreadCount) {
  omp_set_num_threads(3);
  const HostTensor a = whole_numbers({DType::f32, {2, 130, 130}}, 1);
  product(a, false, a, false);
  EXPECT_EQ(omp_get_max_threads(), 3);
  omp_set_num_threads(1);
}

TEST(OnednnTest, StartsNoThread) {
  const auto threads = [] {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
      if (word == "Threads:") return status >> word, word;
    return std::string();
  };
  omp_set_num_threads(4);
  const HostTensor a = whole_numbers({DType::f32, {2, 256, 256}}, 1);
  const std::string before = threads();
  product(a, false, a, false);
  EXPECT_EQ(threads(), before);
  omp_set_num_threads(1);
}

TEST(OnednnTest, InstancesRunSideBySide) {
  const TensorType type{DType::f32, {2, 130, 130}};
  Attrs attrs;
  std::array<const TensorType*, 2> types;
  const Kernel kernel = large_kernel(type, attrs, types);
  ASSERT_TRUE(kernel.instance);
  const HostTensor b = whole_numbers(type, 9);
  std::array<bool, 4> equal{};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const HostTensor a = whole_numbers(type, t);
      const std::vector<double> expected = triple_loop(a, false, b, false, 2, 130, 130, 130);
      const KernelFn run = kernel.instance();
      HostTensor c(type), scratch({DType::boolean, {static_cast<std::int64_t>(kernel.scratch_bytes)}});
      const void* in[] = {a.data(), b.data()};
      void* out[] = {c.data()};
      bool ok = true;
      for (int i = 0; i < 20; ++i) {
        run({in, out, scratch.data(), 0});
        ok = ok && c.doubles() == expected;
      }
      equal[static_cast<std::size_t>(t)] = ok;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(equal, ElementsAre(true, true, true, true));
}

TEST(OnednnTest, RunWithoutAnInstanceComputesTheSame) {
  const TensorType type{DType::f32, {2, 130, 130}};
  Attrs attrs;
  std::array<const TensorType*, 2> types;
  const Kernel kernel = large_kernel(type, attrs, types);
  const HostTensor a = whole_numbers(type, 1);
  HostTensor c(type), scratch({DType::boolean, {static_cast<std::int64_t>(kernel.scratch_bytes)}});
  const void* in[] = {a.data(), a.data()};
  void* out[] = {c.data()};
  kernel.run({in, out, scratch.data(), 0});
  EXPECT_THAT(c, has_values(triple_loop(a, false, a, false, 2, 130, 130, 130)));
  EXPECT_TRUE(scratch.guard_is_intact());
  EXPECT_EQ(kernel.flops, 2.0 * 2 * 130 * 130 * 130);
}

}  // namespace
}  // namespace weft
