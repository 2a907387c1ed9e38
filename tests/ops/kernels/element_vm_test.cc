// The interpreter of element programs against plain loops and against the kernels of whole ops.
#include "ops/kernels/elementwise/element_vm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "ops/kernels/elementwise/simd.h"
#include "tests/testing/interpreter.h"

namespace weft {
namespace {

using Floats = std::vector<float>;

// Numbers of both signs and all magnitudes, with everything special among them.
Floats numbers(std::size_t n, std::uint32_t seed) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kSpecial[] = {0, -0.0F, 1, -1, 0.5F, kInf, -kInf, NAN, 1e-40F, -1e-40F, 88.8F, -104, 3e38F};
  Floats all(n);
  std::uint32_t x = seed * 2654435761U + 1;
  for (std::size_t i = 0; i < n; ++i) {
    x = x * 1664525U + 1013904223U;
    all[i] = x >> 29 == 0 ? kSpecial[(x >> 8) % std::size(kSpecial)]
                          : (static_cast<float>(x >> 8) * 0x1p-24F - 0.5F) * (x >> 28 & 1 ? 8 : 100);
  }
  return all;
}

ElementOperand matrix(const Floats& x, std::int64_t stride) { return {x.data(), stride, false}; }
ElementOperand row(const Floats& x) { return {x.data(), 0, false}; }
ElementOperand column(const Floats& x) { return {x.data(), 1, true}; }
ElementOperand scalar(const Floats& x) { return {x.data(), 0, true}; }

void run(std::string_view program, std::int64_t rows, std::int64_t cols, const std::vector<ElementOperand>& operands,
         const std::vector<ElementResult>& results, std::int64_t first_row = 0) {
  const ElementVm vm(ElementProgram::parse(program));
  HostTensor scratch({DType::boolean, {static_cast<std::int64_t>(vm.scratch_bytes())}});
  vm.run(rows, cols, operands.data(), results.data(), scratch.data(), first_row);
  EXPECT_TRUE(scratch.guard_is_intact()) << program;
}

// What a program of one elements output gives for dense matrices.
Floats dense(std::string_view program, std::int64_t rows, std::int64_t cols, const std::vector<Floats>& in) {
  Floats out(static_cast<std::size_t>(rows * cols));
  std::vector<ElementOperand> operands;
  for (const Floats& x : in) operands.push_back(matrix(x, cols));
  run(program, rows, cols, operands, {{out.data(), cols}});
  return out;
}

// Equal bits, but for what kind of NaN a NaN is.
::testing::AssertionResult same(const Floats& got, const Floats& expected) {
  if (got.size() != expected.size()) return ::testing::AssertionFailure() << got.size() << " elements";
  for (std::size_t i = 0; i < got.size(); ++i)
    if (std::memcmp(&got[i], &expected[i], sizeof(float)) != 0 && !(std::isnan(got[i]) && std::isnan(expected[i])))
      return ::testing::AssertionFailure() << "element " << i << ": " << got[i] << ", expected " << expected[i];
  return ::testing::AssertionSuccess();
}

// Around vectors, tiles of 1024 elements and blocks of 48 rows.
constexpr std::pair<std::int64_t, std::int64_t> kShapes[] = {{1, 1},    {3, 5},   {1, 1024}, {1, 1025}, {70, 17},
                                                             {1025, 1}, {49, 64}, {5, 2050}, {97, 333}};

// ---- Instructions

// The functions of a form, and the program of one of them.
std::vector<ElementFn> functions(auto kernel_of) {
  std::vector<ElementFn> all;
  for (std::size_t i = 0; i < kNumElementFns; ++i)
    if (kernel_of(static_cast<ElementFn>(i))) all.push_back(static_cast<ElementFn>(i));
  return all;
}
std::string program_of(ElementFn fn) {
  const std::string first = facts(fn).operands == 1 ? "inputs 1; " : "inputs 2; ";
  return first + std::string(facts(fn).name) +
         (facts(fn).operands == 1 ? " 0; out elements 1" : " 0 1; out elements 2");
}

TEST(ElementVm, EveryFunctionIsTested) {
  constexpr std::size_t kOthers = 3;  // constant, clamp, where
  EXPECT_EQ(functions(simd_unary).size() + functions(simd_binary).size() + functions(simd_compare).size() + kOthers,
            kNumElementFns);
}

constexpr std::int64_t kCount = 5003;
BroadcastLoops dense_loops() {
  BroadcastLoops loops;
  loops.runs = 1;
  loops.run = kCount;
  loops.moves = {true, true, true};
  return loops;
}

TEST(ElementVm, UnaryInstructionsGiveTheBitsOfTheirKernels) {
  const Floats x = numbers(kCount, 1);
  for (const ElementFn fn : functions(simd_unary)) {
    Floats expected(kCount);
    simd_unary(fn)(x.data(), expected.data(), kCount);
    const std::string program = program_of(fn);
    EXPECT_TRUE(same(dense(program, 1, kCount, {x}), expected)) << program;
  }
}

TEST(ElementVm, BinaryInstructionsGiveTheBitsOfTheirKernels) {
  const Floats a = numbers(kCount, 1), b = numbers(kCount, 2);
  for (const ElementFn fn : functions(simd_binary)) {
    Floats expected(kCount);
    simd_binary(fn)(a.data(), b.data(), expected.data(), dense_loops());
    const std::string program = program_of(fn);
    EXPECT_TRUE(same(dense(program, 1, kCount, {a, b}), expected)) << program;
  }
}

TEST(ElementVm, ComparisonsGiveOneWhereTheirKernelsGiveTrue) {
  const Floats a = numbers(kCount, 1);
  Floats b = numbers(kCount, 2);
  for (std::size_t i = 0; i < b.size(); i += 3) b[i] = a[i];
  for (const ElementFn fn : functions(simd_compare)) {
    HostTensor expected({DType::boolean, {kCount}});
    simd_compare(fn)(a.data(), b.data(), expected.as<bool>(), dense_loops());
    const std::string program = program_of(fn);
    const std::vector<double> numbers = expected.doubles();
    EXPECT_TRUE(same(dense(program, 1, kCount, {a, b}), Floats(numbers.begin(), numbers.end()))) << program;
  }
}

TEST(ElementVm, WhereGivesTheBitsOfItsKernel) {
  const Floats a = numbers(kCount, 1), b = numbers(kCount, 2);
  Floats condition = numbers(kCount, 3), expected(kCount);
  HostTensor flags({DType::boolean, {kCount}});
  for (std::size_t i = 0; i < condition.size(); ++i) {
    condition[i] = condition[i] > 0 ? 1 : 0;
    flags.as<bool>()[i] = condition[i] != 0;
  }
  simd_where()(flags.as<bool>(), a.data(), b.data(), expected.data(), dense_loops());
  EXPECT_TRUE(same(dense("inputs 3; where 0 1 2; out elements 3", 1, kCount, {condition, a, b}), expected));
}

TEST(ElementVm, ClampGivesTheBitsOfItsKernel) {
  const Floats x = numbers(kCount, 1);
  Floats expected(kCount);
  simd_clamp()(x.data(), expected.data(), kCount, -1.5F, 2);
  EXPECT_TRUE(same(dense("inputs 1; clamp 0 -1.5 2; out elements 1", 1, kCount, {x}), expected));
}

TEST(ElementVm, AConstantIsTheSameEverywhere) {
  EXPECT_TRUE(same(dense("inputs 0; constant 0.1; out elements 0", 7, 300, {}), Floats(2100, 0.1F)));
}

// ---- Operands and results

TEST(ElementVm, TakesMatricesRowsColumnsAndNumbers) {
  for (const auto& [rows, cols] : kShapes) {
    const auto m = static_cast<std::size_t>(rows), n = static_cast<std::size_t>(cols);
    const Floats all = numbers(m * n, 1), one_row = numbers(n, 2), one_column = numbers(m, 3), number{-1.25F};
    Floats out(m * n), expected(m * n);
    run("inputs 4; add 0 1; div 4 2; sub 3 5; out elements 6", rows, cols,
        {matrix(all, cols), row(one_row), column(one_column), scalar(number)}, {{out.data(), cols}});
    for (std::size_t i = 0; i < m * n; ++i) expected[i] = number[0] - (all[i] + one_row[i % n]) / one_column[i / n];
    EXPECT_TRUE(same(out, expected)) << rows << "x" << cols;
  }
}

TEST(ElementVm, TouchesNothingAroundARectangle) {
  constexpr std::int64_t kRows = 60, kCols = 1500, kWide = 1511, kWider = 1600;
  const Floats x = numbers(kRows * kWide, 1);
  Floats out(kRows * kWider, 7), expected(kRows * kWider, 7);
  run("inputs 1; neg 0; out elements 1", kRows, kCols, {{x.data() + 5, kWide, false}}, {{out.data() + 9, kWider}});
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t c = 0; c < kCols; ++c) expected[r * kWider + 9 + c] = -x[r * kWide + 5 + c];
  EXPECT_TRUE(same(out, expected));
}

