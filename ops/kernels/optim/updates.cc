#include "ops/kernels/optim/updates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/optim/updates.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft::optim_kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void SgdF32(const SgdPass<float>& pass) {
  const hn::ScalableTag<float> d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto lr = hn::Set(d, pass.lr), weight_decay = hn::Set(d, pass.weight_decay);
  const auto momentum = hn::Set(d, pass.momentum), gain = hn::Set(d, pass.gain);
  std::int64_t i = 0;
  for (; i + lanes <= pass.size; i += lanes) {
    const auto p = hn::LoadU(d, pass.param + i);
    auto g = hn::LoadU(d, pass.grad + i);
    if (pass.weight_decay != 0) g = hn::Add(g, hn::Mul(weight_decay, p));
    if (pass.momentum_in) {
      const auto b = hn::Add(hn::Mul(momentum, hn::LoadU(d, pass.momentum_in + i)), hn::Mul(gain, g));
      hn::StoreU(b, d, pass.momentum_out + i);
      g = pass.nesterov ? hn::Add(g, hn::Mul(momentum, b)) : b;
    }
    hn::StoreU(hn::Sub(p, hn::Mul(lr, g)), d, pass.param_out + i);
  }
  sgd(pass, i);
}

void AdamF32(const AdamPass<float>& pass) {
  const hn::ScalableTag<float> d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto beta1 = hn::Set(d, pass.beta1), gain1 = hn::Set(d, pass.gain1);
  const auto beta2 = hn::Set(d, pass.beta2), gain2 = hn::Set(d, pass.gain2);
  const auto step_size = hn::Set(d, pass.step_size), eps = hn::Set(d, pass.eps);
  const auto root_correction = hn::Set(d, pass.root_correction);
  const auto l2 = hn::Set(d, pass.l2), keep = hn::Set(d, pass.keep);
  std::int64_t i = 0;
  for (; i + lanes <= pass.size; i += lanes) {
    auto p = hn::LoadU(d, pass.param + i);
    auto g = hn::LoadU(d, pass.grad + i);
    if (pass.keep != 1) p = hn::Mul(p, keep);
    if (pass.l2 != 0) g = hn::Add(g, hn::Mul(l2, p));
    const auto m = hn::Add(hn::Mul(beta1, hn::LoadU(d, pass.m + i)), hn::Mul(gain1, g));
    const auto v = hn::Add(hn::Mul(beta2, hn::LoadU(d, pass.v + i)), hn::Mul(gain2, hn::Mul(g, g)));
    hn::StoreU(m, d, pass.m_out + i);
    hn::StoreU(v, d, pass.v_out + i);
    const auto denominator = hn::Add(hn::Div(hn::Sqrt(v), root_correction), eps);
    hn::StoreU(hn::Sub(p, hn::Div(hn::Mul(step_size, m), denominator)), d, pass.param_out + i);
  }
  adam(pass, i);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft::optim_kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::optim_kernels {

HWY_EXPORT(SgdF32);
HWY_EXPORT(AdamF32);

void sgd_f32(const SgdPass<float>& pass) { HWY_DYNAMIC_DISPATCH(SgdF32)(pass); }
void adam_f32(const AdamPass<float>& pass) { HWY_DYNAMIC_DISPATCH(AdamF32)(pass); }

}  // namespace weft::optim_kernels
#endif
