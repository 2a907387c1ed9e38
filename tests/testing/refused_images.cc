// Images' borders, sizes, patches and places, and modules of them, with arguments that are refused.
#include "tests/testing/refusals.h"

namespace weft {

void add_image_function_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), x = zeros({1, 2, 3, 3});
  const std::string no = "] undefined tensor";
  REFUSES("pad", value, "[pad] a: f32[2,3]: pads come in pairs", pad(m, {1}));
  REFUSES("pad", shape, "[pad] a: f32[2,3]: more pairs of pads than dims", pad(m, {1, 1, 1, 1, 1, 1}));
  REFUSES("pad", shape, "this mode pads the last 1 to 3 dims", pad(m, {1, 1, 1, 1}, "reflect"));
  REFUSES("interpolate", shape, "[interpolate] a: f32[2,3]: x must be [n, channels", interpolate(m, {.size = 2}));
  REFUSES("interpolate", value, "mode 'cubic' is none of", interpolate(x, {.size = 2, .mode = "cubic"}));
  REFUSES("interpolate", value, "antialias goes with", interpolate(x, {.size = 2, .antialias = true}));
  REFUSES("unfold", shape, "[unfold] a: f32[2,3]: x must be [n, channels, 2 extents]", unfold(m, 2));
  REFUSES("unfold", value, "[unfold] a: f32[1,2,3,3]: stride is out of range", unfold(x, 2, {.stride = 0}));
  REFUSES("unfold", shape, "the kernel is larger than the padded image", unfold(x, {4, 1}));
  REFUSES("fold", shape, "[fold] a: f32[1,2,3,3]: x must be [n, channels * kernel", fold(x, 3, 2));
  REFUSES("fold", value, "[fold] a: f32[2,3]: extents is out of range", fold(m, 0, 2));
  REFUSES("fold", shape, "[fold] a: f32[2,3]: the kernel does not divide the channels", fold(m, 3, 2));
  REFUSES("pixel_shuffle", shape, "[pixel_shuffle] a: f32[2,3]: x must be [..., channels", pixel_shuffle(m, 2));
  REFUSES("pixel_shuffle", value, "the factor is out of range", pixel_shuffle(x, 0));
  REFUSES("pixel_unshuffle", shape, "the factor does not divide the extents", pixel_unshuffle(x, 2));
  REFUSES("channel_shuffle", value, "the groups do not divide the channels", channel_shuffle(x, 3));
  REFUSES("channel_shuffle", shape, "[channel_shuffle] a: f32[2,3]: x must have at least 3", channel_shuffle(m, 3));
  REFUSES("grid_sample", shape, "[grid_sample] a: f32[1,2,3,3], b: f32[2,3]: x must be", grid_sample(x, m));
  REFUSES("grid_sample", dtype, "dtypes differ", grid_sample(x, zeros({1, 2, 2, 2}, kFloat64)));
  REFUSES("grid_sample", value, "padding_mode 'wrap' is none",
          grid_sample(x, zeros({1, 1, 1, 2}), {"nearest", "wrap"}));
  REFUSES("affine_grid", shape, "[affine_grid] a: f32[2,3]: theta must be [n, 2, 3]", affine_grid(m, {1, 1, 2, 2}));
  REFUSES("affine_grid", value, "the size must be [n, channels, h, w]", affine_grid(m, {1, 2, 2}));
  REFUSES("local_response_norm", shape, "[local_response_norm] a: f32[2,3]: x must be", local_response_norm(m, 2));
  REFUSES("local_response_norm", value, "size is out of range", local_response_norm(x, 0));
  REFUSES("lp_pool1d", state, "[lp_pool1d" + no, lp_pool1d(u, 2, 2));
  REFUSES("lp_pool2d", value, "[lp_pool2d] p is 0", lp_pool2d(x, 0, 2));
  REFUSES("lp_pool3d", shape, "[lp_pool3d] a: f32[2,3]: x must be [n, channels, 3", lp_pool3d(m, 2, 2));
  REFUSES("dropout1d", shape, "[dropout1d] a: f32[1,2,3,3]: x must be", dropout1d(x));
  REFUSES("dropout1d", value, "[dropout1d] p = -1", dropout1d(m, -1));
  REFUSES("dropout2d", shape, "[dropout2d] a: f32[2]: a channel needs at least 2", dropout2d(zeros(2)));
  REFUSES("dropout3d", dtype, "[dropout3d] a: i64[2]: wants a floating", dropout3d(zeros(2, kInt64)));
  REFUSES("alpha_dropout", value, "[alpha_dropout] p = 2", alpha_dropout(m, 2, true));
  REFUSES("feature_alpha_dropout", state, "[feature_alpha_dropout" + no, feature_alpha_dropout(u));
}

