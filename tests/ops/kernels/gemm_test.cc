// The product of two matrices on every instruction set that this machine has.
#include "ops/kernels/gemm/gemm.h"

#include <gmock/gmock.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace weft {
namespace {

std::vector<std::int64_t> instruction_sets() {
  std::vector<std::int64_t> sets;
  for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1)
    sets.push_back(left & -left);
  return sets;
}

// Makes Highway choose among these instruction sets, until the end of the scope.
class UseTargets {
 public:
  explicit UseTargets(std::int64_t targets) { use(targets); }
  ~UseTargets() { use(0); }

 private:
  static void use(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

std::string name(const GemmShape& p) {
  return std::to_string(p.m) + "x" + std::to_string(p.n) + "x" + std::to_string(p.k) +
         (p.transpose_a ? " a transposed" : "") + (p.transpose_b ? " b transposed" : "");
}

// Extents around vectors, tiles, panels and the sizes from which operands are copied.
std::vector<GemmShape> products() {
  const std::int64_t extents[][3] = {{1, 1, 1},     {1, 5, 3},      {3, 70, 9},    {4, 33, 130},  {5, 3, 2},
                                     {6, 64, 7},    {7, 65, 64},    {13, 31, 129}, {16, 16, 2},   {17, 130, 140},
                                     {29, 96, 300}, {50, 15, 1},    {61, 200, 33}, {70, 129, 66}, {100, 10, 257},
                                     {49, 70, 128}, {1030, 67, 20}, {300, 140, 5}};
  std::vector<GemmShape> all;
  for (const auto& [m, n, k] : extents)
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) all.push_back({.m = m, .n = n, .k = k, .transpose_a = ta, .transpose_b = tb});
  return all;
}

// Several segments, of products by tiles and by dots.
std::vector<GemmShape> long_products() {
  std::vector<GemmShape> all;
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      all.push_back({.m = 3, .n = 67, .k = 3 * kSegment + 5, .transpose_a = ta, .transpose_b = tb});
  all.push_back({.m = 1, .n = 1, .k = 2 * kSegment, .transpose_b = true});
  return all;
}

template <class T>
std::vector<T> values(std::int64_t count, std::uint32_t seed) {
  std::vector<T> x(static_cast<std::size_t>(count));
  for (T& v : x) {
    seed = seed * 1664525 + 1013904223;
    v = static_cast<T>(seed >> 8) / static_cast<T>(1 << 23) - 1;
  }
  return x;
}

template <class T>
struct Operands {
  explicit Operands(const GemmShape& product)
      : p(product), a(values<T>(p.m * p.k, 1)), b(values<T>(p.k * p.n, 2)), c(static_cast<std::size_t>(p.m * p.n)) {}

  // With a mark behind the scratch that is allowed.
  void run(const Block& block, const GemmEpilogue<T>* epilogue = nullptr) {
    constexpr T kMark = 12345;
    const GemmPart<T> part(p, block, epilogue != nullptr);
    const std::size_t size = part.scratch();
    std::vector<T> scratch(size + 1, std::numeric_limits<T>::quiet_NaN());
    scratch[size] = kMark;
    gemm(part, a.data(), b.data(), epilogue ? nullptr : c.data(), scratch.data(), epilogue);
    EXPECT_EQ(scratch[size], kMark) << name(p);
  }
  void run_parts(const GemmEpilogue<T>* epilogue = nullptr) {
    for (const Block& part : parts_of(p)) run(part, epilogue);
  }
  Block all() const { return {0, 0, p.m, p.n}; }

  GemmShape p;
  std::vector<T> a, b, c;
};

template <class T>
bool same_bits(const std::vector<T>& x, const std::vector<T>& y) {
  return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0;
}

// The largest error, in units of the rounding error of a sum of k products.
template <class T>
double largest_error(const Operands<T>& o) {
  const GemmShape& p = o.p;
  const auto at = [](const std::vector<T>& x, std::int64_t i) {
    return static_cast<double>(x[static_cast<std::size_t>(i)]);
  };
  double worst = 0;
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      double sum = 0, size = 0;
      for (std::int64_t l = 0; l < p.k; ++l) {
        const double product =
            at(o.a, p.transpose_a ? l * p.m + i : i * p.k + l) * at(o.b, p.transpose_b ? j * p.k + l : l * p.n + j);
        sum += product;
        size += std::abs(product);
      }
      const double unit = static_cast<double>(p.k) * std::numeric_limits<T>::epsilon() * size;
      worst = std::max(worst, std::abs(at(o.c, i * p.n + j) - sum) / unit);
    }
  }
  return worst;
}

template <class T>
class GemmTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(GemmTest, Types);

