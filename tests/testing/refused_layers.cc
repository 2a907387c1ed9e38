// In-place functions and modules of activations and losses, with arguments that are refused.
#include "tests/testing/refusals.h"

namespace weft {

void add_function_in_place_rows(Table& table) {
  const Tensor u, i = zeros({2}, kInt64);
  const std::string no = "] undefined tensor";
  REFUSES("acos_", state, "[acos_" + no, acos_(u));
  REFUSES("acosh_", state, "[acosh_" + no, acosh_(u));
  REFUSES("asin_", state, "[asin_" + no, asin_(u));
  REFUSES("asinh_", state, "[asinh_" + no, asinh_(u));
  REFUSES("atan_", state, "[atan_" + no, atan_(u));
  REFUSES("atanh_", state, "[atanh_" + no, atanh_(u));
  REFUSES("bitwise_not_", state, "[bitwise_not_" + no, bitwise_not_(u));
  REFUSES("cosh_", state, "[cosh_" + no, cosh_(u));
  REFUSES("deg2rad_", state, "[deg2rad_" + no, deg2rad_(u));
  REFUSES("digamma_", state, "[digamma_" + no, digamma_(u));
  REFUSES("erfc_", state, "[erfc_" + no, erfc_(u));
  REFUSES("erfinv_", state, "[erfinv_" + no, erfinv_(u));
  REFUSES("exp2_", state, "[exp2_" + no, exp2_(u));
  REFUSES("frac_", state, "[frac_" + no, frac_(u));
  REFUSES("i0_", state, "[i0_" + no, i0_(u));
  REFUSES("lgamma_", state, "[lgamma_" + no, lgamma_(u));
  REFUSES("log10_", state, "[log10_" + no, log10_(u));
  REFUSES("log2_", state, "[log2_" + no, log2_(u));
  REFUSES("logical_not_", state, "[logical_not_" + no, logical_not_(u));
  REFUSES("rad2deg_", state, "[rad2deg_" + no, rad2deg_(u));
  REFUSES("sign_", state, "[sign_" + no, sign_(u));
  REFUSES("sinc_", state, "[sinc_" + no, sinc_(u));
  REFUSES("sinh_", state, "[sinh_" + no, sinh_(u));
  REFUSES("tan_", state, "[tan_" + no, tan_(u));
  REFUSES("exp2_", dtype, "[exp2_] a: i64[2], result: f32[2]: the result does not fit", exp2_(i));
}

void add_binary_in_place_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), i = zeros({2}, kInt64), v = zeros(2);
  const std::string no = "] undefined tensor";
  REFUSES("atan2_", state, "[atan2_" + no, atan2_(u, 1));
  REFUSES("bitwise_and_", state, "[bitwise_and_" + no, bitwise_and_(u, 1));
  REFUSES("bitwise_left_shift_", state, "[bitwise_left_shift_" + no, bitwise_left_shift_(u, 1));
  REFUSES("bitwise_or_", state, "[bitwise_or_" + no, bitwise_or_(u, 1));
  REFUSES("bitwise_right_shift_", state, "[bitwise_right_shift_" + no, bitwise_right_shift_(u, 1));
  REFUSES("bitwise_xor_", state, "[bitwise_xor_" + no, bitwise_xor_(u, 1));
  REFUSES("clamp_max_", state, "[clamp_max_" + no, clamp_max_(u, 1));
  REFUSES("clamp_min_", state, "[clamp_min_" + no, clamp_min_(u, 1));
  REFUSES("copysign_", state, "[copysign_" + no, copysign_(u, 1));
  REFUSES("eq_", state, "[eq_" + no, eq_(u, 1));
  REFUSES("float_power_", state, "[float_power_" + no, float_power_(u, 1));
  REFUSES("floor_divide_", state, "[floor_divide_" + no, floor_divide_(u, 1));
  REFUSES("fmod_", state, "[fmod_" + no, fmod_(u, 1));
  REFUSES("ge_", state, "[ge_" + no, ge_(u, 1));
  REFUSES("gt_", state, "[gt_" + no, gt_(u, 1));
  REFUSES("heaviside_", state, "[heaviside_" + no, heaviside_(u, 1));
  REFUSES("hypot_", state, "[hypot_" + no, hypot_(u, 1));
  REFUSES("ldexp_", state, "[ldexp_" + no, ldexp_(u, 1));
  REFUSES("le_", state, "[le_" + no, le_(u, 1));
  REFUSES("logical_and_", state, "[logical_and_" + no, logical_and_(u, 1));
  REFUSES("logical_or_", state, "[logical_or_" + no, logical_or_(u, 1));
  REFUSES("logical_xor_", state, "[logical_xor_" + no, logical_xor_(u, 1));
  REFUSES("lt_", state, "[lt_" + no, lt_(u, 1));
  REFUSES("ne_", state, "[ne_" + no, ne_(u, 1));
  REFUSES("remainder_", state, "[remainder_" + no, remainder_(u, 1));
  REFUSES("xlogy_", state, "[xlogy_" + no, xlogy_(u, 1));
  REFUSES("relu_", state, "[relu_" + no, relu_(u));
  REFUSES("selu_", state, "[selu_" + no, selu_(u));
  REFUSES("elu_", state, "[elu_" + no, elu_(u));
  REFUSES("celu_", state, "[celu_" + no, celu_(u));
  REFUSES("leaky_relu_", state, "[leaky_relu_" + no, leaky_relu_(u));
  REFUSES("hardtanh_", state, "[hardtanh_" + no, hardtanh_(u));
  REFUSES("threshold_", state, "[threshold_" + no, threshold_(u, 1.0, 1.0));
  REFUSES("rrelu_", state, "[rrelu_" + no, rrelu_(u));
  REFUSES("nan_to_num_", state, "[nan_to_num_" + no, nan_to_num_(u));
  REFUSES("logit_", state, "[logit_" + no, logit_(u));
  REFUSES("cumsum_", state, "[cumsum_" + no, cumsum_(u, 0));
  REFUSES("cumprod_", state, "[cumprod_" + no, cumprod_(u, 0));
  REFUSES("tril_", state, "[tril_" + no, tril_(u));
  REFUSES("triu_", state, "[triu_" + no, triu_(u));
  REFUSES("renorm_", state, "[renorm_" + no, renorm_(u, 2, 0, 1));
  REFUSES("polygamma_", state, "[polygamma_" + no, polygamma_(u, 1));
  REFUSES("masked_scatter_", state, "[masked_scatter_" + no, masked_scatter_(u, m, m));
  REFUSES("put_", state, "[put_" + no, put_(u, i, 1));
  REFUSES("atan2_", shape, "[atan2_] a: f32[2], result: f32[2,2]: the operand", atan2_(v, zeros({2, 2})));
  REFUSES("bernoulli_", value, "[bernoulli_] p is outside of [0, 1]", bernoulli_(v, 2));
  REFUSES("exponential_", value, "[exponential_] lambda is not above 0", exponential_(v, 0));
  REFUSES("exponential_", dtype, "[exponential_] wants a floating tensor", exponential_(i));
}

