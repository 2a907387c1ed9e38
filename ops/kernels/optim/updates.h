// The arithmetic of the optimizer ops: one pass over a parameter, its gradient and its state.
//
// Products and sums are rounded one by one (no fused multiply-add), so the vector and the scalar form give the same
// bits on every instruction set and however a parameter is split. Outputs may be the bytes of any input: element i of
// every input is read before element i of an output is written.
#pragma once

#include <cstdint>

namespace weft::optim_kernels {

template <class T>
struct SgdPass {
  const T *param, *grad, *momentum_in;  // momentum_in and momentum_out are null without momentum
  T *param_out, *momentum_out;
  std::int64_t size;
  T lr, weight_decay, momentum, gain;  // gain: 1 - dampening, or 1 in the first update
  bool nesterov;
};

template <class T>
struct AdamPass {
  const T *param, *grad, *m, *v;
  T *param_out, *m_out, *v_out;
  std::int64_t size;
  T beta1, gain1, beta2, gain2;  // gain: 1 - beta
  T step_size, root_correction, eps;
  T l2;    // weight decay that is added to the gradient
  T keep;  // 1 - lr * decoupled weight decay
};

// On the best vector instructions of the machine.
void sgd(const SgdPass<float>& pass);
void sgd(const SgdPass<double>& pass);
void adam(const AdamPass<float>& pass);
void adam(const AdamPass<double>& pass);

}  // namespace weft::optim_kernels