TYPED_TEST(GemmTest, AgreesWithANaiveProduct) {
  for (const std::int64_t target : instruction_sets()) {
    const UseTargets use(target);
    for (const GemmShape& p : products()) {
      Operands<TypeParam> o(p);
      o.run(o.all());
      EXPECT_LE(largest_error(o), 1) << hwy::TargetName(target) << " " << name(p);
    }
  }
}

TYPED_TEST(GemmTest, PartsHaveTheBitsOfTheWhole) {
  std::vector<GemmShape> all = products();
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      all.push_back({.m = 390, .n = 410, .k = 150, .transpose_a = ta, .transpose_b = tb});
  for (const GemmShape& p : long_products()) all.push_back(p);
  for (const std::int64_t target : instruction_sets()) {
    const UseTargets use(target);
    for (const GemmShape& p : all) {
      Operands<TypeParam> whole(p), parts(p), ragged(p);
      whole.run(whole.all());
      parts.run_parts();
      EXPECT_TRUE(same_bits(whole.c, parts.c)) << hwy::TargetName(target) << " " << name(p);
      for (std::int64_t i = 0; i < p.m; i += 37)
        for (std::int64_t j = 0; j < p.n; j += 41)
          ragged.run({i, j, std::min<std::int64_t>(37, p.m - i), std::min<std::int64_t>(41, p.n - j)});
      EXPECT_TRUE(same_bits(whole.c, ragged.c)) << hwy::TargetName(target) << " " << name(p);
    }
  }
}

// What an epilogue was given: every element once, and rows from top to bottom within a column panel.
template <class T>
struct Collected {
  explicit Collected(const GemmShape& p) : n(p.n), values(static_cast<std::size_t>(p.m * p.n)), times(values.size()) {}

  static void take(void* context, const Block& block, const T* from, std::int64_t stride) {
    auto& to = *static_cast<Collected*>(context);
    to.ordered = to.ordered && (block.col != to.last.col || block.row == to.last.row + to.last.rows ||
                                block.row <= to.last.row);  // or of another part
    to.last = block;
    for (std::int64_t i = 0; i < block.rows; ++i) {
      for (std::int64_t j = 0; j < block.cols; ++j) {
        const auto at = static_cast<std::size_t>((block.row + i) * to.n + block.col + j);
        to.values[at] = from[i * stride + j];
        ++to.times[at];
      }
    }
  }

  std::int64_t n;
  std::vector<T> values;
  std::vector<int> times;
  Block last;
  bool ordered = true;
};

TYPED_TEST(GemmTest, AnEpilogueTakesEveryElementOnce) {
  std::vector<GemmShape> all = products();
  for (const GemmShape& p : long_products()) all.push_back(p);
  for (const std::int64_t target : instruction_sets()) {
    const UseTargets use(target);
    for (const GemmShape& p : all) {
      Operands<TypeParam> o(p);
      o.run(o.all());
      Collected<TypeParam> collected(p);
      const TypeParam* const fetched[] = {o.c.data(), o.c.data()};
      const GemmEpilogue<TypeParam> epilogue{Collected<TypeParam>::take, &collected, fetched};
      o.run_parts(&epilogue);
      EXPECT_TRUE(same_bits(collected.values, o.c)) << hwy::TargetName(target) << " " << name(p);
      EXPECT_THAT(collected.times, ::testing::Each(1)) << hwy::TargetName(target) << " " << name(p);
      EXPECT_TRUE(collected.ordered) << hwy::TargetName(target) << " " << name(p);
    }
  }
}

// The sums of a product of one row by segments of its depth, each a product of its own.
template <class T>
std::vector<std::vector<T>> sums_of_segments(const Operands<T>& o) {
  std::vector<std::vector<T>> sums;
  for (std::int64_t first = 0; first < o.p.k; first += kSegment) {
    Operands<T> segment({.m = 1, .n = o.p.n, .k = std::min(kSegment, o.p.k - first), .transpose_b = o.p.transpose_b});
    for (std::int64_t l = 0; l < segment.p.k; ++l) {
      segment.a[static_cast<std::size_t>(l)] = o.a[static_cast<std::size_t>(first + l)];
      for (std::int64_t j = 0; j < o.p.n; ++j) {
        const auto at = [&](std::int64_t row, std::int64_t k) {
          return static_cast<std::size_t>(o.p.transpose_b ? j * k + row : row * o.p.n + j);
        };
        segment.b[at(l, segment.p.k)] = o.b[at(first + l, o.p.k)];
      }
    }
    segment.run(segment.all());
    sums.push_back(segment.c);
  }
  return sums;
}

