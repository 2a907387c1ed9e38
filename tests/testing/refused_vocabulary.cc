// In-place methods, distributions, and reductions and products by name, with arguments that are refused.
#include "tests/testing/refusals.h"

namespace weft {

void add_in_place_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), i = zeros({2}, kInt64), w = zeros({2}).requires_grad_(), f = zeros(2);
  const std::string no = "] undefined tensor", not_i64 = "the index must be i64";
  REFUSES("Tensor::abs_", state, "[abs_" + no, u.abs_());
  REFUSES("Tensor::neg_", state, "[neg_" + no, u.neg_());
  REFUSES("Tensor::exp_", state, "[exp_" + no, u.exp_());
  REFUSES("Tensor::log_", state, "[log_" + no, u.log_());
  REFUSES("Tensor::sqrt_", state, "[sqrt_" + no, u.sqrt_());
  REFUSES("Tensor::square_", state, "[square_" + no, u.square_());
  REFUSES("Tensor::sin_", state, "[sin_" + no, u.sin_());
  REFUSES("Tensor::cos_", state, "[cos_" + no, u.cos_());
  REFUSES("Tensor::tanh_", state, "[tanh_" + no, u.tanh_());
  REFUSES("Tensor::sigmoid_", state, "[sigmoid_" + no, u.sigmoid_());
  REFUSES("Tensor::relu_", state, "[relu_" + no, u.relu_());
  REFUSES("Tensor::reciprocal_", state, "[reciprocal_" + no, u.reciprocal_());
  REFUSES("Tensor::rsqrt_", state, "[rsqrt_" + no, u.rsqrt_());
  REFUSES("Tensor::floor_", state, "[floor_" + no, u.floor_());
  REFUSES("Tensor::ceil_", state, "[ceil_" + no, u.ceil_());
  REFUSES("Tensor::round_", state, "[round_" + no, u.round_());
  REFUSES("Tensor::trunc_", state, "[trunc_" + no, u.trunc_());
  REFUSES("Tensor::erf_", state, "[erf_" + no, u.erf_());
  REFUSES("Tensor::log1p_", state, "[log1p_" + no, u.log1p_());
  REFUSES("Tensor::expm1_", state, "[expm1_" + no, u.expm1_());
  REFUSES("Tensor::exp_", dtype, "[exp_] a: i64[2], result: f32[2]: the result does not fit", i.exp_());
  REFUSES("Tensor::exp_", state, "[exp_] f32[2]: a leaf that requires gradients", w.exp_());
  REFUSES("Tensor::clamp_", state, "[clamp_" + no, u.clamp_(0));
  REFUSES("Tensor::pow_", shape, "[pow_] a: f32[2], result: f32[2,2]", f.pow_(zeros({2, 2})));
  REFUSES("Tensor::lerp_", state, "[lerp_" + no, u.lerp_(m, 0.5));
  REFUSES("Tensor::addcmul_", state, "[addcmul_" + no, u.addcmul_(m, m));
  REFUSES("Tensor::addcdiv_", state, "[addcdiv_" + no, u.addcdiv_(m, m));
  REFUSES("Tensor::masked_fill_", dtype, "the mask must be bool", m.masked_fill_(m, 1));
  REFUSES("Tensor::index_fill_", dtype, not_i64, m.index_fill_(0, m, 1));
  REFUSES("Tensor::index_add_", dtype, not_i64, m.index_add_(0, m, m));
  REFUSES("Tensor::index_copy_", dtype, not_i64, m.index_copy_(0, m, m));
  REFUSES("Tensor::scatter_", dtype, not_i64, m.scatter_(0, m, 1));
  REFUSES("Tensor::scatter_add_", dtype, not_i64, m.scatter_add_(0, m, m));
  REFUSES("Tensor::uniform_", value, "[uniform_] low lies above high", m.uniform_(1, 0));
  REFUSES("Tensor::normal_", value, "[normal_] the standard deviation", m.normal_(0, -1));
}

void add_distribution_rows(Table& table) {
  const Tensor u, m = zeros({2, 3});
  REFUSES("full_like", value, "[full_like] the value is no number", full_like(m, m));
  REFUSES("empty", shape, "[empty] shape [-1]", empty(-1));
  REFUSES("empty_like", state, "[empty_like] undefined tensor", empty_like(u));
  REFUSES("rand_like", state, "[rand_like] undefined tensor", rand_like(u));
  REFUSES("randn_like", state, "[randn_like] undefined tensor", randn_like(u));
  REFUSES("linspace", value, "[linspace] -1 steps", linspace(0, 1, -1));
  REFUSES("logspace", dtype, "[logspace] bool has no ranges", logspace(0, 1, 5, 10, kBool));
  REFUSES("linspace", dtype, "[linspace] bool has no ranges", linspace(0, 1, 2, kBool));
  REFUSES("linspace", value, "an end is not representable as u8", linspace(0, 300, 4, kUInt8));
  REFUSES("normal", value, "[normal] the standard deviation", normal(0, -1, {2}));
  REFUSES("randperm", value, "[randperm] -1 numbers", randperm(-1));
  REFUSES("bernoulli", dtype, "[bernoulli] a: i64[2]", bernoulli(zeros({2}, kInt64)));
  REFUSES("multinomial", value, "[multinomial] a: f32[2,3]: 4 samples of 3 without", multinomial(m, 4));
}

