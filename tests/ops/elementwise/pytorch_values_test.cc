// Values and gradients of elementwise functions and activations, computed by PyTorch 2.14 in f64.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "weft/weft.h"

namespace weft {
namespace {

const double kInf = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();

using Numbers = std::vector<double>;

// slope: of the sum of all values; empty where there is no gradient.
struct UnaryCase {
  const char* name;
  Tensor (*fn)(const Tensor&);
  Numbers x, y, slope;
};
struct BinaryCase {
  const char* name;
  Tensor (*fn)(const Tensor&, const Tensor&);
  Numbers a, b, y, slope_a, slope_b;
};

const UnaryCase kUnary[] = {
    {"exp2",
     [](const Tensor& x) { return exp2(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {0.176776695297, 0.5, 0.812252396356, 1.31950791077, 2, 9.18958683998},
     {0.122532267934, 0.34657359028, 0.563010458437, 0.914613188079, 1.38629436112, 6.36973620864}},
    {"expm1",
     [](const Tensor& x) { return expm1(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {-0.917915001376, -0.632120558829, -0.259181779318, 0.491824697641, 1.71828182846, 23.5325301971},
     {0.0820849986239, 0.367879441171, 0.740818220682, 1.49182469764, 2.71828182846, 24.5325301971}},
    {"log1p",
     [](const Tensor& x) { return log1p(x); },
     {-0.9, -0.3, 1e-09, 0.4, 3.2},
     {-2.30258509299, -0.356674943939, 9.999999995e-10, 0.336472236621, 1.43508452529},
     {10, 1.42857142857, 0.999999999, 0.714285714286, 0.238095238095}},
    {"log2",
     [](const Tensor& x) { return log2(x); },
     {0.1, 0.5, 1, 2.5, 10},
     {-3.32192809489, -1, 0, 1.32192809489, 3.32192809489},
     {14.4269504089, 2.88539008178, 1.44269504089, 0.577078016356, 0.144269504089}},
    {"log10",
     [](const Tensor& x) { return log10(x); },
     {0.1, 0.5, 1, 2.5, 10},
     {-1, -0.301029995664, 0, 0.397940008672, 1},
     {4.34294481903, 0.868588963807, 0.434294481903, 0.173717792761, 0.0434294481903}},
    {"tan",
     [](const Tensor& x) { return tan(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {0.747022297239, -1.55740772465, -0.30933624961, 0.422793218738, 1.55740772465, 0.0584738544596},
     {1.55804231257, 3.42551882081, 1.09568891532, 1.17875410581, 3.42551882081, 1.00341919166}},
    {"asin",
     [](const Tensor& x) { return asin(x); },
     {-0.9, -0.5, 0.1, 0.7},
     {-1.119769515, -0.523598775598, 0.100167421162, 0.775397496611},
     {2.29415733871, 1.15470053838, 1.00503781526, 1.40028008403}},
    {"acos",
     [](const Tensor& x) { return acos(x); },
     {-0.9, -0.5, 0.1, 0.7},
     {2.69056584179, 2.09439510239, 1.47062890563, 0.795398830184},
     {-2.29415733871, -1.15470053838, -1.00503781526, -1.40028008403}},
    {"atan",
     [](const Tensor& x) { return atan(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {-1.19028994968, -0.785398163397, -0.291456794478, 0.380506377112, 0.785398163397, 1.26791145842},
     {0.137931034483, 0.5, 0.917431192661, 0.862068965517, 0.5, 0.0889679715302}},
    {"sinh",
     [](const Tensor& x) { return sinh(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {-6.05020448104, -1.17520119364, -0.304520293447, 0.410752325803, 1.17520119364, 12.2458839966},
     {6.13228947966, 1.54308063482, 1.04533851413, 1.08107237184, 1.54308063482, 12.2866462005}},
    {"cosh",
     [](const Tensor& x) { return cosh(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {6.13228947966, 1.54308063482, 1.04533851413, 1.08107237184, 1.54308063482, 12.2866462005},
     {-6.05020448104, -1.17520119364, -0.304520293447, 0.410752325803, 1.17520119364, 12.2458839966}},
    {"asinh",
     [](const Tensor& x) { return asinh(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {-1.64723114637, -0.88137358702, -0.295673047563, 0.390035319771, 0.88137358702, 1.8798635844},
     {0.371390676354, 0.707106781187, 0.957826285221, 0.928476690885, 0.707106781187, 0.298274993136}},
    {"acosh",
     [](const Tensor& x) { return acosh(x); },
     {1.1, 1.5, 3, 20},
     {0.443568254385, 0.962423650119, 1.76274717404, 3.68825386736},
     {2.18217890236, 0.894427191, 0.353553390593, 0.0500626174322}},
    {"atanh",
     [](const Tensor& x) { return atanh(x); },
     {-0.9, -0.5, 0.1, 0.7},
     {-1.47221948958, -0.549306144334, 0.100335347731, 0.867300527694},
     {5.26315789474, 1.33333333333, 1.0101010101, 1.96078431373}},
    {"erfc",
     [](const Tensor& x) { return erfc(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {1.99959304798, 1.84270079295, 1.32862675946, 0.571607644953, 0.15729920705, 6.02576115176e-06},
     {-0.00217828423035, -0.415107497421, -1.03126090962, -0.961541298839, -0.415107497421, -4.02976355332e-05}},
    {"erfinv",
     [](const Tensor& x) { return erfinv(x); },
     {-0.9, -0.5, 0.1, 0.7},
     {-1.16308715368, -0.476936276204, 0.0888559904943, 0.732869077959},
     {3.42804281145, 1.11258481897, 0.893251725305, 1.51636321733}},
    {"lgamma",
     [](const Tensor& x) { return lgamma(x); },
     {-2.5, -1.3, -0.3, 0.5, 3.2},
     {-0.0562437164977, 1.20247578639, 1.46484005086, 0.572364942925, 0.885404827155},
     {1.10315664065, 2.88254054887, 2.11330977964, -1.96351002602, 0.998838891287}},
    {"digamma",
     [](const Tensor& x) { return digamma(x); },
     {-2.5, -1.3, -0.3, 0.5, 3.2},
     {1.10315664065, 2.88254054887, 2.11330977964, -1.96351002602, 0.998838891287},
     {}},
    {"reciprocal",
     [](const Tensor& x) { return reciprocal(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {-0.4, -1, -3.33333333333, 2.5, 1, 0.3125},
     {-0.16, -1, -11.1111111111, -6.25, -1, -0.09765625}},
    {"rsqrt",
     [](const Tensor& x) { return rsqrt(x); },
     {0.1, 0.5, 1, 2.5, 10},
     {3.16227766017, 1.41421356237, 1, 0.632455532034, 0.316227766017},
     {-15.8113883008, -1.41421356237, -0.5, -0.126491106407, -0.0158113883008}},
    {"floor",
     [](const Tensor& x) { return floor(x); },
     {-2.5, -1, -0.5, 0.4, 2.5},
     {-3, -1, -1, 0, 2},
     {0, 0, 0, 0, 0}},
    {"ceil", [](const Tensor& x) { return ceil(x); }, {-2.5, -1, -0.5, 0.4, 2.5}, {-2, -1, -0, 1, 3}, {0, 0, 0, 0, 0}},
    {"round",
     [](const Tensor& x) { return round(x); },
     {-2.5, -1.5, -0.5, 0.5, 2.5},
     {-2, -2, -0, 0, 2},
     {0, 0, 0, 0, 0}},
    {"trunc",
     [](const Tensor& x) { return trunc(x); },
     {-2.5, -1, -0.5, 0.4, 2.5},
     {-2, -1, -0, 0, 2},
     {0, 0, 0, 0, 0}},
    {"frac",
     [](const Tensor& x) { return frac(x); },
     {-2.5, -1, -0.5, 0.4, 2.5},
     {-0.5, 0, -0.5, 0.4, 0.5},
     {1, 1, 1, 1, 1}},
    {"sign", [](const Tensor& x) { return sign(x); }, {-2.5, 0, 3}, {-1, 0, 1}, {0, 0, 0}},
    {"leaky_relu",
     [](const Tensor& x) { return leaky_relu(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0},
     {-0.025, -0.01, -0.003, 0.4, 1, 3.2, 0},
     {0.01, 0.01, 0.01, 1, 1, 1, 0.01}},
    {"elu",
     [](const Tensor& x) { return elu(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0},
     {-0.917915001376, -0.632120558829, -0.259181779318, 0.4, 1, 3.2, 0},
     {0.0820849986239, 0.367879441171, 0.740818220682, 1, 1, 1, 1}},
    {"selu",
     [](const Tensor& x) { return selu(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0},
     {-1.61378575887, -1.11133073781, -0.455667315379, 0.420280394942, 1.05070098736, 3.36224315954, 0},
     {0.144313581974, 0.646768603035, 1.30243202547, 1.05070098736, 1.05070098736, 1.05070098736, 1.75809934085}},
    {"celu",
     [](const Tensor& x) { return celu(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0},
     {-0.917915001376, -0.632120558829, -0.259181779318, 0.4, 1, 3.2, 0},
     {0.0820849986239, 0.367879441171, 0.740818220682, 1, 1, 1, 1}},
    {"silu",
     [](const Tensor& x) { return silu(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0},
     {-0.189645450053, -0.26894142137, -0.127667244957, 0.239475064045, 0.73105857863, 3.07466968705, 0},
     {-0.0994011113415, 0.0723294881285, 0.352219989681, 0.694791958409, 0.927670511871, 1.08125593786, 0.5}},
    {"mish",
     [](const Tensor& x) { return mish(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0},
     {-0.196816203907, -0.303401461374, -0.151133177138, 0.289030534072, 0.865098388267, 3.19019773164, 0},
     {-0.10974357275, 0.0592167558774, 0.408510876936, 0.837017502542, 1.0490362201, 1.01574465162, 0.6}},
    {"softplus",
     [](const Tensor& x) { return softplus(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0, 25},
     {0.0788897342925, 0.313261687518, 0.554355244469, 0.9130152524, 1.31326168752, 3.23995333316, 0.69314718056, 25},
     {0.0758581800212, 0.26894142137, 0.425557483188, 0.598687660112, 0.73105857863, 0.960834277203, 0.5, 1}},
    {"hardtanh",
     [](const Tensor& x) { return hardtanh(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0},
     {-1, -1, -0.3, 0.4, 1, 1, 0},
     {0, 0, 1, 1, 0, 0, 1}},
    {"relu6",
     [](const Tensor& x) { return relu6(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0, 7},
     {0, 0, 0, 0.4, 1, 3.2, 0, 6},
     {0, 0, 0, 1, 1, 1, 0, 0}},
    {"hardswish",
     [](const Tensor& x) { return hardswish(x); },
     {-4, -3, -1, 0, 2, 3, 4},
     {-0, -0, -0.333333333333, 0, 1.66666666667, 3, 4},
     {0, 0, 0.166666666667, 0.5, 1.16666666667, 1, 1}},
    {"hardsigmoid",
     [](const Tensor& x) { return hardsigmoid(x); },
     {-4, -1, 0, 2, 4},
     {0, 0.333333333333, 0.5, 0.833333333333, 1},
     {0, 0.166666666667, 0.166666666667, 0.166666666667, 0}},
    {"hardshrink", [](const Tensor& x) { return hardshrink(x); }, {-1, -0.5, 0.2, 0.7}, {-1, 0, 0, 0.7}, {1, 0, 0, 1}},
    {"softshrink",
     [](const Tensor& x) { return softshrink(x); },
     {-1, -0.5, 0.2, 0.7},
     {-0.5, -0, 0, 0.2},
     {1, 0, 0, 1}},
    {"tanhshrink",
     [](const Tensor& x) { return tanhshrink(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {-1.51338570185, -0.238405844044, -0.00868738754841, 0.0200510377448, 0.238405844044, 2.20331760216},
     {0.973407773317, 0.580025658386, 0.0848630381734, 0.144361213919, 0.580025658386, 0.993375802163}},
    {"softsign",
     [](const Tensor& x) { return softsign(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2},
     {-0.714285714286, -0.5, -0.230769230769, 0.285714285714, 0.5, 0.761904761905},
     {0.0816326530612, 0.25, 0.591715976331, 0.510204081633, 0.25, 0.0566893424036}},
    {"logsigmoid",
     [](const Tensor& x) { return logsigmoid(x); },
     {-2.5, -1, -0.3, 0.4, 1, 3.2, 0, -40, 40},
     {-2.57888973429, -1.31326168752, -0.854355244469, -0.5130152524, -0.313261687518, -0.0399533331624, -0.69314718056,
      -40, -4.24835425529e-18},
     {0.924141819979, 0.73105857863, 0.574442516812, 0.401312339888, 0.26894142137, 0.0391657227968, 0.5, 1,
      4.24835425529e-18}},
    {"logit",
     [](const Tensor& x) { return logit(x); },
     {0.1, 0.5, 0.7, 0.95},
     {-2.19722457734, 0, 0.847297860387, 2.94443897917},
     {11.1111111111, 4, 4.7619047619, 21.0526315789}}};

const BinaryCase kBinary[] = {{"atan2",
                               [](const Tensor& a, const Tensor& b) { return atan2(a, b); },
                               {-2.5, -1, 0, 1.5, 7},
                               {2, 0.3, 3, -0.7, 2.5},
                               {-0.896055384571, -1.27933953232, 0, 2.00742348661, 1.22777238637},
                               {0.19512195122, 0.275229357798, 0.333333333333, -0.255474452555, 0.0452488687783},
                               {0.243902439024, 0.917431192661, -0, -0.547445255474, -0.126696832579}},
                              {"hypot",
                               [](const Tensor& a, const Tensor& b) { return hypot(a, b); },
                               {-2.5, -1, 0, 1.5, 7},
                               {2, 0.3, 3, -0.7, 2.5},
                               {3.20156211872, 1.04403065089, 3, 1.65529453572, 7.43303437366},
                               {-0.780868809443, -0.957826285221, 0, 0.906183139995, 0.941741911595},
                               {0.624695047554, 0.287347885566, 1, -0.422885465331, 0.336336396998}},
                              {"fmod",
                               [](const Tensor& a, const Tensor& b) { return fmod(a, b); },
                               {-2.5, -1, 0, 1.5, 7},
                               {2, 0.3, 3, -0.7, 2.5},
                               {-0.5, -0.1, 0, 0.1, 2},
                               {1, 1, 1, 1, 1},
                               {1, 3, -0, 2, -2}},
                              {"remainder",
                               [](const Tensor& a, const Tensor& b) { return remainder(a, b); },
                               {-2.5, -1, 0, 1.5, 7},
                               {2, 0.3, 3, -0.7, 2.5},
                               {1.5, 0.2, 0, -0.6, 2},
                               {1, 1, 1, 1, 1},
                               {2, 4, -0, 3, -2}},
                              {"floor_divide",
                               [](const Tensor& a, const Tensor& b) { return floor_divide(a, b); },
                               {-2.5, -1, 0, 1.5, 7},
                               {2, 0.3, 3, -0.7, 2.5},
                               {-2, -4, 0, -3, 2},
                               {},
                               {}},
                              {"xlogy",
                               [](const Tensor& a, const Tensor& b) { return xlogy(a, b); },
                               {-2.5, -1, 0, 1.5, 7},
                               {2, 0.3, 3, 0.7, 2.5},
                               {-1.7328679514, 1.20397280433, 0, -0.535012415908, 6.41403512312},
                               {0.69314718056, -1.20397280433, 1.09861228867, -0.356674943939, 0.916290731874},
                               {-1.25, -3.33333333333, 0, 2.14285714286, 2.8}},
                              {"logaddexp",
                               [](const Tensor& a, const Tensor& b) { return logaddexp(a, b); },
                               {-2.5, -1, 0, 1.5, 7},
                               {2, 0.3, 3, -0.7, 2.5},
                               {2.01104774485, 0.541008453833, 3.04858735157, 1.60508331977, 7.01104774485},
                               {0.0109869426306, 0.214165016957, 0.0474258731776, 0.90024951088, 0.989013057369},
                               {0.989013057369, 0.785834983043, 0.952574126822, 0.0997504891197, 0.0109869426306}}};

void expect_near(const Numbers& actual, const Numbers& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(actual[i])) << "element " << i;
    else if (std::isinf(expected[i]))
      EXPECT_EQ(actual[i], expected[i]) << "element " << i;
    else
      EXPECT_NEAR(actual[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << "element " << i;
  }
}

Tensor leaf(const Numbers& values, DType dtype) {
  return from_data(values, {static_cast<std::int64_t>(values.size())}).to(dtype).detach().requires_grad_();
}
Numbers numbers(const Tensor& x) { return x.to(kFloat64).to_vector<double>(); }

constexpr double kF64 = 2e-11, kF32 = 5e-6;

class UnaryValues : public ::testing::TestWithParam<UnaryCase> {};

TEST_P(UnaryValues, AreThoseOfPyTorch) {
  const UnaryCase& c = GetParam();
  for (const DType dtype : {kFloat64, kFloat32}) {
    const double tolerance = dtype == kFloat64 ? kF64 : kF32;
    const Tensor x = leaf(c.x, dtype), y = c.fn(x);
    EXPECT_EQ(y.dtype(), dtype);
    expect_near(numbers(y), c.y, tolerance);
    if (c.slope.empty()) continue;
    y.sum().backward();
    expect_near(numbers(x.grad()), c.slope, 4 * tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(All, UnaryValues, ::testing::ValuesIn(kUnary),
                         [](const auto& info) { return std::string(info.param.name); });

class BinaryValues : public ::testing::TestWithParam<BinaryCase> {};

TEST_P(BinaryValues, AreThoseOfPyTorch) {
  const BinaryCase& c = GetParam();
  for (const DType dtype : {kFloat64, kFloat32}) {
    const double tolerance = dtype == kFloat64 ? kF64 : kF32;
    const Tensor a = leaf(c.a, dtype), b = leaf(c.b, dtype), y = c.fn(a, b);
    expect_near(numbers(y), c.y, tolerance);
    if (c.slope_a.empty()) continue;
    y.sum().backward();
    expect_near(numbers(a.grad()), c.slope_a, 4 * tolerance);
    expect_near(numbers(b.grad()), c.slope_b, 4 * tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(All, BinaryValues, ::testing::ValuesIn(kBinary),
                         [](const auto& info) { return std::string(info.param.name); });

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

TEST(Remainders, OfIntegersFollowTheDivisorOrTheDividend) {
  const Tensor a = tensor({7, -7, 7}), b = tensor({2, 2, -2});
  EXPECT_EQ(a.remainder(b).to_vector<std::int64_t>(), (Ints{1, 1, -1}));
  EXPECT_EQ(a.fmod(b).to_vector<std::int64_t>(), (Ints{1, -1, 1}));
  EXPECT_EQ(a.floor_divide(b).to_vector<std::int64_t>(), (Ints{3, -4, -4}));
}

TEST(Remainders, OfTheLeastIntegerByMinusOneDoNotTrap) {
  const Tensor least = full({1}, std::numeric_limits<std::int64_t>::min(), kInt64);
  EXPECT_EQ(least.remainder(-1).item<std::int64_t>(), 0);
  EXPECT_EQ(least.fmod(-1).item<std::int64_t>(), 0);
  EXPECT_EQ(least.floor_divide(-1).item<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
}

TEST(Remainders, RefuseAnIntegerZero) {
  const Tensor a = tensor({7});
  for (const Tensor& y : {a.remainder(0), a.fmod(0), a.floor_divide(0)}) {
    try {
      y.item<std::int64_t>();
      ADD_FAILURE() << "not refused";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("an integer is divided by 0"), std::string::npos) << error.what();
    }
  }
}

TEST(Rounding, LeavesIntegersAsTheyAre) {
  for (const Tensor& y :
       {floor(tensor({-3, 4})), ceil(tensor({-3, 4})), round(tensor({-3, 4})), trunc(tensor({-3, 4}))})
    EXPECT_EQ(y.to_vector<std::int64_t>(), (Ints{-3, 4}));
}

TEST(Predicates, TellNanAndInfinity) {
  const Tensor x = tensor({1.0, 0.0, -kInf, kNan});
  const auto of = [](const Tensor& y) { return y.to(kInt64).to_vector<std::int64_t>(); };
  EXPECT_EQ(of(x.isnan()), (Ints{0, 0, 0, 1}));
  EXPECT_EQ(of(x.isinf()), (Ints{0, 0, 1, 0}));
  EXPECT_EQ(of(x.isfinite()), (Ints{1, 1, 0, 0}));
  EXPECT_EQ(of(tensor({1, 0}).isfinite()), (Ints{1, 1}));
}

TEST(Predicates, NanToNumReplacesWhatIsNotFinite) {
  const Tensor x = tensor({kNan, kInf, -kInf, 1.0}).requires_grad_();
  const float most = std::numeric_limits<float>::max();
  EXPECT_EQ(x.nan_to_num().to_vector<float>(), (Floats{0, most, -most, 1}));
  const Tensor y = x.nan_to_num(2, 3, 4);
  EXPECT_EQ(y.to_vector<float>(), (Floats{2, 3, 4, 1}));
  y.sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 0, 0, 1}));
}

TEST(Interpolation, LerpReachesBothEndsExactly) {
  const Tensor start = tensor({1.0, 0.1}), end = tensor({3.0, 0.7});
  EXPECT_EQ(start.lerp(end, 0).to_vector<float>(), start.to_vector<float>());
  EXPECT_EQ(start.lerp(end, 1).to_vector<float>(), end.to_vector<float>());
  EXPECT_EQ(tensor({1.0, 2.0}).lerp(tensor({3.0, 6.0}), 0.25).to_vector<float>(), (Floats{1.5, 3}));
}

TEST(Interpolation, AddsScaledProductsAndQuotients) {
  const Tensor x = tensor({1.0, 2.0}), a = tensor({3.0, 6.0}), b = tensor({2.0, 4.0});
  EXPECT_EQ(x.addcmul(a, b, 0.5).to_vector<float>(), (Floats{4, 14}));
  EXPECT_EQ(x.addcdiv(a, b, 2).to_vector<float>(), (Floats{4, 5}));
}

TEST(Activations, PreluHasAWeightForEachChannel) {
  const Tensor x = tensor({{-2.0, 3.0}, {4.0, -4.0}}), w = tensor({0.5, 0.25}).requires_grad_();
  const Tensor y = prelu(x, w);
  EXPECT_EQ(y.to_vector<float>(), (Floats{-1, 3, 4, -1}));
  y.sum().backward();
  EXPECT_EQ(w.grad().to_vector<float>(), (Floats{-2, -4}));
}

TEST(Activations, PreluHasAGradientBesideInfiniteElements) {
  const Tensor w = tensor({0.5}).requires_grad_();
  prelu(tensor({kInf, -1.0, 2.0}), w).sum().backward();
  EXPECT_EQ(w.grad().item<float>(), -1);
}

TEST(Activations, LogitHasInfiniteSlopesAtItsEndsAndOneAtItsBounds) {
  const Tensor x = tensor({0.0, 1.0, 2.0}).requires_grad_();
  logit(x).sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{static_cast<float>(kInf), static_cast<float>(kInf), -0.5}));
  const Tensor y = tensor({0.25}).requires_grad_();
  logit(y, 0.25).sum().backward();
  expect_near(numbers(y.grad()), {5.33333333}, 1e-6);
}

TEST(Interpolation, XlogyHasTheSlopeOfTheLogarithmAtZero) {
  const Tensor a = tensor({0.0, 0.0}).requires_grad_();
  xlogy(a, tensor({2.0, 0.0})).sum().backward();
  expect_near(numbers(a.grad()), {0.69314718, 0}, 1e-6);
}

TEST(Interpolation, ScalesBeforeItMultipliesInTheDtypeOfAll) {
  EXPECT_EQ(addcmul(ones({1}), tensor({2}), tensor({3}), 0.5).item<float>(), 4);
  EXPECT_FLOAT_EQ(addcmul(tensor({1.0}), tensor({1e30}), tensor({1e30}), 1e-30).item<float>(), 1e30f);
}

TEST(Remainders, HaveTheSlopeOfTheQuotientThatTheyBelongTo) {
  const Tensor b = tensor({0.1}, kFloat64).requires_grad_();
  remainder(1.0, b).sum().backward();
  EXPECT_EQ(b.grad().item<double>(), -9);
}

TEST(Special, LgammaIsDifferentiatedTwice) {
  const Tensor x = tensor({1.0, 2.0}, kFloat64).requires_grad_();
  const Tensor first = grad({lgamma(x).sum()}, {x}, {.create_graph = true})[0];
  expect_near(numbers(grad({first.sum()}, {x})[0]), {1.6449340668482264, 0.6449340668482264}, 1e-13);
}

TEST(Activations, GluTakesOneHalfByTheSigmoidOfTheOther) {
  EXPECT_EQ(glu(tensor({1.0, 2.0, 0.0, 0.0})).to_vector<float>(), (Floats{0.5, 1}));
}

TEST(Activations, SoftminIsLargestWhereXIsSmallest) {
  expect_near(numbers(softmin(tensor({1.0, 2.0}), 0)), {0.731058579, 0.268941421}, 1e-6);
}

TEST(Activations, GeluHasATanhForm) {
  expect_near(numbers(gelu(tensor({-1.0, 0.5, 2.0}), "tanh")), {-0.158808009, 0.345714010, 1.954597694}, 1e-6);
  EXPECT_THROW(gelu(tensor({1.0}), "erf"), Error);
}

TEST(Activations, DoNotOverflowForLargeArguments) {
  const Tensor x = tensor({-1e4, 1e4}).requires_grad_();
  for (const Tensor& y : {softplus(x), elu(x), mish(x), logsigmoid(x), selu(x), celu(x)}) {
    x.set_grad({});
    y.sum().backward();
    for (const double v : numbers(x.grad())) EXPECT_TRUE(std::isfinite(v)) << y;
  }
}

}  // namespace
}  // namespace weft
