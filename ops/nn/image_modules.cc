// Modules of the functions of weft/images.h.
#include "weft/image_modules.h"

#include <cstdio>

namespace weft::nn {
namespace {

std::string text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

// "2", or "{2, 3}"
template <class Numbers>
std::string text_of(const Numbers& numbers) {
  std::string s = text(static_cast<double>(numbers[0]));
  for (std::size_t i = 1; i < numbers.size() && i < 3; ++i) s += ", " + text(static_cast<double>(numbers[i]));
  return numbers.size() == 1 ? s : "{" + s + "}";
}

}  // namespace

PadNd::PadNd(const char* name, const char* mode, int extents, DimsRef pads, double value, SourceLocation at)
    : name_(name + std::to_string(extents) + "d"), mode_(mode), pads_(pads.vec()), value_(value) {
  const std::size_t sides = 2 * static_cast<std::size_t>(extents);
  if (pads_.size() == 1) pads_.assign(sides, pads[0]);
  if (pads_.size() != sides)
    throw Error(ErrorKind::value,
                "[" + name_ + "] " + std::to_string(pads_.size()) + " numbers for " + std::to_string(sides) + " sides",
                at);
}
Tensor PadNd::forward(const Operand& x) { return pad(x, pads_, mode_, value_); }
std::string PadNd::str() const {
  std::string s = name_ + "(";
  for (std::size_t i = 0; i < pads_.size(); ++i) s += (i > 0 ? ", " : "") + std::to_string(pads_[i]);
  return s + ")";
}

Tensor Upsample::forward(const Operand& x) { return interpolate(x, options_); }
std::string Upsample::str() const {
  const bool sized = options_.size.size() != 1 || options_.size[0] != 0;
  return "Upsample(" + (sized ? "size " + text_of(options_.size) : "scale_factor " + text_of(options_.scale_factor)) +
         ", " + options_.mode + ")";
}

Tensor PixelShuffle::forward(const Operand& x) { return pixel_shuffle(x, factor_); }
std::string PixelShuffle::str() const { return "PixelShuffle(" + std::to_string(factor_) + ")"; }
Tensor PixelUnshuffle::forward(const Operand& x) { return pixel_unshuffle(x, factor_); }
std::string PixelUnshuffle::str() const { return "PixelUnshuffle(" + std::to_string(factor_) + ")"; }
Tensor ChannelShuffle::forward(const Operand& x) { return channel_shuffle(x, groups_); }
std::string ChannelShuffle::str() const { return "ChannelShuffle(" + std::to_string(groups_) + ")"; }

Tensor Unfold::forward(const Operand& x) { return unfold(x, kernel_, options_); }
std::string Unfold::str() const { return "Unfold(" + text_of(kernel_) + ")"; }
Tensor Fold::forward(const Operand& x) { return fold(x, extents_, kernel_, options_); }
std::string Fold::str() const { return "Fold(" + text_of(extents_) + ", " + text_of(kernel_) + ")"; }

Tensor LocalResponseNorm::forward(const Operand& x) { return local_response_norm(x, size_, alpha_, beta_, k_); }
std::string LocalResponseNorm::str() const { return "LocalResponseNorm(" + std::to_string(size_) + ")"; }

Tensor LPPoolNd::forward(const Operand& x) {
  const auto f = extents_ == 1 ? lp_pool1d : extents_ == 2 ? lp_pool2d : lp_pool3d;
  return f(x, p_, kernel_, options_);
}
std::string LPPoolNd::str() const {
  return "LPPool" + std::to_string(extents_) + "d(" + text(p_) + ", " + text_of(kernel_) + ")";
}

DropoutNd::DropoutNd(const char* name, DropFn drop, double p, SourceLocation at) : name_(name), drop_(drop), p_(p) {
  if (!(p >= 0 && p <= 1))
    throw Error(ErrorKind::value, "[" + std::string(name) + "] p " + std::to_string(p) + ": not a probability", at);
}
Tensor DropoutNd::forward(const Operand& x) { return drop_(x, p_, is_training()); }
std::string DropoutNd::str() const { return name_ + ("(" + text(p_) + ")"); }

}  // namespace weft::nn
