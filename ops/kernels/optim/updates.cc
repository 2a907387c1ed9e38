#include "ops/kernels/optim/updates.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/optim/updates.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "ops/kernels/optim/adam_step-inl.h"
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

template <class T>
void Adam(const AdamPass<T>& pass) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const steps::AdamTerms terms{.l2 = pass.l2 != 0, .keep = pass.keep != 1};
  const steps::AdamFactors<V> vectors{
      hn::Set(d, pass.beta1), hn::Set(d, pass.gain1),     hn::Set(d, pass.beta2),
      hn::Set(d, pass.gain2), hn::Set(d, pass.step_size), hn::Set(d, pass.root_correction),
      hn::Set(d, pass.eps),   hn::Set(d, pass.l2),        hn::Set(d, pass.keep)};
  std::int64_t i = 0;
  for (; i + lanes <= pass.size; i += lanes) {
    const V param = hn::LoadU(d, pass.param + i), grad = hn::LoadU(d, pass.grad + i);
    const V m = hn::LoadU(d, pass.m + i), v = hn::LoadU(d, pass.v + i);
    const auto next = steps::adam_step(steps::VectorMath(), terms, vectors, param, grad, m, v);
    hn::StoreU(next.m, d, pass.m_out + i);
    hn::StoreU(next.v, d, pass.v_out + i);
    hn::StoreU(next.param, d, pass.param_out + i);
  }
  const steps::AdamFactors<T> numbers{pass.beta1,           pass.gain1, pass.beta2, pass.gain2, pass.step_size,
                                      pass.root_correction, pass.eps,   pass.l2,    pass.keep};
  for (; i < pass.size; ++i) {
    const auto next =
        steps::adam_step(steps::NumberMath(), terms, numbers, pass.param[i], pass.grad[i], pass.m[i], pass.v[i]);
    pass.m_out[i] = next.m;
    pass.v_out[i] = next.v;
    pass.param_out[i] = next.param;
  }
}

void AdamF32(const AdamPass<float>& pass) { Adam(pass); }
void AdamF64(const AdamPass<double>& pass) { Adam(pass); }

}  // namespace HWY_NAMESPACE
}  // namespace weft::optim_kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::optim_kernels {

HWY_EXPORT(SgdF32);
HWY_EXPORT(SgdF64);
HWY_EXPORT(AdamF32);
HWY_EXPORT(AdamF64);

void sgd(const SgdPass<float>& pass) { HWY_DYNAMIC_DISPATCH(SgdF32)(pass); }
void sgd(const SgdPass<double>& pass) { HWY_DYNAMIC_DISPATCH(SgdF64)(pass); }
void adam(const AdamPass<float>& pass) { HWY_DYNAMIC_DISPATCH(AdamF32)(pass); }
void adam(const AdamPass<double>& pass) { HWY_DYNAMIC_DISPATCH(AdamF64)(pass); }

}  // namespace weft::optim_kernels
#endif