TYPED_TEST(GemmTest, AddsTheSegmentsOfALongDepthInLevels) {
  for (const std::int64_t segments : {2, 3, 32, 34}) {
    for (const bool tb : {false, true}) {
      Operands<TypeParam> o({.m = 1, .n = 2, .k = segments * kSegment - 7, .transpose_b = tb});
      o.run(o.all());
      const auto sums = sums_of_segments(o);
      for (std::size_t j = 0; j < 2; ++j) {
        TypeParam first_level = 0, later = 0;
        for (std::size_t s = 0; s < sums.size(); ++s) (s < 32 ? first_level : later) += sums[s][j];
        EXPECT_EQ(o.c[j], first_level + later) << segments << (tb ? " b transposed" : "");
      }
    }
  }
}

TYPED_TEST(GemmTest, OfALongDepthIsExactToAFewUnits) {
  constexpr std::int64_t kDepth = 2000003;
  for (const bool tb : {false, true}) {
    Operands<TypeParam> o({.m = 1, .n = 2, .k = kDepth, .transpose_b = tb});
    std::fill(o.b.begin(), o.b.end(), TypeParam{1});
    for (TypeParam& x : o.a) x = std::abs(x);
    long double exact = 0;
    for (const TypeParam x : o.a) exact += static_cast<long double>(x);
    o.run(o.all());
    constexpr double kUnits = 30 * std::numeric_limits<TypeParam>::epsilon();
    for (const TypeParam c : o.c)
      EXPECT_LE(std::abs(static_cast<double>(static_cast<long double>(c) / exact - 1)), kUnits) << tb;
  }
}

TYPED_TEST(GemmTest, WhatIsNotFiniteSpreads) {
  constexpr auto kInf = std::numeric_limits<TypeParam>::infinity();
  for (const GemmShape& p : products()) {
    Operands<TypeParam> o(p);
    const std::int64_t row = p.m / 2, col = p.n - 1, l = p.k - 1;
    o.a[static_cast<std::size_t>(p.transpose_a ? l * p.m + row : row * p.k + l)] = kInf;
    o.b[static_cast<std::size_t>(p.transpose_b ? col * p.k + l : l * p.n + col)] = std::nan("");
    o.run(o.all());
    for (std::int64_t i = 0; i < p.m; ++i) {
      for (std::int64_t j = 0; j < p.n; ++j) {
        const TypeParam c = o.c[static_cast<std::size_t>(i * p.n + j)];
        EXPECT_EQ(std::isnan(c), j == col) << name(p) << " at " << i << "," << j;
        EXPECT_EQ(std::isinf(c), i == row && j != col) << name(p) << " at " << i << "," << j;
      }
    }
  }
}

void expect_cover(const GemmShape& p, const std::vector<Block>& parts) {
  std::vector<int> times(static_cast<std::size_t>(p.m * p.n));
  for (const Block& part : parts) {
    EXPECT_GT(part.rows, 0) << name(p);
    EXPECT_GT(part.cols, 0) << name(p);
    for (std::int64_t i = part.row; i < part.row + part.rows; ++i)
      for (std::int64_t j = part.col; j < part.col + part.cols; ++j) ++times[static_cast<std::size_t>(i * p.n + j)];
  }
  EXPECT_EQ(std::count(times.begin(), times.end(), 1), p.m * p.n) << name(p);
}

TEST(GemmPartsTest, CoverTheProductOnce) {
  std::vector<GemmShape> all = products();
  for (const auto& [m, n, k] : {std::array<std::int64_t, 3>{128, 512, 784},
                                {64, 4096, 4096},
                                {4096, 4096, 64},
                                {1024, 1000, 1024},
                                {100000, 10, 70},
                                {1, 5000, 5000},
                                {1, 1, 4096},
                                {1, 64, 1024},
                                {4, 10, 8192},
                                {8, 64, 1 << 20}})
    all.push_back({.m = m, .n = n, .k = k});
  for (const GemmShape& p : all) expect_cover(p, parts_of(p));
}

TEST(GemmPartsTest, OfWholeColumnsCoverTheProductOnce) {
  for (const GemmShape& p : products()) {
    const std::vector<Block> parts = parts_of(p, true);
    expect_cover(p, parts);
    for (const Block& part : parts) EXPECT_EQ(part.rows, p.m) << name(p);
  }
  EXPECT_GE(parts_of({.m = 4096, .n = 4096, .k = 64}, true).size(), 64u);
}

TEST(GemmPartsTest, AreMoreThanOneOnlyWhereTheyPay) {
  EXPECT_EQ(parts_of({.m = 64, .n = 64, .k = 64}).size(), 1u);
  EXPECT_GE(parts_of({.m = 128, .n = 512, .k = 512}).size(), 4u);
  EXPECT_GE(parts_of({.m = 4096, .n = 4096, .k = 64, .transpose_a = true}).size(), 64u);
}

TEST(GemmPartsTest, OfAFewColumnsAreRows) {
  const std::vector<Block> parts = parts_of({.m = 128, .n = 10, .k = 512});
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].rows, 64);
  EXPECT_EQ(parts[1].row, 64);
}

}  // namespace
}  // namespace weft
