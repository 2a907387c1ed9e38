// The losses and distances of weft/losses.h and weft/distances.h as modules. Names and defaults are PyTorch's; options,
// the order of tensors and errors are those of the functions. A weight is a buffer of the module.
//
//   nn::CrossEntropyLoss loss({.label_smoothing = 0.1});
//   loss(model(images), labels).backward();
//
// Threads: as weft/nn.h.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "weft/containers.h"
#include "weft/distances.h"
#include "weft/losses.h"

namespace weft::nn {

// A function of two, three or four tensors.
class LossOfTwo : public ModuleOf<Tensor(Tensor, Tensor)> {
 public:
  Tensor forward(Operand a, Operand b) override { return function_(a, b); }
  std::string str() const override { return std::string(name_) + "()"; }

 protected:
  using Function = std::function<Tensor(const Operand&, const Operand&)>;
  LossOfTwo(const char* name, Function function) : name_(name), function_(std::move(function)) {}
  // A weight, where it is defined.
  void keep(const char* name, const Tensor& weight, SourceLocation at) {
    if (weight.defined()) register_buffer(name, weight, true, at);
  }

 private:
  const char* name_;
  Function function_;
};
class LossOfThree : public ModuleOf<Tensor(Tensor, Tensor, Tensor)> {
 public:
  Tensor forward(Operand a, Operand b, Operand c) override { return function_(a, b, c); }
  std::string str() const override { return std::string(name_) + "()"; }

 protected:
  using Function = std::function<Tensor(const Operand&, const Operand&, const Operand&)>;
  LossOfThree(const char* name, Function function) : name_(name), function_(std::move(function)) {}

 private:
  const char* name_;
  Function function_;
};

class MSELoss : public LossOfTwo {
 public:
  explicit MSELoss(Reduction reduction = Reduction::mean);
};
class L1Loss : public LossOfTwo {
 public:
  explicit L1Loss(Reduction reduction = Reduction::mean);
};
class SmoothL1Loss : public LossOfTwo {
 public:
  explicit SmoothL1Loss(Reduction reduction = Reduction::mean, double beta = 1);
};
class HuberLoss : public LossOfTwo {
 public:
  explicit HuberLoss(Reduction reduction = Reduction::mean, double delta = 1);
};
class CrossEntropyLoss : public LossOfTwo {
 public:
  // Throws Error for a weight that requires gradients.
  explicit CrossEntropyLoss(const ClassLossOptions& options = {}, Reduction reduction = Reduction::mean,
                            SourceLocation at = SourceLocation::current());
};
class NLLLoss : public LossOfTwo {
 public:
  // Throws Error for a weight that requires gradients.
  explicit NLLLoss(const ClassLossOptions& options = {}, Reduction reduction = Reduction::mean,
                   SourceLocation at = SourceLocation::current());
};
class BCELoss : public LossOfTwo {
 public:
  // Throws Error for a weight that requires gradients.
  explicit BCELoss(const Tensor& weight = {}, Reduction reduction = Reduction::mean,
                   SourceLocation at = SourceLocation::current());
};
class BCEWithLogitsLoss : public LossOfTwo {
 public:
  // Throws Error for a weight that requires gradients.
  explicit BCEWithLogitsLoss(const Tensor& weight = {}, Reduction reduction = Reduction::mean,
                             const Tensor& pos_weight = {}, SourceLocation at = SourceLocation::current());
};
class KLDivLoss : public LossOfTwo {
 public:
  explicit KLDivLoss(Reduction reduction = Reduction::mean, bool log_target = false);
};
class PoissonNLLLoss : public LossOfTwo {
 public:
  explicit PoissonNLLLoss(const PoissonNllOptions& options = {}, Reduction reduction = Reduction::mean);
};
class SoftMarginLoss : public LossOfTwo {
 public:
  explicit SoftMarginLoss(Reduction reduction = Reduction::mean);
};
class HingeEmbeddingLoss : public LossOfTwo {
 public:
  explicit HingeEmbeddingLoss(double margin = 1, Reduction reduction = Reduction::mean);
};
class MultiMarginLoss : public LossOfTwo {
 public:
  // Throws Error for a weight that requires gradients.
  explicit MultiMarginLoss(int p = 1, double margin = 1, const Tensor& weight = {},
                           Reduction reduction = Reduction::mean, SourceLocation at = SourceLocation::current());
};
class MultiLabelMarginLoss : public LossOfTwo {
 public:
  explicit MultiLabelMarginLoss(Reduction reduction = Reduction::mean);
};
class MultiLabelSoftMarginLoss : public LossOfTwo {
 public:
  // Throws Error for a weight that requires gradients.
  explicit MultiLabelSoftMarginLoss(const Tensor& weight = {}, Reduction reduction = Reduction::mean,
                                    SourceLocation at = SourceLocation::current());
};
class CosineSimilarity : public LossOfTwo {
 public:
  explicit CosineSimilarity(std::int64_t dim = 1, double eps = 1e-8);
};
class PairwiseDistance : public LossOfTwo {
 public:
  explicit PairwiseDistance(double p = 2, double eps = 1e-6, bool keepdim = false);
};
class GaussianNLLLoss : public LossOfThree {
 public:
  explicit GaussianNLLLoss(bool full = false, double eps = 1e-6, Reduction reduction = Reduction::mean);
};
class MarginRankingLoss : public LossOfThree {
 public:
  explicit MarginRankingLoss(double margin = 0, Reduction reduction = Reduction::mean);
};
class CosineEmbeddingLoss : public LossOfThree {
 public:
  explicit CosineEmbeddingLoss(double margin = 0, Reduction reduction = Reduction::mean);
};
class TripletMarginLoss : public LossOfThree {
 public:
  explicit TripletMarginLoss(const TripletMarginOptions& options = {}, Reduction reduction = Reduction::mean);
};
class TripletMarginWithDistanceLoss : public LossOfThree {
 public:
  explicit TripletMarginWithDistanceLoss(const TripletDistanceOptions& options = {},
                                         Reduction reduction = Reduction::mean);
};
// Of log probabilities, targets, and the lengths of both.
class CTCLoss : public ModuleOf<Tensor(Tensor, Tensor, Tensor, Tensor)> {
 public:
  explicit CTCLoss(const CtcOptions& options = {}, Reduction reduction = Reduction::mean)
      : options_(options), reduction_(reduction) {}
  Tensor forward(Operand x, Operand targets, Operand input_lengths, Operand target_lengths) override;
  std::string str() const override { return "CTCLoss()"; }

 private:
  CtcOptions options_;
  Reduction reduction_;
};

}  // namespace weft::nn
