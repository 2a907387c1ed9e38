// What images' functions do at their edges: values by hand, and what they refuse.
#include "weft/images.h"

#include <gmock/gmock.h>

#include <limits>

#include "weft/arrange.h"
#include "weft/autograd.h"
#include "weft/image_modules.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const double kNan = std::numeric_limits<double>::quiet_NaN();

// 0 1 2 .. as [1, 1, n], or [1, 1, rows, cols]
Tensor line(std::int64_t n) { return arange(n).to(kFloat32).view({1, 1, n}); }
Tensor image(std::int64_t rows, std::int64_t cols) { return arange(rows * cols).to(kFloat32).view({1, 1, rows, cols}); }

TEST(Pad, HasTheRowsThatItsModeSays) {
  EXPECT_THAT(pad(line(3), {1, 2}).to_vector<float>(), ElementsAre(0, 0, 1, 2, 0, 0));
  EXPECT_THAT(pad(line(3), {1, 2}, "reflect").to_vector<float>(), ElementsAre(1, 0, 1, 2, 1, 0));
  EXPECT_THAT(pad(line(3), {1, 2}, "replicate").to_vector<float>(), ElementsAre(0, 0, 1, 2, 2, 2));
  EXPECT_THAT(pad(line(3), {1, 2}, "circular").to_vector<float>(), ElementsAre(2, 0, 1, 2, 0, 1));
}

TEST(Pad, CutsOffWhatIsNegative) {
  EXPECT_THAT(pad(line(3), {-1, 2}, "constant", 7).to_vector<float>(), ElementsAre(1, 2, 7, 7));
  EXPECT_THAT(pad(line(3), {-1, 2}, "reflect").to_vector<float>(), ElementsAre(1, 2, 1, 0));
  EXPECT_THAT(pad(line(3), {-1, 2}, "circular").to_vector<float>(), ElementsAre(1, 2, 1, 2));
  EXPECT_EQ(pad(line(3), {-2, -1}).shape(), (Shape{1, 1, 0}));
}

TEST(Pad, TakesIntegersAndBooleansAndTheirValue) {
  EXPECT_THAT(pad(tensor({{1, 2}}), {1, 1}, "constant", 5).to_vector<std::int64_t>(), ElementsAre(5, 1, 2, 5));
  EXPECT_THAT(pad(tensor({{true, false}}), {1, 1}, "circular").to_vector<bool>(),
              ElementsAre(false, true, false, true));
}

TEST(Pad, OfNothingIsACopy) {
  const Tensor x = line(2), y = pad(x, {});
  y.fill_(5);
  EXPECT_THAT(x.to_vector<float>(), ElementsAre(0, 1));
}

TEST(Pad, OfNoImagesIsEmpty) {
  EXPECT_EQ(pad(zeros({0, 2, 3}), {1, 1}, "reflect").shape(), (Shape{0, 2, 5}));
  EXPECT_EQ(pad(zeros({1, 2, 0}), {1, 1}).shape(), (Shape{1, 2, 2}));
}

