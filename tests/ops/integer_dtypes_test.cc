// u8 and i32: promotion, arithmetic, casts and what takes them, with PyTorch's values.
#include <gmock/gmock.h>

#include <limits>
#include <sstream>

#include "weft/function.h"
#include "weft/indexing.h"
#include "weft/losses.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();

Tensor bytes() { return tensor({1, 200, 255}, kUInt8); }
Tensor ints() { return tensor({1, -2, kMost}, kInt32); }

std::string text(const Tensor& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

TEST(IntegerDTypesTest, PrintTheirNames) {
  EXPECT_EQ(text(bytes()), "tensor([  1, 200, 255], dtype=torch.uint8)");
  EXPECT_EQ(text(ints()), "tensor([         1,         -2, 2147483647], dtype=torch.int32)");
  EXPECT_EQ(text(bytes().slice(0, 0, 0)), "tensor([], dtype=torch.uint8)");
  EXPECT_EQ(text(bytes().select(0, 0)), "tensor(1, dtype=torch.uint8)");
}

TEST(IntegerDTypesTest, TheWiderDTypeIsThatOfAResult) {
  EXPECT_THAT((bytes() + ints()).to_vector<std::int32_t>(), ElementsAre(2, 198, -2147483394));
  EXPECT_THAT((bytes() + tensor({1, 2, 3})).to_vector<std::int64_t>(), ElementsAre(2, 202, 258));
  EXPECT_THAT((bytes() + tensor({1.5, 2.5, 3.5})).to_vector<float>(), ElementsAre(2.5f, 202.5f, 258.5f));
  EXPECT_THAT((bytes() + tensor({true, false, true})).to_vector<std::uint8_t>(), ElementsAre(2, 200, 0));
  EXPECT_THAT(cat({bytes(), ints()}).to_vector<std::int32_t>(), ElementsAre(1, 200, 255, 1, -2, kMost));
  EXPECT_THAT(where(tensor({true, false, true}), bytes(), ints()).to_vector<std::int32_t>(), ElementsAre(1, -2, 255));
}

TEST(IntegerDTypesTest, ScalarsAndNumbersYieldToTensorsOfTheirCategory) {
  EXPECT_THAT((bytes() + 300).to_vector<std::uint8_t>(), ElementsAre(45, 244, 43));
  EXPECT_THAT((bytes() + tensor(300)).to_vector<std::uint8_t>(), ElementsAre(45, 244, 43));
  EXPECT_THAT((bytes() - 1.5).to_vector<float>(), ElementsAre(-0.5f, 198.5f, 253.5f));
  EXPECT_THAT((5 - bytes()).to_vector<std::uint8_t>(), ElementsAre(4, 61, 6));
  EXPECT_THAT((ints() + (std::int64_t{1} << 40)).to_vector<std::int32_t>(), ElementsAre(1, -2, kMost));
}

TEST(IntegerDTypesTest, ArithmeticWrapsAround) {
  EXPECT_THAT((bytes() * 2).to_vector<std::uint8_t>(), ElementsAre(2, 144, 254));
  EXPECT_THAT((-bytes()).to_vector<std::uint8_t>(), ElementsAre(255, 56, 1));
  EXPECT_THAT((ints() * ints()).to_vector<std::int32_t>(), ElementsAre(1, 4, 1));
  EXPECT_THAT(pow(bytes(), 2).to_vector<std::uint8_t>(), ElementsAre(1, 64, 1));
  EXPECT_THAT(pow(2, bytes()).to_vector<std::uint8_t>(), ElementsAre(2, 0, 0));
  EXPECT_THAT(addcmul(bytes(), bytes(), bytes()).to_vector<std::uint8_t>(), ElementsAre(2, 8, 0));
  EXPECT_THAT(bytes().clone().mul_(tensor({1, 2, 3})).to_vector<std::uint8_t>(), ElementsAre(1, 144, 253));
}

TEST(IntegerDTypesTest, QuotientsAndRestsAreThoseOfWholeNumbers) {
  EXPECT_THAT((bytes() / 2).to_vector<float>(), ElementsAre(0.5f, 100.0f, 127.5f));
  EXPECT_THAT(floor_divide(bytes(), 2).to_vector<std::uint8_t>(), ElementsAre(0, 100, 127));
  EXPECT_THAT(floor_divide(ints(), 3).to_vector<std::int32_t>(), ElementsAre(0, -1, 715827882));
  EXPECT_THAT(remainder(ints(), 3).to_vector<std::int32_t>(), ElementsAre(1, 1, 1));
  EXPECT_THAT(fmod(ints(), 3).to_vector<std::int32_t>(), ElementsAre(1, -2, 1));
}

TEST(IntegerDTypesTest, SignsAndBounds) {
  EXPECT_THAT(abs(ints()).to_vector<std::int32_t>(), ElementsAre(1, 2, kMost));
  EXPECT_THAT(sign(bytes()).to_vector<std::uint8_t>(), ElementsAre(1, 1, 1));
  EXPECT_THAT(relu(ints()).to_vector<std::int32_t>(), ElementsAre(1, 0, kMost));
  EXPECT_THAT(clamp(bytes(), 2, 100).to_vector<std::uint8_t>(), ElementsAre(2, 100, 100));
  EXPECT_THAT(clamp(bytes(), 3, std::nullopt).to_vector<std::uint8_t>(), ElementsAre(3, 200, 255));
  EXPECT_THAT(maximum(bytes(), ints()).to_vector<std::int32_t>(), ElementsAre(1, 200, kMost));
  EXPECT_THROW(clamp(bytes(), -1, 300), Error);
}

TEST(IntegerDTypesTest, SumsAndProductsAreI64) {
  EXPECT_EQ(bytes().sum().item<std::int64_t>(), 456);
  EXPECT_EQ(bytes().sum().dtype(), kInt64);
  EXPECT_EQ(bytes().prod().item<std::int64_t>(), 51000);
  EXPECT_THAT(bytes().cumsum(0).to_vector<std::int64_t>(), ElementsAre(1, 201, 456));
  EXPECT_THAT(bytes().cumprod(0).to_vector<std::int64_t>(), ElementsAre(1, 200, 51000));
}

TEST(IntegerDTypesTest, ExtremesAndOrdersKeepTheDType) {
  EXPECT_EQ(bytes().max().item<std::uint8_t>(), 255);
  EXPECT_EQ(bytes().argmax().item<std::int64_t>(), 2);
  EXPECT_THAT(sort(bytes(), 0, true).values.to_vector<std::uint8_t>(), ElementsAre(255, 200, 1));
  EXPECT_THAT(topk(ints(), 2).values.to_vector<std::int32_t>(), ElementsAre(kMost, 1));
}

TEST(IntegerDTypesTest, AnyAndAllOfBytesAreBytes) {
  EXPECT_EQ(any(bytes()).dtype(), kUInt8);
  EXPECT_EQ(all(bytes()).item<std::uint8_t>(), 1);
  EXPECT_EQ(any(ints()).dtype(), kBool);
}

TEST(IntegerDTypesTest, ProductsOfMatrices) {
  EXPECT_THAT(matmul(full({2, 2}, 200, kUInt8), ones({2, 2}, kUInt8)).to_vector<std::uint8_t>(),
              ElementsAre(144, 144, 144, 144));
  EXPECT_THAT(matmul(tensor({{1, -2}}, kInt32), tensor({{3}, {4}}, kInt32)).to_vector<std::int32_t>(), ElementsAre(-5));
}

TEST(IntegerDTypesTest, CastsTakeTheLowBits) {
  EXPECT_THAT(tensor({256, -1, 300}).to(kUInt8).to_vector<std::uint8_t>(), ElementsAre(0, 255, 44));
  EXPECT_THAT(tensor({-1.0, 300.0, 3.9, -3.9}).to(kUInt8).to_vector<std::uint8_t>(), ElementsAre(255, 44, 3, 253));
  EXPECT_THAT(tensor({std::int64_t{1} << 31, (std::int64_t{1} << 32) + 5}).to(kInt32).to_vector<std::int32_t>(),
              ElementsAre(-kMost - 1, 5));
}

TEST(IntegerDTypesTest, FloatsBeyondI32BecomeTheNearest) {
  EXPECT_THAT(tensor({3e9, -1e20, 3.9}).to(kInt32).to_vector<std::int32_t>(), ElementsAre(kMost, -kMost - 1, 3));
  EXPECT_EQ(tensor(std::numeric_limits<double>::quiet_NaN()).to(kInt32).item<int>(), 0);
}

TEST(IntegerDTypesTest, NumbersThatTheDTypeHasNotAreRefused) {
  EXPECT_THAT([] { (void)tensor({300}, kUInt8); }, ::testing::ThrowsMessage<Error>(HasSubstr("[tensor] 300")));
  EXPECT_THROW((void)full({2}, 300, kUInt8), Error);
  EXPECT_THROW((void)full({2}, std::int64_t{1} << 31, kInt32), Error);
  EXPECT_THROW((void)randint(0, 300, {3}, kUInt8), Error);
  EXPECT_THAT(tensor({-1}, kUInt8).to_vector<std::uint8_t>(), ElementsAre(255));
  EXPECT_THAT(full({1}, -1, kUInt8).to_vector<std::uint8_t>(), ElementsAre(255));
  EXPECT_THAT(full({1}, 1.7, kInt32).to_vector<std::int32_t>(), ElementsAre(1));
}

TEST(IntegerDTypesTest, RangesAndDraws) {
  EXPECT_THAT(arange(254, 258, 1, kUInt8).to_vector<std::uint8_t>(), ElementsAre(254, 255, 0, 1));
  EXPECT_THAT(arange(0, 5, 2, kInt32).to_vector<std::int32_t>(), ElementsAre(0, 2, 4));
  EXPECT_EQ(randint(0, 256, {3}, kUInt8).dtype(), kUInt8);
}

TEST(IntegerDTypesTest, ComparisonsTakeNumbersAsTheDTypeHasThem) {
  EXPECT_THAT((bytes() < 300).to_vector<bool>(), ElementsAre(true, false, false));
  EXPECT_THAT((bytes() == ints()).to_vector<bool>(), ElementsAre(true, false, false));
  EXPECT_THAT((bytes() > -1).to_vector<bool>(), ElementsAre(false, false, false));
}

TEST(IntegerDTypesTest, I32IsAnIndexAsI64Is) {
  const Tensor x = tensor({1.5, 2.5, 3.5}), index = tensor({0, 2}, kInt32);
  EXPECT_THAT(x.index_select(0, index).to_vector<float>(), ElementsAre(1.5f, 3.5f));
  EXPECT_THAT(x.gather(0, index).to_vector<float>(), ElementsAre(1.5f, 3.5f));
  EXPECT_THAT(x.index({index}).to_vector<float>(), ElementsAre(1.5f, 3.5f));
  EXPECT_THAT(scatter_add(x, 0, index, ones(2)).to_vector<float>(), ElementsAre(2.5f, 2.5f, 4.5f));
  EXPECT_THAT(scatter_reduce(x, 0, index, ones(2), "sum").to_vector<float>(), ElementsAre(2.5f, 2.5f, 4.5f));
}

TEST(IntegerDTypesTest, ScattersOfBytesWrapAround) {
  const Tensor twice = tensor({0, 0});
  EXPECT_THAT(scatter_add(bytes(), 0, twice, bytes().slice(0, 0, 2)).to_vector<std::uint8_t>(),
              ElementsAre(202, 200, 255));
  EXPECT_THAT(index_add(bytes(), 0, twice, bytes().slice(0, 1, 3)).to_vector<std::uint8_t>(),
              ElementsAre(200, 200, 255));
}

TEST(IntegerDTypesTest, BytesAreClassesAndCounts) {
  EXPECT_FLOAT_EQ(cross_entropy(zeros({2, 3}), tensor({0, 2}, kUInt8)).item<float>(), 1.0986123f);
  EXPECT_THAT(bincount(tensor({0, 2}, kUInt8)).to_vector<std::int64_t>(), ElementsAre(1, 0, 1));
}

TEST(IntegerDTypesTest, AStepThatDividesPixelsCompiles) {
  const Tensor pixels = tensor({{0, 51, 255}}, kUInt8);
  const auto scale = [](const Tensor& x) { return x / 255; };
  EXPECT_THAT(compile(scale)(pixels).to_vector<float>(), ElementsAre(0.0f, 0.2f, 1.0f));
}

TEST(IntegerDTypesTest, RequireNoGradients) {
  EXPECT_THROW(bytes().requires_grad_(), Error);
  EXPECT_FALSE((ones(3).requires_grad_() * bytes()).to(kInt32).requires_grad());
}

}  // namespace
}  // namespace weft