TEST(ElementVm, WritesAResultOverAnOperand) {
  for (const auto& [rows, cols] : kShapes) {
    const auto size = static_cast<std::size_t>(rows * cols);
    Floats x = numbers(size, 1), out(size), first(size), second(size);
    // The second instruction reads what the first result overwrites.
    for (std::size_t i = 0; i < size; ++i) {
      first[i] = std::abs(x[i]);
      second[i] = first[i] / x[i];
    }
    run("inputs 1; abs 0; div 1 0; out elements 1; out elements 2", rows, cols, {matrix(x, cols)},
        {{x.data(), cols}, {out.data(), cols}});
    EXPECT_TRUE(same(x, first)) << rows << "x" << cols;
    EXPECT_TRUE(same(out, second)) << rows << "x" << cols;
  }
}

TEST(ElementVm, GivesOperandsAsResults) {
  for (const auto& [rows, cols] : kShapes) {
    const auto m = static_cast<std::size_t>(rows), n = static_cast<std::size_t>(cols);
    const Floats all = numbers(m * n, 1), one_row = numbers(n, 2), one_column = numbers(m, 3), number{4};
    Floats a(m * n), b(m * n), c(m * n), d(m * n), rows_of(m * n), columns_of(m * n);
    for (std::size_t i = 0; i < m * n; ++i) {
      rows_of[i] = one_row[i % n];
      columns_of[i] = one_column[i / n];
    }
    run("inputs 4; out elements 0; out elements 1; out elements 2; out elements 3", rows, cols,
        {matrix(all, cols), row(one_row), column(one_column), scalar(number)},
        {{a.data(), cols}, {b.data(), cols}, {c.data(), cols}, {d.data(), cols}});
    EXPECT_TRUE(same(a, all) && same(b, rows_of) && same(c, columns_of) && same(d, Floats(m * n, 4)))
        << rows << "x" << cols;
  }
}