TEST(Interpolate, HasTheSizeThatIsAskedFor) {
  EXPECT_THAT(interpolate(line(2), {.size = 4}).to_vector<float>(), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(interpolate(line(3), {.scale_factor = 1.5, .mode = "linear"}).shape(), Eq(Shape{1, 1, 4}));
  EXPECT_THAT(interpolate(line(2), {.size = 3, .mode = "linear", .align_corners = true}).to_vector<float>(),
              ElementsAre(0, 0.5, 1));
  EXPECT_THAT(interpolate(image(2, 2), {.size = 1, .mode = "area"}).to_vector<float>(), ElementsAre(1.5));
}

TEST(Interpolate, OfNoImagesIsEmpty) {
  EXPECT_EQ(interpolate(zeros({0, 2, 3}), {.size = 4}).shape(), (Shape{0, 2, 4}));
  EXPECT_EQ(interpolate(zeros({0, 2, 3, 3}), {.size = 4, .mode = "area"}).shape(), (Shape{0, 2, 4, 4}));
}

TEST(Interpolate, ToMoreRowsThanAMachineHoldsIsAnErrorOfTheCall) {
  constexpr std::int64_t kRows = std::int64_t{1} << 39;
  EXPECT_THAT([] { (void)interpolate(line(2), {.size = kRows}).to_vector<float>(); },
              ThrowsMessage<Error>(HasSubstr("[blend] a: f32[1,1,2]: cannot allocate")));
}

TEST(Patches, FoldedCountHowOftenEachElementIsInOne) {
  EXPECT_THAT(unfold(image(3, 3), 2).to_vector<float>(), ElementsAre(0, 1, 3, 4, 1, 2, 4, 5, 3, 4, 6, 7, 4, 5, 7, 8));
  EXPECT_THAT(fold(ones({4, 4}), 3, 2).to_vector<float>(), ElementsAre(1, 2, 1, 2, 4, 2, 1, 2, 1));
  EXPECT_EQ(unfold(zeros({0, 1, 4, 4}), 2).shape(), (Shape{0, 4, 9}));
  EXPECT_EQ(fold(zeros({0, 4, 9}), 4, 2).shape(), (Shape{0, 1, 4, 4}));
}

TEST(PixelShuffle, IsUndoneByPixelUnshuffle) {
  const Tensor x = arange(16).view({2, 4, 1, 2});
  EXPECT_THAT(pixel_shuffle(x, 2).slice(0, 0, 1).to_vector<std::int64_t>(), ElementsAre(0, 2, 1, 3, 4, 6, 5, 7));
  EXPECT_TRUE(pixel_unshuffle(pixel_shuffle(x, 2), 2).eq(x).all().item<bool>());
}

TEST(GridSample, AtTheMiddlesOfElementsIsTheImage) {
  const Tensor x = image(2, 3);
  for (const bool align : {false, true}) {
    const Tensor grid = affine_grid(tensor({{{1.0f, 0.0f, 0.0f}, {0.0f, 1.0f, 0.0f}}}), {1, 1, 2, 3}, align);
    const Tensor y = grid_sample(x, grid, {.mode = "nearest", .align_corners = align});
    EXPECT_THAT(y.to_vector<float>(), ElementsAre(0, 1, 2, 3, 4, 5));
  }
}

TEST(GridSample, IsZeroOutsideAlsoBesideInfinity) {
  const Tensor x = full({1, 1, 1, 1}, std::numeric_limits<double>::infinity());
  EXPECT_THAT(grid_sample(x, full({1, 1, 1, 2}, 9)).to_vector<float>(), ElementsAre(0));
  EXPECT_THAT(grid_sample(ones({1, 1, 2, 2}), full({1, 1, 1, 2}, kNan)).to_vector<float>(), ElementsAre(0));
}

TEST(ChannelDropout, DropsWholeChannels) {
  manual_seed(3);
  const Tensor y = dropout2d(ones({10, 40, 3, 3}), 0.25).sum({2, 3});
  EXPECT_THAT(y.to_vector<float>(), Each(AnyOf(Eq(0.f), ::testing::FloatEq(12.f))));
  EXPECT_NEAR(y.eq(0).sum().item<float>(), 100, 35);
  EXPECT_THAT(dropout1d(ones({40, 9}), 0.5).sum(1).to_vector<float>(), Each(AnyOf(Eq(0.f), Eq(18.f))));
  EXPECT_THAT(dropout3d(ones({40, 1, 3, 3}), 0.5).sum({1, 2, 3}).to_vector<float>(), Each(AnyOf(Eq(0.f), Eq(18.f))));
}

TEST(AlphaDropout, KeepsMeanAndVariance) {
  manual_seed(3);
  const Tensor y = alpha_dropout(randn({100'000}, kFloat64), 0.3, true);
  EXPECT_NEAR(y.mean().item<double>(), 0, 0.02);
  EXPECT_NEAR(y.var().item<double>(), 1, 0.02);
  const Tensor channels = feature_alpha_dropout(zeros({8, 50, 4}), 0.5, true);
  EXPECT_TRUE(channels.eq(channels.slice(2, 0, 1)).all().item<bool>());
  EXPECT_THAT(channels.to_vector<float>(),
              Each(AnyOf(::testing::FloatNear(0.7792f, 1e-3f), ::testing::FloatNear(-0.7792f, 1e-3f))));
}

TEST(ImageModules, DoWhatTheirFunctionsDo) {
  const Tensor x = image(4, 4);
  const auto same = [](const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.eq(b).all().item<bool>();
  };
  EXPECT_TRUE(same(nn::ReflectionPad2d({1, 0, 2, 0})(x), pad(x, {1, 0, 2, 0}, "reflect")));
  EXPECT_TRUE(same(nn::ZeroPad2d(1)(x), pad(x, {1, 1, 1, 1})));
  EXPECT_TRUE(same(nn::Upsample({.scale_factor = 2})(x), interpolate(x, {.size = 8})));
  EXPECT_TRUE(same(nn::PixelUnshuffle(2)(x), pixel_unshuffle(x, 2)));
  EXPECT_TRUE(same(nn::Fold(4, 2)(nn::Unfold(2)(x)), fold(unfold(x, 2), 4, 2)));
  EXPECT_TRUE(same(nn::LPPool2d(2, 2)(x), lp_pool2d(x, 2, 2)));
  nn::Dropout2d drop(0.9);
  drop.eval();
  EXPECT_TRUE(drop(x).is_same(x));
}

TEST(ImageModules, SayWhatTheyAre) {
  EXPECT_EQ(nn::ReflectionPad2d({1, 0, 2, 0}).str(), "ReflectionPad2d(1, 0, 2, 0)");
  EXPECT_EQ(nn::Upsample({.scale_factor = {2, 1.5}, .mode = "bilinear"}).str(),
            "Upsample(scale_factor {2, 1.5}, bilinear)");
  EXPECT_EQ(nn::LPPool1d(2, 3).str(), "LPPool1d(2, 3)");
  EXPECT_EQ(nn::Dropout2d(0.25).str(), "Dropout2d(0.25)");
}

TEST(Images, RefuseWhatDoesNotFit) {
  const auto refuses = [](auto f, const char* rule) { EXPECT_THAT(f, ThrowsMessage<Error>(HasSubstr(rule))) << rule; };
  refuses([] { pad(line(3), {3, 0}, "reflect"); }, "a border is not smaller than the extent that it reflects");
  refuses([] { pad(line(3), {4, 0}, "circular"); }, "a border is larger than the extent that it repeats");
  refuses([] { pad(line(3), {-2, -2}); }, "more rows are cut off than there are");
  refuses([] { pad(line(3), {-2, -1}, "replicate"); }, "nothing is left of an extent");
  refuses([] { pad(line(3), {1, 1, 1}); }, "pads come in pairs");
  refuses([] { pad(line(3), {1, 1}, "mirror"); }, "mode 'mirror'");
  refuses([] { pad(line(3), {1, 1}, "reflect", 1); }, "only the mode constant takes a value");
  refuses([] { pad(line(3), {std::int64_t{1} << 62, 0}); }, "a border is out of range");
  refuses([] { pad(line(3), {std::int64_t{1} << 39, std::int64_t{1} << 39}, "replicate"); }, "more than 2^40 elements");
  refuses([] { interpolate(line(3), {}); }, "either size or scale_factor must be given");
  refuses([] { interpolate(line(3), {.size = 2, .scale_factor = 2}); }, "either size or scale_factor");
  refuses([] { interpolate(line(3), {.size = 2, .mode = "bilinear"}); }, "is for images of 2 extents");
  refuses([] { interpolate(line(3), {.size = 2, .align_corners = true}); }, "align_corners goes with");
  refuses([] { interpolate(line(3), {.scale_factor = 0.1}); }, "scale_factor is out of range");
  refuses([] { interpolate(line(3), {.scale_factor = kNan}); }, "scale_factor is out of range");
  refuses([] { interpolate(line(3), {.size = {2, 2}}); }, "size has 2 numbers");
  refuses([] { interpolate(line(3), {.size = std::int64_t{1} << 41}); }, "size is out of range");
  refuses([] { interpolate(line(3).to(kInt64), {.size = 2}); }, "needs a floating tensor");
  refuses([] { unfold(image(3, 3), 4); }, "the kernel is larger than the padded image");
  refuses([] { fold(ones({1, 4, 8}), 4, 2); }, "x has another number of places than the windows: 9");
  refuses([] { fold(ones({1, 3, 9}), 4, 2); }, "the kernel does not divide the channels");
  refuses([] { pixel_shuffle(ones({3, 2, 2}), 2); }, "the square of the factor does not divide the channels");
  refuses([] { grid_sample(image(3, 3), ones({1, 2, 2, 3})); }, "the grid must be [n, h, w, 2]");
  refuses([] { grid_sample(image(3, 3), ones({1, 2, 2, 2}), {.mode = "cubic"}); }, "mode 'cubic'");
  refuses([] { affine_grid(ones({1, 2, 3}), {1, 1, 0, 3}); }, "must be at least 1");
  refuses([] { lp_pool1d(line(3), 0, 2); }, "p is 0");
  refuses([] { dropout1d(ones({2, 2, 2, 2})); }, "x must be [n, channels, l] or [channels, l]");
}

}  // namespace
}  // namespace weft
