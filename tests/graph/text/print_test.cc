// Numbers in PyTorch's printed form; every text was printed by PyTorch 2.14.
#include "tests/testing/print.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

namespace weft {
namespace {

using namespace weft::testing;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(PrintNumbers, WholeFloatsEndInAPoint) {
  EXPECT_EQ(f32({1.0}, {}), "tensor(1.)");
  EXPECT_EQ(f32({-3.0}, {}), "tensor(-3.)");
  EXPECT_EQ(f32({1.0, 2.0, -10.0}, {3}), "tensor([  1.,   2., -10.])");
  EXPECT_EQ(f64({7.0}, {1}), "tensor([7.], dtype=torch.float64)");
}

TEST(PrintNumbers, FractionsShowFourDigits) {
  EXPECT_EQ(f32({0.5}, {}), "tensor(0.5000)");
  EXPECT_EQ(f32({3.14159265}, {}), "tensor(3.1416)");
  EXPECT_EQ(f32({1.0, 2.5}, {2}), "tensor([1.0000, 2.5000])");
  EXPECT_EQ(f32({-0.25, 10.125}, {2}), "tensor([-0.2500, 10.1250])");
}

TEST(PrintNumbers, DigitsAreRoundedFromTheStoredBinaryValue) {
  EXPECT_EQ(f32({0.00125, 0.1}, {2}), "tensor([0.0012, 0.1000])");
  EXPECT_EQ(f64({0.12345, 0.5}, {2}), "tensor([0.1235, 0.5000], dtype=torch.float64)");
  EXPECT_EQ(f32({0.99999}, {1}), "tensor([1.0000])");
}

TEST(PrintNumbers, ColumnsAlignToTheWidestElement) {
  EXPECT_EQ(f32({1.5, -20.25, 300.0}, {3}), "tensor([  1.5000, -20.2500, 300.0000])");
  EXPECT_EQ(f32({1.0, -1.0, 100.0, 7.0}, {2, 2}),
            "tensor([[  1.,  -1.],\n"
            "        [100.,   7.]])");
  EXPECT_EQ(i64({1, -20, 300, 4}, {2, 2}),
            "tensor([[  1, -20],\n"
            "        [300,   4]])");
}

TEST(PrintNumbers, IntegersStandAlone) {
  EXPECT_EQ(i64({0}, {}), "tensor(0)");
  EXPECT_EQ(i64({-42}, {}), "tensor(-42)");
  EXPECT_EQ(i64({9223372036854775807}, {1}), "tensor([9223372036854775807])");
  EXPECT_EQ(i64({0, 1000000, -1}, {3}), "tensor([      0, 1000000,      -1])");
}

TEST(PrintNumbers, BoolsArePaddedToFalse) {
  EXPECT_EQ(bools({1}, {}), "tensor(True)");
  EXPECT_EQ(bools({1, 1}, {2}), "tensor([True, True])");
  EXPECT_EQ(bools({1, 0}, {2}), "tensor([ True, False])");
  EXPECT_EQ(bools({0, 1, 1, 1}, {2, 2}),
            "tensor([[False,  True],\n"
            "        [ True,  True]])");
}

TEST(PrintNumbers, ZerosAndNegativeZeros) {
  EXPECT_EQ(f32({0.0}, {}), "tensor(0.)");
  EXPECT_EQ(f32({0.0, -0.0}, {2}), "tensor([0., -0.])");
  EXPECT_EQ(f32({0.0, 0.5}, {2}), "tensor([0.0000, 0.5000])");
  EXPECT_EQ(f32({0.0, 0.0, 0.0, 0.0}, {2, 2}),
            "tensor([[0., 0.],\n"
            "        [0., 0.]])");
}

TEST(PrintNumbers, ScientificAboveARatioOfAThousand) {
  EXPECT_EQ(f32({1.0, 1000.0}, {2}), "tensor([   1., 1000.])");
  EXPECT_EQ(f32({1.0, 1001.0}, {2}), "tensor([1.0000e+00, 1.0010e+03])");
  EXPECT_EQ(f32({0.5, -600.0}, {2}), "tensor([ 5.0000e-01, -6.0000e+02])");
  EXPECT_EQ(f32({0.0, 1.0, 2000.0}, {3}), "tensor([0.0000e+00, 1.0000e+00, 2.0000e+03])");
}

TEST(PrintNumbers, ScientificAboveTenToTheEighth) {
  EXPECT_EQ(f32({100000000.0}, {1}), "tensor([100000000.])");
  EXPECT_EQ(f32({100000008.0}, {1}), "tensor([1.0000e+08])");
  EXPECT_EQ(f64({-123456789.5}, {}), "tensor(-1.2346e+08, dtype=torch.float64)");
  EXPECT_EQ(f64({1e+300}, {}), "tensor(1.0000e+300, dtype=torch.float64)");
}

TEST(PrintNumbers, ScientificBelowTenToTheMinusFourth) {
  EXPECT_EQ(f32({0.0001}, {}), "tensor(1.0000e-04)");
  EXPECT_EQ(f64({0.0001}, {}), "tensor(0.0001, dtype=torch.float64)");
  EXPECT_EQ(f32({9e-05}, {}), "tensor(9.0000e-05)");
  EXPECT_EQ(f64({1e-300, 2e-300}, {2}), "tensor([1.0000e-300, 2.0000e-300], dtype=torch.float64)");
}

TEST(PrintNumbers, NanAndInfinityKeepTheNotationOfTheOthers) {
  EXPECT_EQ(f32({kNan}, {}), "tensor(nan)");
  EXPECT_EQ(f32({kInf, -kInf}, {2}), "tensor([inf, -inf])");
  EXPECT_EQ(f32({1.0, kNan, kInf}, {3}), "tensor([1., nan, inf])");
  EXPECT_EQ(f32({1.5, kNan, -kInf}, {3}), "tensor([1.5000,    nan,   -inf])");
  EXPECT_EQ(f32({1.0, 5000.0, kNan, kInf}, {4}), "tensor([1.0000e+00, 5.0000e+03,        nan,        inf])");
  EXPECT_EQ(f32({0.0, kNan}, {2}), "tensor([0., nan])");
}

TEST(PrintNumbers, NumbersThatAreNotFiniteDoNotWidenColumns) {
  EXPECT_EQ(f32({1.0, -kInf, 2.0, 3.0}, {2, 2}),
            "tensor([[1., -inf],\n"
            "        [2., 3.]])");
  EXPECT_EQ(f32({100.0, kNan, -kInf, 1.0}, {2, 2}),
            "tensor([[100.,  nan],\n"
            "        [-inf,   1.]])");
}

TEST(PrintNumbers, PrecisionIsAnOption) {
  EXPECT_EQ(f32({3.14159265}, {}, "", {.precision = 2}), "tensor(3.14)");
  EXPECT_EQ(f32({2.5, 0.5}, {2}, "", {.precision = 0}), "tensor([2, 0])");
  EXPECT_EQ(f32({1.0, 4321.0}, {2}, "", {.precision = 1}), "tensor([1.0e+00, 4.3e+03])");
  EXPECT_EQ(f64({0.1}, {}, "", {.precision = 17}), "tensor(0.10000000000000001, dtype=torch.float64)");
}

TEST(PrintNumbers, TheSignOfNanIsNotShown) { EXPECT_EQ(f32({-kNan, 1.5}, {2}), "tensor([   nan, 1.5000])"); }

TEST(PrintNumbers, AnyBoolByteButZeroIsTrue) {
  EXPECT_EQ(bools({0, 1, 2, 255}, {4}), "tensor([False,  True,  True,  True])");
}

TEST(PrintOptionsTest, AreSharedByTheProcess) {
  EXPECT_EQ(print_options().threshold, 1000);
  set_print_options({.precision = 2});
  const float x = 0.125F;
  EXPECT_EQ(format_tensor({DType::f32, {}}, &x), "tensor(0.12)");
  set_print_options({});
  EXPECT_EQ(format_tensor({DType::f32, {}}, &x), "tensor(0.1250)");
}

TEST(PrintOptionsTest, RefuseWhatCannotBePrinted) {
  EXPECT_THROW(set_print_options({.precision = -1}), Error);
  EXPECT_THROW(set_print_options({.precision = 101}), Error);
  EXPECT_THROW(set_print_options({.threshold = -1}), Error);
  EXPECT_THROW(set_print_options({.edge_items = -1}), Error);
  EXPECT_THROW(set_print_options({.line_width = 0}), Error);
  EXPECT_EQ(print_options().line_width, 80);
}

TEST(PrintOptionsTest, LargestPrecisionAndEdgesFit) {
  const PrintOptions most{.precision = 100,
                          .threshold = 0,
                          .edge_items = std::numeric_limits<std::int64_t>::max(),
                          .line_width = std::numeric_limits<int>::max()};
  EXPECT_EQ(f64({0.5}, {1}, "", most), "tensor([0.5" + std::string(99, '0') + "], dtype=torch.float64)");
  EXPECT_EQ(i64({1, 2}, {2}, "", most), "tensor([1, 2])");
}

// Precision and threshold are written together, so a reader never sees one without the other.
TEST(PrintOptionsTest, AreReadWholeWhileAnotherThreadSetsThem) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) set_print_options({.precision = i % 50, .threshold = i % 50});
  });
  for (int i = 0; i < 20000; ++i) {
    const PrintOptions now = print_options();
    if (now.threshold != 1000) {
      ASSERT_EQ(now.precision, now.threshold);
    }
  }
  stop = true;
  writer.join();
  set_print_options({});
}

}  // namespace
}  // namespace weft
