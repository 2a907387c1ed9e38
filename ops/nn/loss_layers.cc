// Losses as modules: a function each.
#include "weft/loss_layers.h"

namespace weft::nn {

MSELoss::MSELoss(Reduction reduction)
    : LossOfTwo("MSELoss", [=](const Operand& a, const Operand& b) { return mse_loss(a, b, reduction); }) {}
L1Loss::L1Loss(Reduction reduction)
    : LossOfTwo("L1Loss", [=](const Operand& a, const Operand& b) { return l1_loss(a, b, reduction); }) {}
SmoothL1Loss::SmoothL1Loss(Reduction reduction, double beta)
    : LossOfTwo("SmoothL1Loss",
                [=](const Operand& a, const Operand& b) { return smooth_l1_loss(a, b, reduction, beta); }) {}
HuberLoss::HuberLoss(Reduction reduction, double delta)
    : LossOfTwo("HuberLoss", [=](const Operand& a, const Operand& b) { return huber_loss(a, b, reduction, delta); }) {}
CrossEntropyLoss::CrossEntropyLoss(const ClassLossOptions& options, Reduction reduction, SourceLocation at)
    : LossOfTwo("CrossEntropyLoss",
                [=](const Operand& a, const Operand& b) { return cross_entropy(a, b, options, reduction); }) {
  keep("weight", options.weight, at);
}
NLLLoss::NLLLoss(const ClassLossOptions& options, Reduction reduction, SourceLocation at)
    : LossOfTwo("NLLLoss", [=](const Operand& a, const Operand& b) { return nll_loss(a, b, options, reduction); }) {
  keep("weight", options.weight, at);
}
BCELoss::BCELoss(const Tensor& weight, Reduction reduction, SourceLocation at)
    : LossOfTwo("BCELoss",
                [=](const Operand& a, const Operand& b) { return binary_cross_entropy(a, b, weight, reduction); }) {
  keep("weight", weight, at);
}
BCEWithLogitsLoss::BCEWithLogitsLoss(const Tensor& weight, Reduction reduction, const Tensor& pos_weight,
                                     SourceLocation at)
    : LossOfTwo("BCEWithLogitsLoss", [=](const Operand& a, const Operand& b) {
        return binary_cross_entropy_with_logits(a, b, weight, reduction, pos_weight);
      }) {
  keep("weight", weight, at);
  keep("pos_weight", pos_weight, at);
}
KLDivLoss::KLDivLoss(Reduction reduction, bool log_target)
    : LossOfTwo("KLDivLoss", [=](const Operand& a, const Operand& b) { return kl_div(a, b, reduction, log_target); }) {}
PoissonNLLLoss::PoissonNLLLoss(const PoissonNllOptions& options, Reduction reduction)
    : LossOfTwo("PoissonNLLLoss",
                [=](const Operand& a, const Operand& b) { return poisson_nll_loss(a, b, options, reduction); }) {}
SoftMarginLoss::SoftMarginLoss(Reduction reduction)
    : LossOfTwo("SoftMarginLoss",
                [=](const Operand& a, const Operand& b) { return soft_margin_loss(a, b, reduction); }) {}
HingeEmbeddingLoss::HingeEmbeddingLoss(double margin, Reduction reduction)
    : LossOfTwo("HingeEmbeddingLoss",
                [=](const Operand& a, const Operand& b) { return hinge_embedding_loss(a, b, margin, reduction); }) {}
MultiMarginLoss::MultiMarginLoss(int p, double margin, const Tensor& weight, Reduction reduction, SourceLocation at)
    : LossOfTwo("MultiMarginLoss", [=](const Operand& a, const Operand& b) {
        return multi_margin_loss(a, b, p, margin, weight, reduction);
      }) {
  keep("weight", weight, at);
}
MultiLabelMarginLoss::MultiLabelMarginLoss(Reduction reduction)
    : LossOfTwo("MultiLabelMarginLoss",
                [=](const Operand& a, const Operand& b) { return multilabel_margin_loss(a, b, reduction); }) {}
MultiLabelSoftMarginLoss::MultiLabelSoftMarginLoss(const Tensor& weight, Reduction reduction, SourceLocation at)
    : LossOfTwo("MultiLabelSoftMarginLoss", [=](const Operand& a, const Operand& b) {
        return multilabel_soft_margin_loss(a, b, weight, reduction);
      }) {
  keep("weight", weight, at);
}
CosineSimilarity::CosineSimilarity(std::int64_t dim, double eps)
    : LossOfTwo("CosineSimilarity",
                [=](const Operand& a, const Operand& b) { return cosine_similarity(a, b, dim, eps); }) {}
PairwiseDistance::PairwiseDistance(double p, double eps, bool keepdim)
    : LossOfTwo("PairwiseDistance",
                [=](const Operand& a, const Operand& b) { return pairwise_distance(a, b, p, eps, keepdim); }) {}
GaussianNLLLoss::GaussianNLLLoss(bool full, double eps, Reduction reduction)
    : LossOfThree("GaussianNLLLoss", [=](const Operand& a, const Operand& b, const Operand& c) {
        return gaussian_nll_loss(a, b, c, full, eps, reduction);
      }) {}
MarginRankingLoss::MarginRankingLoss(double margin, Reduction reduction)
    : LossOfThree("MarginRankingLoss", [=](const Operand& a, const Operand& b, const Operand& c) {
        return margin_ranking_loss(a, b, c, margin, reduction);
      }) {}
CosineEmbeddingLoss::CosineEmbeddingLoss(double margin, Reduction reduction)
    : LossOfThree("CosineEmbeddingLoss", [=](const Operand& a, const Operand& b, const Operand& c) {
        return cosine_embedding_loss(a, b, c, margin, reduction);
      }) {}
TripletMarginLoss::TripletMarginLoss(const TripletMarginOptions& options, Reduction reduction)
    : LossOfThree("TripletMarginLoss", [=](const Operand& a, const Operand& b, const Operand& c) {
        return triplet_margin_loss(a, b, c, options, reduction);
      }) {}
TripletMarginWithDistanceLoss::TripletMarginWithDistanceLoss(const TripletDistanceOptions& options, Reduction reduction)
    : LossOfThree("TripletMarginWithDistanceLoss", [=](const Operand& a, const Operand& b, const Operand& c) {
        return triplet_margin_with_distance_loss(a, b, c, options, reduction);
      }) {}
Tensor CTCLoss::forward(Operand x, Operand targets, Operand input_lengths, Operand target_lengths) {
  return ctc_loss(x, targets, input_lengths.tensor(), target_lengths.tensor(), options_, reduction_);
}

}  // namespace weft::nn