void add_distance_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), i = zeros({2}, kInt64), v = zeros(2), l = zeros({2, 3}, kInt64);
  REFUSES("cdist", shape, "[cdist] a: f32[2,3], b: f32[2,2]: the rows have different extents", cdist(m, zeros({2, 2})));
  REFUSES("cdist", shape, "[cdist] a: f32[2], b: f32[2]: wants matrices", cdist(v, v));
  REFUSES("cdist", value, "p is not 0 or more", cdist(m, m, -1));
  REFUSES("pdist", shape, "[pdist] a: f32[2]: wants a matrix", pdist(v));
  REFUSES("bilinear", shape, "the weight must be [out, in1, in2]", bilinear(m, m, m));
  REFUSES("bilinear", shape, "the inputs do not fit the weight", bilinear(m, m, zeros({4, 3, 2})));
  REFUSES("multilabel_margin_loss", dtype, "the labels must be i64", multilabel_margin_loss(m, m));
  REFUSES("multilabel_margin_loss", shape, "the labels must have the shape", multilabel_margin_loss(m, i));
  REFUSES("multilabel_margin_loss", value, "index 3 is outside of [0, 3)", multilabel_margin_loss(m, l + 3).item());
  REFUSES("multilabel_soft_margin_loss", shape,
          "[multilabel_soft_margin_loss] a: f32[2,3], b: f32[2]: ", multilabel_soft_margin_loss(m, v));
  REFUSES("triplet_margin_with_distance_loss", value, "margin is not above 0",
          triplet_margin_with_distance_loss(m, m, m, {.margin = 0}));
  REFUSES("rrelu", value, "[rrelu] a: f32[2]: lower lies above upper", rrelu(v, 1, 0));
  REFUSES("rrelu", dtype, "[rrelu] a: i64[2]", rrelu(i));
  REFUSES("gumbel_softmax", dtype, "[gumbel_softmax] a: i64[2]", gumbel_softmax(i));
  REFUSES("gumbel_softmax", shape, "[gumbel_softmax] a: f32[2]: dim 1", gumbel_softmax(v, 1, true, 1));
}

