// Modules of the functions of weft/images.h, with PyTorch's names and defaults.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/images.h"
#include "weft/module.h"

namespace weft::nn {

// pad() of the last dims, as many as the module has extents; one number is for all sides.
class PadNd : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 protected:
  PadNd(const char* name, const char* mode, int extents, DimsRef pads, double value, SourceLocation at);

 private:
  std::string name_;
  const char* mode_;
  std::vector<std::int64_t> pads_;
  double value_;
};
template <int kExtents>
class ZeroPad : public PadNd {
 public:
  // Throws Error unless there are as many numbers as sides, or one.
  explicit ZeroPad(DimsRef pads, SourceLocation at = SourceLocation::current())
      : PadNd("ZeroPad", "constant", kExtents, pads, 0, at) {}
};
template <int kExtents>
class ConstantPad : public PadNd {
 public:
  // Throws Error unless there are as many numbers as sides, or one.
  ConstantPad(DimsRef pads, double value, SourceLocation at = SourceLocation::current())
      : PadNd("ConstantPad", "constant", kExtents, pads, value, at) {}
};
template <int kExtents>
class ReflectionPad : public PadNd {
 public:
  // Throws Error unless there are as many numbers as sides, or one.
  explicit ReflectionPad(DimsRef pads, SourceLocation at = SourceLocation::current())
      : PadNd("ReflectionPad", "reflect", kExtents, pads, 0, at) {}
};
template <int kExtents>
class ReplicationPad : public PadNd {
 public:
  // Throws Error unless there are as many numbers as sides, or one.
  explicit ReplicationPad(DimsRef pads, SourceLocation at = SourceLocation::current())
      : PadNd("ReplicationPad", "replicate", kExtents, pads, 0, at) {}
};
template <int kExtents>
class CircularPad : public PadNd {
 public:
  // Throws Error unless there are as many numbers as sides, or one.
  explicit CircularPad(DimsRef pads, SourceLocation at = SourceLocation::current())
      : PadNd("CircularPad", "circular", kExtents, pads, 0, at) {}
};
using ZeroPad1d = ZeroPad<1>;
using ZeroPad2d = ZeroPad<2>;
using ZeroPad3d = ZeroPad<3>;
using ConstantPad1d = ConstantPad<1>;
using ConstantPad2d = ConstantPad<2>;
using ConstantPad3d = ConstantPad<3>;
using ReflectionPad1d = ReflectionPad<1>;
using ReflectionPad2d = ReflectionPad<2>;
using ReflectionPad3d = ReflectionPad<3>;
using ReplicationPad1d = ReplicationPad<1>;
using ReplicationPad2d = ReplicationPad<2>;
using ReplicationPad3d = ReplicationPad<3>;
using CircularPad1d = CircularPad<1>;
using CircularPad2d = CircularPad<2>;
using CircularPad3d = CircularPad<3>;

class Upsample : public Module {
 public:
  explicit Upsample(const InterpolateOptions& options) : options_(options) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  InterpolateOptions options_;
};

class PixelShuffle : public Module {
 public:
  explicit PixelShuffle(std::int64_t upscale_factor) : factor_(upscale_factor) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  std::int64_t factor_;
};
class PixelUnshuffle : public Module {
 public:
  explicit PixelUnshuffle(std::int64_t downscale_factor) : factor_(downscale_factor) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  std::int64_t factor_;
};
class ChannelShuffle : public Module {
 public:
  explicit ChannelShuffle(std::int64_t groups) : groups_(groups) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  std::int64_t groups_;
};

class Unfold : public Module {
 public:
  explicit Unfold(const Extents& kernel, const PatchOptions& options = {}) : kernel_(kernel), options_(options) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  Extents kernel_;
  PatchOptions options_;
};
class Fold : public Module {
 public:
  Fold(const Extents& extents, const Extents& kernel, const PatchOptions& options = {})
      : extents_(extents), kernel_(kernel), options_(options) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  Extents extents_, kernel_;
  PatchOptions options_;
};

class LocalResponseNorm : public Module {
 public:
  explicit LocalResponseNorm(std::int64_t size, double alpha = 1e-4, double beta = 0.75, double k = 1)
      : size_(size), alpha_(alpha), beta_(beta), k_(k) {}
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 private:
  std::int64_t size_;
  double alpha_, beta_, k_;
};

// lp_pool1d() to lp_pool3d().
class LPPoolNd : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 protected:
  LPPoolNd(int extents, double p, const Extents& kernel, const LpPoolOptions& options)
      : extents_(extents), p_(p), kernel_(kernel), options_(options) {}

 private:
  int extents_;
  double p_;
  Extents kernel_;
  LpPoolOptions options_;
};
template <int kExtents>
class LPPool : public LPPoolNd {
 public:
  LPPool(double p, const Extents& kernel, const LpPoolOptions& options = {}) : LPPoolNd(kExtents, p, kernel, options) {}
};
using LPPool1d = LPPool<1>;
using LPPool2d = LPPool<2>;
using LPPool3d = LPPool<3>;

// The kinds of dropout in training mode; the identity in evaluation mode.
class DropoutNd : public Module {
 public:
  Tensor forward(const Operand& x) override;
  std::string str() const override;

 protected:
  using DropFn = Tensor (*)(const Operand& x, double p, bool training);
  DropoutNd(const char* name, DropFn drop, double p, SourceLocation at);

 private:
  const char* name_;
  DropFn drop_;
  double p_;
};
class Dropout1d : public DropoutNd {
 public:
  // Throws Error unless 0 <= p <= 1.
  explicit Dropout1d(double p = 0.5, SourceLocation at = SourceLocation::current())
      : DropoutNd("Dropout1d", dropout1d, p, at) {}
};
class Dropout2d : public DropoutNd {
 public:
  // Throws Error unless 0 <= p <= 1.
  explicit Dropout2d(double p = 0.5, SourceLocation at = SourceLocation::current())
      : DropoutNd("Dropout2d", dropout2d, p, at) {}
};
class Dropout3d : public DropoutNd {
 public:
  // Throws Error unless 0 <= p <= 1.
  explicit Dropout3d(double p = 0.5, SourceLocation at = SourceLocation::current())
      : DropoutNd("Dropout3d", dropout3d, p, at) {}
};
class AlphaDropout : public DropoutNd {
 public:
  // Throws Error unless 0 <= p <= 1.
  explicit AlphaDropout(double p = 0.5, SourceLocation at = SourceLocation::current())
      : DropoutNd("AlphaDropout", alpha_dropout, p, at) {}
};
class FeatureAlphaDropout : public DropoutNd {
 public:
  // Throws Error unless 0 <= p <= 1.
  explicit FeatureAlphaDropout(double p = 0.5, SourceLocation at = SourceLocation::current())
      : DropoutNd("FeatureAlphaDropout", feature_alpha_dropout, p, at) {}
};

}  // namespace weft::nn