void add_class_loss_rows(Table& table) {
  const Tensor m = zeros({2, 3}), y = zeros({2}, kInt64), three = zeros({2, 2, 3});
  REFUSES("cross_entropy", shape, "needs a weight for each class", cross_entropy(m, y, {.weight = zeros(2)}));
  REFUSES("cross_entropy", value, "label_smoothing is not in", cross_entropy(m, y, {.label_smoothing = 2}));
  REFUSES("nll_loss", dtype, "[nll_loss] a: f32[2,3], b: f32[2,3]: target must hold", nll_loss(m, m));
  REFUSES("nll_loss", shape, "the target must have the shape", nll_loss(m, zeros({3}, kInt64)));
  REFUSES("multi_margin_loss", value, "p is neither 1 nor 2", multi_margin_loss(m, y, 3));
  REFUSES("ctc_loss", shape, "needs x [t, n, classes]", ctc_loss(m, zeros({2, 1}, kInt64), y, y));
  REFUSES("ctc_loss", value, "blank is no class", ctc_loss(three, zeros({2, 1}, kInt64), y, y, {.blank = 3}));
}

void add_sum_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), s = zeros({});
  const std::string no = "] undefined tensor";
  REFUSES("amax", shape, "a: f32[2,3]: dim 2", amax(m, 2));
  REFUSES("amin", shape, "a: f32[2,3]: dim 2", amin(m, 2));
  REFUSES("prod", shape, "[prod] a: f32[2,3]: dim 2", prod(m, 2));
  REFUSES("cumsum", shape, "[cumsum] a: f32[2,3]: dim 2", cumsum(m, 2));
  REFUSES("cumprod", shape, "[cumprod] a: f32[2,3]: dim 2", cumprod(m, 2));
  REFUSES("tensordot", shape, "[tensordot] a: f32[2,3], b: f32[2,3]: the extents", tensordot(m, m, 1));
  REFUSES("tensordot", value, "[tensordot] a: f32[2,3], b: f32[2,3]: a dim", tensordot(m, m, {0, 0}, {0, 1}));
  REFUSES("einsum", shape, "[einsum] a: f32[2,3], b: f32[2,3]: two extents", einsum("ij,ji", {m, m}));
  REFUSES("einsum", shape, "two extents of one dim differ", einsum("ii", {zeros({1, 3})}));
  REFUSES("einsum", dtype, "the dtypes differ", einsum("ij,i", {m, zeros({2}, kInt64)}));
  REFUSES("einsum", value, "the equation has 1 terms for 2 operands", einsum("ij", {m, m}));
  REFUSES("einsum", value, "no operand has the dim 'k'", einsum("ij->k", {m}));
  REFUSES("einsum", value, "'?' is no letter", einsum("i?", {m}));
  REFUSES("kron", shape, "takes tensors of at most 4 dims", kron(zeros({1, 1, 1, 1, 1}), s));
  REFUSES("Tensor::amax", state, no, u.amax());
  REFUSES("Tensor::amin", state, no, u.amin());
  REFUSES("Tensor::prod", state, "[prod" + no, u.prod());
  REFUSES("Tensor::cumsum", state, "[cumsum" + no, u.cumsum(0));
  REFUSES("Tensor::cumprod", state, "[cumprod" + no, u.cumprod(0));
  REFUSES("Tensor::var", state, "[var" + no, u.var());
  REFUSES("Tensor::std", state, "[std" + no, u.std());
  REFUSES("Tensor::norm", state, "[norm" + no, u.norm());
  REFUSES("Tensor::logsumexp", state, "[logsumexp" + no, u.logsumexp(0));
  REFUSES("Tensor::any", state, "[any" + no, u.any());
  REFUSES("Tensor::all", state, "[all" + no, u.all());
  REFUSES("Tensor::mm", shape, "[mm] a: f32[2,3], b: f32[2,3]", m.mm(m));
  REFUSES("Tensor::bmm", shape, "[bmm] a: f32[2,3], b: f32[2,3]", m.bmm(m));
  REFUSES("Tensor::mv", shape, "[mv] a: f32[2,3], b: f32[2,3]", m.mv(m));
  REFUSES("Tensor::dot", shape, "[dot] a: f32[2,3], b: f32[2,3]", m.dot(m));
  REFUSES("Tensor::outer", shape, "[outer] a: f32[2,3], b: f32[2,3]", m.outer(m));
}

}  // namespace weft
