// Errors of the f32 functions in units in the last place, on every instruction set that this machine has.
#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/kernels/elementwise/simd.h"

namespace weft {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

// |value - exact| in units of the f32 spacing at exact.
double ulps(float value, double exact) {
  const double largest = std::numeric_limits<float>::max();
  if (std::isnan(exact)) return std::isnan(value) ? 0 : HUGE_VAL;
  const double spacing = std::ldexp(1.0, std::max(std::ilogb(std::min(std::abs(exact), largest)), -126) - 23);
  if (std::isinf(value))
    return std::signbit(value) == std::signbit(exact) ? (largest - std::abs(exact)) / spacing : HUGE_VAL;
  return std::abs(value - exact) / (exact == 0 ? 0x1p-149 : spacing);
}

struct Case {
  const char* name;
  ElementFn fn;
  double (*exact)(double);
  double limit;
};

double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double exact_gelu(double x) { return x == -HUGE_VAL ? -0.0 : 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }
double exact_sqrt(double x) { return std::sqrt(x); }
double exact_exp(double x) { return std::exp(x); }
double exact_log(double x) { return std::log(x); }
double exact_sin(double x) { return std::sin(x); }
double exact_cos(double x) { return std::cos(x); }
double exact_tanh(double x) { return std::tanh(x); }
double exact_log1p(double x) { return std::log1p(x); }
double exact_expm1(double x) { return std::expm1(x); }
double exact_erf(double x) { return std::erf(x); }

const Case kCases[] = {{"sqrt", ElementFn::sqrt, exact_sqrt, 0.5001},
                       {"exp", ElementFn::exp, exact_exp, 2},
                       {"log", ElementFn::log, exact_log, 2},
                       {"log1p", ElementFn::log1p, exact_log1p, 4},
                       {"expm1", ElementFn::expm1, exact_expm1, 4},
                       {"tanh", ElementFn::tanh, exact_tanh, 2},
                       {"sigmoid", ElementFn::sigmoid, exact_sigmoid, 2},
                       {"erf", ElementFn::erf, exact_erf, 4},
                       {"gelu", ElementFn::gelu, exact_gelu, 4},
                       {"sin", ElementFn::sin, exact_sin, 4},
                       {"cos", ElementFn::cos, exact_cos, 4}};

// Every step-th f32 bit pattern: all exponents, both signs, infinities and nan.
std::vector<float> samples(std::uint64_t step) {
  std::vector<float> values{0.0f, -0.0f, kInf, -kInf, std::numeric_limits<float>::quiet_NaN()};
  for (std::uint64_t bits = 0; bits <= 0xFFFFFFFFu; bits += step)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return values;
}

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

class Accuracy : public ::testing::TestWithParam<Case> {};

TEST_P(Accuracy, IsWithinItsBoundOnAllInstructionSets) {
  const Case& c = GetParam();
  const std::vector<float> x = samples(4099);
  std::vector<double> exact;
  for (const float v : x) exact.push_back(c.exact(v));
  for (const std::int64_t target : instruction_sets()) {
    const UseTargets use(target);
    std::vector<float> y(x.size());
    simd_unary(c.fn)(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    double worst = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = ulps(y[i], exact[i]);
      if (error > worst) {
        worst = error;
        at = i;
      }
    }
    EXPECT_LE(worst, c.limit) << hwy::TargetName(target) << ": " << c.name << "(" << x[at] << ") = " << y[at]
                              << ", exact " << exact[at];
    RecordProperty(hwy::TargetName(target), std::to_string(worst));
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, Accuracy, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

// The same element at the end of an array of any length, where it goes through the loop's partial vector.
TEST(Determinism, TheBitsOfAnElementDoNotDependOnTheLengthOrTheNeighbours) {
  const std::vector<float> x = samples(40000003);
  for (const std::int64_t target : instruction_sets()) {
    const UseTargets use(target);
    for (const Case& c : kCases) {
      std::vector<float> whole(x.size());
      simd_unary(c.fn)(x.data(), whole.data(), static_cast<std::int64_t>(x.size()));
      for (std::size_t i = 0; i < x.size(); ++i) {
        float alone = 0;
        simd_unary(c.fn)(&x[i], &alone, 1);
        EXPECT_EQ(std::bit_cast<std::uint32_t>(alone), std::bit_cast<std::uint32_t>(whole[i]))
            << hwy::TargetName(target) << ": " << c.name << "(" << x[i] << ")";
      }
    }
  }
}

}  // namespace
}  // namespace weft
