// The arithmetic of a step of Adam. Included once for each instruction set.
#if defined(WEFT_OPS_ADAM_STEP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_ADAM_STEP_INL_H_
#undef WEFT_OPS_ADAM_STEP_INL_H_
#else
#define WEFT_OPS_ADAM_STEP_INL_H_
#endif

#include <hwy/highway.h>

#include "ops/kernels/optim/update_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

// What there is beside the moments.
struct AdamTerms {
  bool l2 = false, keep = false;
};

// Those without a term are not read.
template <class V>
struct AdamFactors {
  V beta1, gain1, beta2, gain2;  // gain: 1 - beta
  V step_size, root_correction, eps;
  V l2;    // weight decay that is added to the gradient
  V keep;  // 1 - lr * decoupled weight decay
};

template <class V>
struct AdamResult {
  V param, m, v;
};

// On numbers, on vectors, or on the registers of an element program: see update_math-inl.h.
template <class Math, class V>
HWY_INLINE AdamResult<V> adam_step(const Math& math, const AdamTerms& terms, const AdamFactors<V>& by, V param, V grad,
                                   V m, V v) {
  if (terms.keep) param = math.mul(param, by.keep);
  if (terms.l2) grad = math.add(grad, math.mul(by.l2, param));
  m = math.mul(by.beta1, m);
  m = math.add(m, math.mul(by.gain1, grad));
  v = math.mul(by.beta2, v);
  v = math.add(v, math.mul(by.gain2, math.mul(grad, grad)));
  const V root = math.div(math.sqrt(v), by.root_correction);
  const V slope = math.mul(by.step_size, m);
  return {math.sub(param, math.div(slope, math.add(root, by.eps))), m, v};
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
