#include "ops/kernels/optim/updates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/optim/updates.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "ops/kernels/optim/sgd_step-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft::optim_kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace steps = weft::HWY_NAMESPACE;

template <class T>
steps::SgdTerms terms_of(const SgdPass<T>& pass) {
  return {.weight_decay = pass.weight_decay != 0,
          .momentum = pass.momentum_in != nullptr,
          .dampening = pass.gain != 1,
          .nesterov = pass.nesterov};
}

template <class T>
void Sgd(const SgdPass<T>& pass) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto terms = terms_of(pass);
  const steps::SgdFactors<V> vectors{hn::Set(d, pass.lr), hn::Set(d, pass.weight_decay), hn::Set(d, pass.momentum),
                                     hn::Set(d, pass.gain)};
  std::int64_t i = 0;
  for (; i + lanes <= pass.size; i += lanes) {
    const V param = hn::LoadU(d, pass.param + i), grad = hn::LoadU(d, pass.grad + i);
    const V buffer = terms.momentum ? hn::LoadU(d, pass.momentum_in + i) : hn::Zero(d);
    const auto next = steps::sgd_step(steps::VectorMath(), terms, vectors, param, grad, buffer);
    if (terms.momentum) hn::StoreU(next.buffer, d, pass.momentum_out + i);
    hn::StoreU(next.param, d, pass.param_out + i);
  }
  const steps::SgdFactors<T> numbers{pass.lr, pass.weight_decay, pass.momentum, pass.gain};
  for (; i < pass.size; ++i) {
    const T buffer = terms.momentum ? pass.momentum_in[i] : 0;
    const auto next = steps::sgd_step(steps::NumberMath(), terms, numbers, pass.param[i], pass.grad[i], buffer);
    if (terms.momentum) pass.momentum_out[i] = next.buffer;
    pass.param_out[i] = next.param;
  }
}

void SgdF32(const SgdPass<float>& pass) { Sgd(pass); }
void SgdF64(const SgdPass<double>& pass) { Sgd(pass); }

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
HWY_EXPORT(SgdF64);
HWY_EXPORT(AdamF32);

void sgd(const SgdPass<float>& pass) { HWY_DYNAMIC_DISPATCH(SgdF32)(pass); }
void sgd(const SgdPass<double>& pass) { HWY_DYNAMIC_DISPATCH(SgdF64)(pass); }
void adam_f32(const AdamPass<float>& pass) { HWY_DYNAMIC_DISPATCH(AdamF32)(pass); }

}  // namespace weft::optim_kernels
#endif