void add_image_module_rows(Table& table) {
  const Tensor u, m = zeros({2, 3});
  const std::string no = "] undefined tensor";
  REFUSES("nn::ZeroPad::ZeroPad", value, "[ZeroPad2d] 3 numbers for 4 sides", nn::ZeroPad2d({1, 2, 3}));
  REFUSES("nn::ConstantPad::ConstantPad", value, "[ConstantPad1d] 4 numbers for 2", nn::ConstantPad1d({1, 2, 3, 4}, 1));
  REFUSES("nn::ReflectionPad::ReflectionPad", value, "[ReflectionPad1d] 0 numbers", nn::ReflectionPad1d({}));
  REFUSES("nn::ReplicationPad::ReplicationPad", value, "[ReplicationPad3d] 2 numbers", nn::ReplicationPad3d({1, 2}));
  REFUSES("nn::CircularPad::CircularPad", value, "[CircularPad2d] 2 numbers for 4", nn::CircularPad2d({1, 2}));
  REFUSES("nn::PadNd::forward", state, "[pad" + no, nn::ZeroPad2d(1)(u));
  REFUSES("nn::Upsample::forward", value, "[interpolate] a: f32[1,1,2]: either", nn::Upsample({})(zeros({1, 1, 2})));
  REFUSES("nn::PixelShuffle::forward", state, "[pixel_shuffle" + no, nn::PixelShuffle(2)(u));
  REFUSES("nn::PixelUnshuffle::forward", state, "[pixel_unshuffle" + no, nn::PixelUnshuffle(2)(u));
  REFUSES("nn::ChannelShuffle::forward", state, "[channel_shuffle" + no, nn::ChannelShuffle(2)(u));
  REFUSES("nn::Unfold::forward", state, "[unfold" + no, nn::Unfold(2)(u));
  REFUSES("nn::Fold::forward", state, "[fold" + no, nn::Fold(3, 2)(u));
  REFUSES("nn::LocalResponseNorm::forward", state, "[local_response_norm" + no, nn::LocalResponseNorm(2)(u));
  REFUSES("nn::LPPoolNd::forward", state, "[lp_pool2d" + no, nn::LPPool2d(2, 2)(u));
  REFUSES("nn::Dropout1d::Dropout1d", value, "[Dropout1d] p 2.0", nn::Dropout1d(2));
  REFUSES("nn::Dropout2d::Dropout2d", value, "[Dropout2d] p 2.0", nn::Dropout2d(2));
  REFUSES("nn::Dropout3d::Dropout3d", value, "[Dropout3d] p 2.0", nn::Dropout3d(2));
  REFUSES("nn::AlphaDropout::AlphaDropout", value, "[AlphaDropout] p -1.0", nn::AlphaDropout(-1));
  REFUSES("nn::FeatureAlphaDropout::FeatureAlphaDropout", value, "[FeatureAlphaDropout] p", nn::FeatureAlphaDropout(2));
  REFUSES("nn::DropoutNd::forward", state, "[dropout2d" + no, nn::Dropout2d()(u));
}

}  // namespace weft