TEST(ElementVm, GivesARegisterAsSeveralResults) {
  for (const auto& [rows, cols] : kShapes) {
    const auto size = static_cast<std::size_t>(rows * cols);
    const Floats x = numbers(size, 1);
    Floats a(size), b(size), expected(size);
    for (std::size_t i = 0; i < size; ++i) expected[i] = -x[i];
    run("inputs 1; neg 0; out elements 1; out elements 1", rows, cols, {matrix(x, cols)},
        {{a.data(), cols}, {b.data(), cols}});
    EXPECT_TRUE(same(a, expected) && same(b, expected)) << rows << "x" << cols;
  }
}

// ---- Several instructions

// A program that gives every register as a result joins no instructions, and keeps each value.
Floats one_by_one(const ElementProgram& program, std::size_t n, const std::vector<ElementOperand>& operands) {
  ElementProgram all = program;
  all.outputs.clear();
  std::vector<Floats> values(program.code.size(), Floats(n));
  std::vector<ElementResult> results;
  for (std::size_t i = 0; i < values.size(); ++i) {
    all.outputs.push_back({ElementOutputKind::elements, static_cast<Register>(program.num_inputs + i)});
    results.push_back({values[i].data(), static_cast<std::int64_t>(n)});
  }
  run(all.str(), 1, static_cast<std::int64_t>(n), operands, results);
  return values.back();
}

TEST(ElementVm, JoiningTwoInstructionsChangesNoBits) {
  constexpr std::size_t n = 133;
  const Floats x = numbers(n, 1), y = numbers(n, 2), z = numbers(n, 3);
  for (const std::string first : {"add 0 1", "sub 0 1", "mul 0 1", "mul 0 0", "square 0", "sub 1 1"})
    for (const std::string second : {"add 3 2", "sub 3 2", "mul 3 2", "add 2 3", "sub 2 3", "mul 2 3", "mul 3 3"})
      for (unsigned same_in_row = 0; same_in_row < 8; ++same_in_row) {
        const ElementProgram program = ElementProgram::parse("inputs 3; " + first + "; " + second + "; out elements 4");
        std::vector<ElementOperand> operands{row(x), row(y), row(z)};
        for (std::size_t i = 0; i < 3; ++i) operands[i].same_in_row = (same_in_row >> i & 1) != 0;
        Floats out(n);
        run(program.str(), 1, n, operands, {{out.data(), n}});
        EXPECT_TRUE(same(out, one_by_one(program, n, operands))) << program.str() << ", same in row: " << same_in_row;
      }
}

TEST(ElementVm, RandomProgramsGiveWhatTheirInstructionsGiveOneByOne) {
  constexpr std::size_t n = 1100;
  const Floats x = numbers(n, 1), y = numbers(n, 2), z = numbers(1, 3);
  const std::vector<ElementOperand> operands{row(x), row(y), scalar(z)};
  std::uint32_t random = 1;
  const auto below = [&](std::size_t most) { return (random = random * 1664525U + 1013904223U) / 65536 % most; };
  for (int round = 0; round < 300; ++round) {
    ElementProgram program{.num_inputs = 3, .code = {}, .outputs = {}};
    for (std::size_t i = 0; i < 1 + below(25); ++i) {
      const std::size_t known = 3 + program.code.size();
      const auto pick = [&] { return static_cast<Register>(known - 1 - below(std::min<std::size_t>(known, 6))); };
      const bool simple = below(2) == 0;
      const ElementFn fn = simple ? std::array{ElementFn::add, ElementFn::sub, ElementFn::mul}[below(3)]
                                  : static_cast<ElementFn>(below(kNumElementFns));
      program.emit(fn, {pick(), pick(), pick()}, -2, 2);
    }
    program.outputs = {{ElementOutputKind::elements, static_cast<Register>(2 + program.code.size())}};
    Floats out(n);
    run(program.str(), 1, n, operands, {{out.data(), n}});
    ASSERT_TRUE(same(out, one_by_one(program, n, operands))) << program.str();
  }
}

}  // namespace
}  // namespace weft
