// In-place forms of functions: the value of the function, written to the tensor and to what it is a view of.
#include <gtest/gtest.h>

#include "weft/weft.h"

namespace weft {
namespace {

struct InPlaceCase {
  const char* name;
  Tensor (*write)(const Tensor&);
  Tensor (*function)(const Tensor&);
};

#define WEFT_CASE(function, ...)                                                        \
  {                                                                                     \
#function, [](const Tensor& x) { return function##_(x __VA_OPT__(, ) __VA_ARGS__); }, \
      [](const Tensor& x) { return function(x __VA_OPT__(, ) __VA_ARGS__); } \
  }

const InPlaceCase kFloating[] = {
    WEFT_CASE(acos),
    WEFT_CASE(acosh),
    WEFT_CASE(asin),
    WEFT_CASE(asinh),
    WEFT_CASE(atan),
    WEFT_CASE(atanh),
    WEFT_CASE(cosh),
    WEFT_CASE(deg2rad),
    WEFT_CASE(digamma),
    WEFT_CASE(erfc),
    WEFT_CASE(erfinv),
    WEFT_CASE(exp2),
    WEFT_CASE(frac),
    WEFT_CASE(i0),
    WEFT_CASE(lgamma),
    WEFT_CASE(log10),
    WEFT_CASE(log2),
    WEFT_CASE(logical_not),
    WEFT_CASE(rad2deg),
    WEFT_CASE(sign),
    WEFT_CASE(sinc),
    WEFT_CASE(sinh),
    WEFT_CASE(tan),
    WEFT_CASE(atan2, 0.5),
    WEFT_CASE(clamp_max, 0.5),
    WEFT_CASE(clamp_min, 0.5),
    WEFT_CASE(copysign, 0.5),
    WEFT_CASE(eq, 0.5),
    WEFT_CASE(float_power, 0.5),
    WEFT_CASE(floor_divide, 0.5),
    WEFT_CASE(fmod, 0.5),
    WEFT_CASE(ge, 0.5),
    WEFT_CASE(gt, 0.5),
    WEFT_CASE(heaviside, zeros_like(x)),
    WEFT_CASE(hypot, 0.5),
    WEFT_CASE(ldexp, 0.5),
    WEFT_CASE(le, 0.5),
    WEFT_CASE(logical_and, 0.5),
    WEFT_CASE(logical_or, 0.5),
    WEFT_CASE(logical_xor, 0.5),
    WEFT_CASE(lt, 0.5),
    WEFT_CASE(ne, 0.5),
    WEFT_CASE(remainder, 0.5),
    WEFT_CASE(xlogy, 0.5),
    WEFT_CASE(relu),
    WEFT_CASE(selu),
    WEFT_CASE(elu, 0.5),
    WEFT_CASE(celu, 0.5),
    WEFT_CASE(leaky_relu, 0.2),
    WEFT_CASE(hardtanh, -0.5, 0.4),
    WEFT_CASE(threshold, 0.3, 9.0),
    WEFT_CASE(rrelu),
    WEFT_CASE(nan_to_num, 1.0),
    WEFT_CASE(logit, 0.2),
    WEFT_CASE(cumsum, 1),
    WEFT_CASE(cumprod, 1),
    WEFT_CASE(tril),
    WEFT_CASE(triu, 1),
    WEFT_CASE(renorm, 2.0, 0, 0.5),
    {"polygamma", [](const Tensor& x) { return polygamma_(x, 1); }, [](const Tensor& x) { return polygamma(1, x); }},
    {"masked_scatter", [](const Tensor& x) { return masked_scatter_(x, x > 0.4, x + 1); },
     [](const Tensor& x) { return masked_scatter(x, x > 0.4, x + 1); }},
    {"put",
     [](const Tensor& x) {
       return put_(x, tensor({0, 3}), tensor({7.0, 8.0}), true);
     },
     [](const Tensor& x) {
       return put(x, tensor({0, 3}), tensor({7.0, 8.0}), true);
     }},
};
const InPlaceCase kWhole[] = {
    WEFT_CASE(bitwise_not),     WEFT_CASE(bitwise_and, 6),        WEFT_CASE(bitwise_or, 6),
    WEFT_CASE(bitwise_xor, 6),  WEFT_CASE(bitwise_left_shift, 2), WEFT_CASE(bitwise_right_shift, 1),
    WEFT_CASE(floor_divide, 2), WEFT_CASE(remainder, 2),          WEFT_CASE(logical_xor, 1),
    WEFT_CASE(eq, 3),
};

void expect_written(const InPlaceCase& c, const Tensor& values) {
  SCOPED_TRACE(c.name);
  const Tensor base = stack({values, values}), row = base[1];
  const Tensor expected = c.function(values.clone()).to(values.dtype());
  EXPECT_TRUE(c.write(row).is_same(row));
  EXPECT_EQ(to_string(base[1]), to_string(expected));
  EXPECT_EQ(to_string(base[0]), to_string(values));
}

TEST(FunctionsInPlace, WriteTheValueOfTheFunctionThroughViews) {
  for (const InPlaceCase& c : kFloating) expect_written(c, tensor({{0.25, 0.5, 0.75}, {0.9, 0.1, 0.4}}));
  for (const InPlaceCase& c : kWhole) expect_written(c, tensor({{1, 5, 3}, {8, 2, 7}}));
}

TEST(FunctionsInPlace, AreDifferentiated) {
  const Tensor x = tensor({0.25, 0.5}, kFloat64).requires_grad_();
  const Tensor y = x * 2;
  sinh_(y);
  y.sum().backward();
  EXPECT_TRUE(allclose(x.grad(), 2 * cosh(x.detach() * 2)));
}

TEST(FunctionsInPlace, WorkInCompiledFunctions) {
  auto f = compile([](const Tensor& x) { return leaky_relu_(exp2_(x * 1.0) - 1.0, 0.5); });
  EXPECT_EQ(to_string(f(tensor({1.0, -1.0}))), "tensor([ 1.0000, -0.2500])");
}

TEST(FunctionsInPlace, RefuseLeavesThatRequireGradients) {
  EXPECT_THROW(elu_(zeros(2).requires_grad_()), Error);
  EXPECT_THROW(atan_(zeros({2}, kInt64)), Error);
}

TEST(FunctionsInPlace, DrawTheNumbersOfTheirDistributions) {
  manual_seed(1);
  EXPECT_NEAR(bernoulli_(zeros(10000), 0.3).mean().item(), 0.3, 0.03);
  EXPECT_NEAR(exponential_(zeros(10000), 2).mean().item(), 0.5, 0.03);
  EXPECT_EQ(bernoulli_(zeros({4}, kInt64), 1).sum().item<int>(), 4);
}

}  // namespace
}  // namespace weft
