#include "ops/kernels/reduce/nll_simd.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/reduce/nll_simd.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/reduce/softmax_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

template <class T>
void nll(const NllRows& in, void* loss) {
  const T* row = static_cast<const T*>(in.logits);
  const auto classes = static_cast<std::size_t>(in.classes);
  for (std::int64_t i = 0; i < in.rows; ++i, row += classes) {
    const T max = row_max(row, classes);
    static_cast<T*>(loss)[i] = -((row[in.target[i]] - max) - std::log(row_exp<T>(row, classes, max, nullptr)));
  }
}

template <class T>
void nll_grad(const NllRows& in, const void* scale, std::int64_t scale_stride, double factor, void* result) {
  const T* row = static_cast<const T*>(in.logits);
  T* out = static_cast<T*>(result);
  const auto classes = static_cast<std::size_t>(in.classes);
  for (std::int64_t i = 0; i < in.rows; ++i, row += classes, out += classes) {
    const T weight = static_cast<const T*>(scale)[i * scale_stride] * static_cast<T>(factor);
    const T sum = row_exp<T>(row, classes, row_max(row, classes), out);
    const auto per_term = hn::Set(Tag<T>(), weight / sum);
    map_row(out, out, classes, [=](auto v) HWY_ATTR { return hn::Mul(v, per_term); });
    out[in.target[i]] -= weight;
  }
}

void nll32(const NllRows& in, void* loss) { nll<float>(in, loss); }
void nll64(const NllRows& in, void* loss) { nll<double>(in, loss); }
void nll_grad32(const NllRows& in, const void* scale, std::int64_t scale_stride, double factor, void* out) {
  nll_grad<float>(in, scale, scale_stride, factor, out);
}
void nll_grad64(const NllRows& in, const void* scale, std::int64_t scale_stride, double factor, void* out) {
  nll_grad<double>(in, scale, scale_stride, factor, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(nll32);
HWY_EXPORT(nll64);
HWY_EXPORT(nll_grad32);
HWY_EXPORT(nll_grad64);

void nll_f32(const NllRows& in, void* loss) { HWY_DYNAMIC_DISPATCH(nll32)(in, loss); }
void nll_f64(const NllRows& in, void* loss) { HWY_DYNAMIC_DISPATCH(nll64)(in, loss); }
void nll_grad_f32(const NllRows& in, const void* scale, std::int64_t scale_stride, double factor, void* out) {
  HWY_DYNAMIC_DISPATCH(nll_grad32)(in, scale, scale_stride, factor, out);
}
void nll_grad_f64(const NllRows& in, const void* scale, std::int64_t scale_stride, double factor, void* out) {
  HWY_DYNAMIC_DISPATCH(nll_grad64)(in, scale, scale_stride, factor, out);
}

}  // namespace weft
#endif  // HWY_ONCE