void add_layer_rows(Table& table) {
  using namespace nn;
  const Tensor u, m = zeros({2, 3}), w = zeros({2}).requires_grad_();
  const std::string no = "] undefined tensor", differ = "requires gradients";
  REFUSES("nn::ActivationModule::forward", state, "[elu" + no, ELU()(u));
  REFUSES("nn::RReLU::RReLU", value, "[RReLU] lower lies above upper", RReLU(1, 0));
  REFUSES("nn::RReLU::forward", state, "[rrelu" + no, RReLU()(u));
  REFUSES("nn::PReLU::PReLU", value, "[PReLU] num_parameters is below 1", PReLU(0));
  REFUSES("nn::PReLU::forward", state, "[prelu" + no, PReLU()(u));
  REFUSES("nn::Bilinear::Bilinear", shape, "[Bilinear] in1 is below 1", Bilinear(0, 1, 1));
  REFUSES("nn::Bilinear::forward", shape, "the inputs do not fit the weight", Bilinear(2, 2, 1)(m, m));
  REFUSES("nn::LossOfTwo::forward", state, "[mse_loss" + no, MSELoss()(u, m));
  REFUSES("gaussian_nll_loss", state, "[gaussian_nll_loss" + no, gaussian_nll_loss(m, m, u));
  REFUSES("kl_div", state, "[kl_div" + no, kl_div(m, u));
  REFUSES("nn::LossOfThree::forward", state, "[gaussian_nll_loss" + no, GaussianNLLLoss()(m, u, m));
  REFUSES("nn::CTCLoss::forward", dtype, "targets and lengths must be i64", CTCLoss()(m, m, m, m));
  REFUSES("nn::LossOfTwo::keep", state, differ, BCELoss{w});
  REFUSES("nn::CrossEntropyLoss::CrossEntropyLoss", state, differ, CrossEntropyLoss({.weight = w}));
  REFUSES("nn::NLLLoss::NLLLoss", state, differ, NLLLoss({.weight = w}));
  REFUSES("nn::BCELoss::BCELoss", state, differ, BCELoss{w});
  REFUSES("nn::BCEWithLogitsLoss::BCEWithLogitsLoss", state, differ, BCEWithLogitsLoss{w});
  REFUSES("nn::MultiMarginLoss::MultiMarginLoss", state, differ, MultiMarginLoss(1, 1, w));
  REFUSES("nn::MultiLabelSoftMarginLoss::MultiLabelSoftMarginLoss", state, differ, MultiLabelSoftMarginLoss{w});
}

}  // namespace weft
