// Loops over f32 and bool arrays in vectors. The last, partial vector goes through the same functor as all others.
// Included once for each instruction set.
#if defined(WEFT_OPS_SIMD_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WEFT_OPS_SIMD_LOOPS_INL_H_
#undef WEFT_OPS_SIMD_LOOPS_INL_H_
#else
#define WEFT_OPS_SIMD_LOOPS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ops/kernels/elementwise/broadcast_loops.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using IntTag = hn::RebindToSigned<FloatTag>;
using ByteTag = hn::Rebind<std::uint8_t, FloatTag>;
using FloatVec = hn::Vec<FloatTag>;
using Mask = hn::Mask<FloatTag>;

constexpr std::size_t kMaxLanes = HWY_MAX_BYTES / sizeof(float);

// AVX2 and AVX-512 have loads and stores that touch no byte outside of the mask.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
HWY_INLINE FloatVec load_some(const float* p, std::size_t n) {
  const FloatTag d;
  return hn::MaskedLoad(hn::FirstN(d, n), d, p);
}
HWY_INLINE void store_some(FloatVec v, float* p, std::size_t n) {
  const FloatTag d;
  hn::BlendedStore(v, hn::FirstN(d, n), d, p);
}
#else
HWY_INLINE FloatVec load_some(const float* p, std::size_t n) {
  HWY_ALIGN float values[kMaxLanes] = {};
  std::memcpy(values, p, n * sizeof(float));
  return hn::Load(FloatTag(), values);
}
HWY_INLINE void store_some(FloatVec v, float* p, std::size_t n) {
  HWY_ALIGN float values[kMaxLanes];
  hn::Store(v, FloatTag(), values);
  std::memcpy(p, values, n * sizeof(float));
}
#endif

HWY_INLINE FloatVec load_all(const float* p) { return hn::LoadU(FloatTag(), p); }
HWY_INLINE void store_all(FloatVec v, float* p) { hn::StoreU(v, FloatTag(), p); }

// bool elements are the bytes 0 and 1.
HWY_INLINE Mask load_all(const bool* p) {
  const auto bytes = hn::LoadU(ByteTag(), reinterpret_cast<const std::uint8_t*>(p));
  const auto ints = hn::PromoteTo(IntTag(), bytes);
  return hn::RebindMask(FloatTag(), hn::Gt(ints, hn::Zero(IntTag())));
}
HWY_INLINE void store_all(Mask mask, bool* p) {
  const auto ints = hn::IfThenElseZero(hn::RebindMask(IntTag(), mask), hn::Set(IntTag(), 1));
  hn::StoreU(hn::DemoteTo(ByteTag(), ints), ByteTag(), reinterpret_cast<std::uint8_t*>(p));
}
HWY_INLINE Mask load_some(const bool* p, std::size_t n) {
  HWY_ALIGN bool values[kMaxLanes] = {};
  std::memcpy(values, p, n);
  return load_all(values);
}
HWY_INLINE void store_some(Mask mask, bool* p, std::size_t n) {
  HWY_ALIGN bool values[kMaxLanes];
  store_all(mask, values);
  std::memcpy(p, values, n);
}

// An operand of a run. It moves with the result, or stays on one element, which is loaded once and before any store.
template <class T, bool kMoves>
class RunOperand {
 public:
  HWY_INLINE explicit RunOperand(const T* p) : p_(p) {}
  HWY_INLINE auto all(std::size_t i) const { return load_all(p_ + i); }
  HWY_INLINE auto some(std::size_t i, std::size_t n) const { return load_some(p_ + i, n); }

 private:
  const T* p_;
};
template <>
class RunOperand<float, false> {
 public:
  HWY_INLINE explicit RunOperand(const float* p) : value_(hn::Set(FloatTag(), *p)) {}
  HWY_INLINE FloatVec all(std::size_t) const { return value_; }
  HWY_INLINE FloatVec some(std::size_t, std::size_t) const { return value_; }

 private:
  FloatVec value_;
};
template <>
class RunOperand<bool, false> {
 public:
  HWY_INLINE explicit RunOperand(const bool* p)
      : value_(hn::Gt(hn::Set(FloatTag(), *p ? 1.0f : 0.0f), hn::Zero(FloatTag()))) {}
  HWY_INLINE Mask all(std::size_t) const { return value_; }
  HWY_INLINE Mask some(std::size_t, std::size_t) const { return value_; }

 private:
  Mask value_;
};

// out[i] = f(operands[i]...)
template <class F, class Out, class... Operand>
HWY_INLINE void run_over(F f, Out* out, std::size_t n, const Operand&... operands) {
  const FloatTag d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) store_all(f(d, operands.all(i)...), out + i);
  if (i < n) store_some(f(d, operands.some(i, n - i)...), out + i, n - i);
}

template <class F>
void run_unary(const float* x, float* out, std::int64_t n) {
  run_over(F{}, out, static_cast<std::size_t>(n), RunOperand<float, true>(x));
}

template <class F, bool kMovesA, bool kMovesB, class Out>
void run_binary_as(const float* a, const float* b, Out* out, const BroadcastLoops& loops) {
  for (RunCursor at(loops); !at.done(); at.next()) {
    run_over(F{}, out + at.result(), static_cast<std::size_t>(loops.run), RunOperand<float, kMovesA>(a + at.offset(0)),
             RunOperand<float, kMovesB>(b + at.offset(1)));
  }
}

template <class F, class Out>
void run_binary(const float* a, const float* b, Out* out, const BroadcastLoops& loops) {
  if (!loops.moves[0])
    run_binary_as<F, false, true>(a, b, out, loops);
  else if (!loops.moves[1])
    run_binary_as<F, true, false>(a, b, out, loops);
  else
    run_binary_as<F, true, true>(a, b, out, loops);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#endif
