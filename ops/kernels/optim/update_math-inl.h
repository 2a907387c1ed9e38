// What the arithmetic of optimizer steps is written in: add, sub, mul, div and sqrt, each of which rounds. A Math has
// them for numbers, for vectors, or for the registers of an element program (ops/optim/register_math.h). Included once
// for each instruction set.
#if defined(WEFT_OPS_UPDATE_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_UPDATE_MATH_INL_H_
#undef WEFT_OPS_UPDATE_MATH_INL_H_
#else
#define WEFT_OPS_UPDATE_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {

struct NumberMath {
  template <class T>
  T add(T a, T b) const {
    return a + b;
  }
  template <class T>
  T sub(T a, T b) const {
    return a - b;
  }
  template <class T>
  T mul(T a, T b) const {
    return a * b;
  }
  template <class T>
  T div(T a, T b) const {
    return a / b;
  }
  template <class T>
  T sqrt(T a) const {
    return std::sqrt(a);
  }
};

struct VectorMath {
  template <class V>
  HWY_INLINE V add(V a, V b) const {
    return hwy::HWY_NAMESPACE::Add(a, b);
  }
  template <class V>
  HWY_INLINE V sub(V a, V b) const {
    return hwy::HWY_NAMESPACE::Sub(a, b);
  }
  template <class V>
  HWY_INLINE V mul(V a, V b) const {
    return hwy::HWY_NAMESPACE::Mul(a, b);
  }
  template <class V>
  HWY_INLINE V div(V a, V b) const {
    return hwy::HWY_NAMESPACE::Div(a, b);
  }
  template <class V>
  HWY_INLINE V sqrt(V a) const {
    return hwy::HWY_NAMESPACE::Sqrt(a);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
