// The sums of element programs have the bits of the kernel of `sum`.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "ops/kernels/elementwise/element_vm.h"
#include "ops/kernels/reduce/sum_simd.h"
#include "tests/testing/interpreter.h"

namespace weft {
namespace {

using Floats = std::vector<float>;

// Numbers that are rounded when they are added.
Floats numbers(std::int64_t n) {
  Floats all(static_cast<std::size_t>(n));
  std::uint32_t x = 1;
  for (float& each : all) {
    x = x * 1664525U + 1013904223U;
    each = static_cast<float>(x >> 8) * 0x1p-22F - 1.9F;
  }
  return all;
}

void run(std::string_view program, std::int64_t rows, std::int64_t cols, const ElementOperand& operand,
         const ElementResult& result) {
  const ElementVm vm(ElementProgram::parse(program));
  HostTensor scratch({DType::boolean, {static_cast<std::int64_t>(vm.scratch_bytes())}});
  vm.run(rows, cols, &operand, &result, scratch.data());
  EXPECT_TRUE(scratch.guard_is_intact());
}

// The column sums of -x, `step` rows at a time.
Floats sums_in_steps(const Floats& x, std::int64_t rows, std::int64_t cols, std::int64_t step) {
  const ElementVm vm(ElementProgram::parse("inputs 1; neg 0; out column_sums 1"));
  HostTensor scratch({DType::boolean, {static_cast<std::int64_t>(vm.scratch_bytes())}});
  Floats sums(static_cast<std::size_t>(cols), 1e9F);
  for (std::int64_t first = 0; first < rows; first += step) {
    const ElementOperand operand{x.data() + first * cols, cols, false};
    const ElementResult result{sums.data(), 0};
    vm.run(std::min(step, rows - first), cols, &operand, &result, scratch.data(), first);
  }
  EXPECT_TRUE(scratch.guard_is_intact());
  return sums;
}

bool same(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

Floats sum_of_columns(const Floats& x, std::int64_t rows, std::int64_t cols) {
  Floats sums(static_cast<std::size_t>(cols));
  sum_pass_f32(x.data(), sums.data(), {.outer = 1, .count = rows, .inner = cols});
  return sums;
}

Floats negated(Floats x) {
  for (float& each : x) each = -each;
  return x;
}

constexpr std::int64_t kRows[] = {1, 2, 47, 48, 49, 96, 331};
constexpr std::int64_t kCols[] = {2, 3, 8, 17, 64, 100, 1024, 1030, 2049};

TEST(ColumnSums, HaveTheBitsOfTheSumKernel) {
  for (const std::int64_t rows : kRows)
    for (const std::int64_t cols : kCols) {
      const Floats x = numbers(rows * cols);
      Floats sums(static_cast<std::size_t>(cols), 1e9F);
      run("inputs 1; neg 0; out column_sums 1", rows, cols, {x.data(), cols, false}, {sums.data(), 0});
      EXPECT_TRUE(same(sums, sum_of_columns(negated(x), rows, cols))) << rows << "x" << cols;
    }
}

TEST(ColumnSums, OfAnOperandNeedNoInstruction) {
  for (const std::int64_t rows : kRows) {
    constexpr std::int64_t kWidth = 70;
    const Floats x = numbers(rows * kWidth);
    Floats sums(kWidth);
    run("inputs 1; out column_sums 0", rows, kWidth, {x.data(), kWidth, false}, {sums.data(), 0});
    EXPECT_TRUE(same(sums, sum_of_columns(x, rows, kWidth))) << rows;
  }
}

TEST(ColumnSums, GoOnWhereEarlierRowsEnded) {
  for (const std::int64_t cols : {2, 3, 8, 17, 64, 100, 1024})
    for (const std::int64_t step : {48, 96}) {
      constexpr std::int64_t kAll = 331;
      const Floats x = numbers(kAll * cols);
      EXPECT_TRUE(same(sums_in_steps(x, kAll, cols, step), sum_of_columns(negated(x), kAll, cols)))
          << cols << ", " << step << " rows at a time";
    }
}

// A level is 32 blocks.
constexpr std::int64_t kLevelRows = kSumRows * 32;

TEST(ColumnSums, HaveTheBitsOfTheSumKernelOnEveryLevel) {
  for (const std::int64_t rows : {kLevelRows - 1, kLevelRows, kLevelRows + 1, 2 * kLevelRows, 32 * kLevelRows - 1,
                                  32 * kLevelRows, 32 * kLevelRows + 1, 65 * kLevelRows + 25}) {
    constexpr std::int64_t kWidth = 18;
    const Floats x = numbers(rows * kWidth), expected = sum_of_columns(negated(x), rows, kWidth);
    for (const std::int64_t step : {rows, kLevelRows, std::int64_t{96}})
      EXPECT_TRUE(same(sums_in_steps(x, rows, kWidth, step), expected)) << rows << ", " << step << " rows at a time";
  }
}

TEST(ColumnSums, OfOneLevelAddBlocksInOrder) {
  constexpr std::int64_t kWidth = 3;
  const Floats x = numbers(kLevelRows * kWidth);
  Floats expected(kWidth);
  for (std::int64_t first = 0; first < kLevelRows; first += kSumRows) {
    Floats block(kWidth);
    for (std::int64_t i = 0; i < kSumRows * kWidth; ++i)
      block[static_cast<std::size_t>(i % kWidth)] += x[static_cast<std::size_t>(first * kWidth + i)];
    for (std::size_t c = 0; c < kWidth; ++c) expected[c] += block[c];
  }
  EXPECT_TRUE(same(sum_of_columns(x, kLevelRows, kWidth), expected));
}

TEST(ColumnSums, OfMillionsOfRowsAreExactToAFewUnits) {
  constexpr std::int64_t kHigh = 2000003, kWidth = 3;
  const Floats x(kHigh * kWidth, 0.1F);
  const double exact = kHigh * static_cast<double>(0.1F);
  for (const float sum : sum_of_columns(x, kHigh, kWidth)) EXPECT_NEAR(sum, exact, 1e-6 * exact);
  const std::vector<double> x64(kHigh * kWidth, 0.1);
  double sums64[kWidth];
  sum_pass_f64(x64.data(), sums64, {.outer = 1, .count = kHigh, .inner = kWidth});
  for (const double sum : sums64) EXPECT_NEAR(sum, kHigh * 0.1, 1e-14 * exact);
}

TEST(ColumnSums, DoNotDependOnWhichColumnsAreTogether) {
  constexpr std::int64_t kHigh = 831, kWide = 1100;
  const Floats x = numbers(kHigh * kWide);
  const Floats expected = sum_of_columns(x, kHigh, kWide);
  for (const std::int64_t step : {2, 7, 64, 1000}) {
    Floats sums(kWide);
    for (std::int64_t c = 0; c < kWide; c += step)
      run("inputs 1; out column_sums 0", kHigh, std::min(step, kWide - c), {x.data() + c, kWide, false},
          {sums.data() + c, 0});
    EXPECT_TRUE(same(sums, expected)) << step << " columns at a time";
  }
}

TEST(ColumnSums, OfRowsColumnsAndNumbersAreThoseOfTheMatrixThatTheyStandFor) {
  constexpr std::int64_t kHigh = 100, kWide = 33;
  const Floats x = numbers(kHigh);  // serves as a row too
  const ElementOperand operands[] = {{x.data(), 0, false}, {x.data(), 1, true}, {x.data(), 0, true}};
  for (const ElementOperand& operand : operands) {
    Floats all(kHigh * kWide), sums(kWide);
    run("inputs 1; out elements 0", kHigh, kWide, operand, {all.data(), kWide});
    run("inputs 1; out column_sums 0", kHigh, kWide, operand, {sums.data(), 0});
    EXPECT_TRUE(same(sums, sum_of_columns(all, kHigh, kWide)));
  }
}

TEST(BlockSums, AddUpToTheBitsOfTheSumKernel) {
  for (const std::int64_t n : {1, 7, 1023, 1024, 1025, 2048, 5000, 100001}) {
    const Floats x = numbers(n);
    const std::int64_t blocks = (n + kSumBlock - 1) / kSumBlock;
    Floats sums(static_cast<std::size_t>(blocks));
    run("inputs 1; neg 0; out block_sums 1", 1, n, {x.data(), n, false}, {sums.data(), 0});
    float total = 0;
    const Floats values = negated(x);
    sum_pass_f32(values.data(), &total, {.outer = 1, .count = n, .inner = 1});
    EXPECT_EQ(sum_blocks_f32(sums.data(), blocks), total) << n;
  }
}

TEST(BlockSums, OfANumberAreThoseOfAsManyEqualElements) {
  constexpr std::int64_t kCount = 2500, kBlocks = 3;
  const Floats number{0.1F}, all(kCount, 0.1F);
  Floats sums(kBlocks);
  run("inputs 1; out block_sums 0", 1, kCount, {number.data(), 0, true}, {sums.data(), 0});
  float total = 0;
  sum_pass_f32(all.data(), &total, {.outer = 1, .count = kCount, .inner = 1});
  EXPECT_EQ(sum_blocks_f32(sums.data(), kBlocks), total);
}

}  // namespace
}  // namespace weft
