// The arithmetic of a step of gradient descent. Included once for each instruction set.
#if defined(WEFT_OPS_SGD_STEP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SGD_STEP_INL_H_
#undef WEFT_OPS_SGD_STEP_INL_H_
#else
#define WEFT_OPS_SGD_STEP_INL_H_
#endif

#include <hwy/highway.h>

#include "ops/kernels/optim/update_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

// What there is beside the gradient and the learning rate.
struct SgdTerms {
  bool weight_decay = false, momentum = false, dampening = false, nesterov = false;
};

// Those without a term are not read.
template <class V>
struct SgdFactors {
  V lr, weight_decay, momentum, gain;  // gain: 1 - dampening
};

template <class V>
struct SgdResult {
  V param, buffer;
};

// On numbers, on vectors, or on the registers of an element program: see update_math-inl.h.
template <class Math, class V>
HWY_INLINE SgdResult<V> sgd_step(const Math& math, const SgdTerms& terms, const SgdFactors<V>& by, V param, V grad,
                                 V buffer) {
  if (terms.weight_decay) grad = math.add(grad, math.mul(by.weight_decay, param));
  if (terms.momentum) {
    const V decayed = math.mul(by.momentum, buffer);
    buffer = math.add(decayed, terms.dampening ? math.mul(by.gain, grad) : grad);
    grad = terms.nesterov ? math.add(grad, math.mul(by.momentum, buffer)) : buffer;
  }
  return {math.sub(param, math.mul(by.lr, grad)), buffer};
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
