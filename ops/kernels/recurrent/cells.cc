#include "ops/kernels/recurrent/cells.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/recurrent/cells.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "ops/kernels/reduce/softmax_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

template <class D>
HWY_INLINE hn::Vec<D> tanh_of(D d, hn::Vec<D> x) {
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(float))
    return tanh_f32(d, x);
  else
    return map_lanes(d, x, [](double v) { return std::tanh(v); });
}
template <class D>
HWY_INLINE hn::Vec<D> sigmoid_of(D d, hn::Vec<D> x) {
  if constexpr (sizeof(hn::TFromD<D>) == sizeof(float))
    return sigmoid_f32(d, x);
  else
    return map_lanes(d, x, [](double v) { return 1 / (1 + std::exp(-v)); });
}

// The vector at a place of each row: whole, or the rest of the row.
template <class T>
struct WholeVector {
  HWY_INLINE hn::Vec<Tag<T>> load(const T* p) const { return hn::LoadU(Tag<T>(), p); }
  HWY_INLINE void store(hn::Vec<Tag<T>> v, T* p) const { hn::StoreU(v, Tag<T>(), p); }
};
template <class T>
struct RestOfRow {
  std::size_t count;
  HWY_INLINE hn::Vec<Tag<T>> load(const T* p) const { return load_some(Tag<T>(), p, count); }
  HWY_INLINE void store(hn::Vec<Tag<T>> v, T* p) const { store_some(v, Tag<T>(), p, count); }
};

template <class T, class F>
HWY_INLINE void for_each_vector(std::int64_t n, F f) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(WholeVector<T>(), i);
  if (i < n) f(RestOfRow<T>{static_cast<std::size_t>(n - i)}, i);
}

template <class T, bool kRelu>
void simple_step(const CellRow<T>& r) {
  for_each_vector<T>(r.hidden, [&](auto at, std::int64_t i) HWY_ATTR {
    const Tag<T> d;
    const auto sum = hn::Add(at.load(r.input + i), at.load(r.sums + i));
    if constexpr (kRelu)
      at.store(hn::IfThenElse(hn::Lt(sum, hn::Zero(d)), hn::Zero(d), sum), r.next_h + i);
    else
      at.store(tanh_of(d, sum), r.next_h + i);
  });
}

template <class T>
void lstm_step(const CellRow<T>& r) {
  const std::int64_t n = r.hidden;
  for_each_vector<T>(n, [&](auto at, std::int64_t i) HWY_ATTR {
    const Tag<T> d;
    const auto gate = [&](std::int64_t k)
                          HWY_ATTR { return hn::Add(at.load(r.input + k * n + i), at.load(r.sums + k * n + i)); };
    const auto in = sigmoid_of(d, gate(0)), forget = sigmoid_of(d, gate(1)), g = tanh_of(d, gate(2)),
               out = sigmoid_of(d, gate(3));
    const auto c = hn::Add(hn::Mul(forget, at.load(r.c + i)), hn::Mul(in, g));
    at.store(in, r.kept + i);
    at.store(forget, r.kept + n + i);
    at.store(g, r.kept + 2 * n + i);
    at.store(out, r.kept + 3 * n + i);
    at.store(c, r.next_c + i);
    at.store(hn::Mul(out, tanh_of(d, c)), r.next_h + i);
  });
}

template <class T>
void gru_step(const CellRow<T>& r) {
  const std::int64_t n = r.hidden;
  for_each_vector<T>(n, [&](auto at, std::int64_t i) HWY_ATTR {
    const Tag<T> d;
    const auto gate = [&](std::int64_t k)
                          HWY_ATTR { return hn::Add(at.load(r.input + k * n + i), at.load(r.sums + k * n + i)); };
    const auto reset = sigmoid_of(d, gate(0)), update = sigmoid_of(d, gate(1));
    auto inner = at.load(r.sums + 2 * n + i);
    if (r.bias) inner = hn::Add(inner, at.load(r.bias + i));
    const auto fresh = tanh_of(d, hn::Add(at.load(r.input + 2 * n + i), hn::Mul(reset, inner)));
    at.store(reset, r.kept + i);
    at.store(update, r.kept + n + i);
    at.store(fresh, r.kept + 2 * n + i);
    at.store(inner, r.kept + 3 * n + i);
    at.store(hn::Add(hn::Mul(hn::Sub(at.load(r.h + i), fresh), update), fresh), r.next_h + i);
  });
}

template <class T>
void step(RecurrentCell cell, const CellRow<T>& row) {
  if (cell == RecurrentCell::lstm)
    lstm_step(row);
  else if (cell == RecurrentCell::gru)
    gru_step(row);
  else if (cell == RecurrentCell::relu)
    simple_step<T, true>(row);
  else
    simple_step<T, false>(row);
}

// slope * y (1 - y), and slope * (1 - y^2).
template <class D, class V>
HWY_INLINE V through_sigmoid(D d, V slope, V y) {
  return hn::Mul(slope, hn::Mul(y, hn::Sub(hn::Set(d, 1), y)));
}
template <class D, class V>
HWY_INLINE V through_tanh(D d, V slope, V y) {
  return hn::Mul(slope, hn::Sub(hn::Set(d, 1), hn::Mul(y, y)));
}

template <class T, bool kRelu>
void simple_slopes(const CellSlopes<T>& r) {
  for_each_vector<T>(r.hidden, [&](auto at, std::int64_t i) HWY_ATTR {
    const Tag<T> d;
    const auto y = at.load(r.next_h + i), slope = at.load(r.by_h + i);
    if constexpr (kRelu)
      at.store(hn::IfThenElse(hn::Gt(y, hn::Zero(d)), slope, hn::Zero(d)), r.by_input + i);
    else
      at.store(through_tanh(d, slope, y), r.by_input + i);
    at.store(hn::Zero(d), r.before_h + i);
  });
}

template <class T>
void lstm_slopes(const CellSlopes<T>& r) {
  const std::int64_t n = r.hidden;
  for_each_vector<T>(n, [&](auto at, std::int64_t i) HWY_ATTR {
    const Tag<T> d;
    const auto in = at.load(r.kept + i), forget = at.load(r.kept + n + i), g = at.load(r.kept + 2 * n + i),
               out = at.load(r.kept + 3 * n + i), shown = tanh_of(d, at.load(r.next_c + i)), by_h = at.load(r.by_h + i);
    const auto by_c = hn::Add(at.load(r.by_c + i), through_tanh(d, hn::Mul(by_h, out), shown));
    at.store(through_sigmoid(d, hn::Mul(by_c, g), in), r.by_input + i);
    at.store(through_sigmoid(d, hn::Mul(by_c, at.load(r.c + i)), forget), r.by_input + n + i);
    at.store(through_tanh(d, hn::Mul(by_c, in), g), r.by_input + 2 * n + i);
    at.store(through_sigmoid(d, hn::Mul(by_h, shown), out), r.by_input + 3 * n + i);
    at.store(hn::Mul(by_c, forget), r.before_c + i);
    if (r.before_h) at.store(hn::Zero(d), r.before_h + i);
  });
}

template <class T>
void gru_slopes(const CellSlopes<T>& r) {
  const std::int64_t n = r.hidden;
  for_each_vector<T>(n, [&](auto at, std::int64_t i) HWY_ATTR {
    const Tag<T> d;
    const auto reset = at.load(r.kept + i), update = at.load(r.kept + n + i), fresh = at.load(r.kept + 2 * n + i),
               inner = at.load(r.kept + 3 * n + i), by_h = at.load(r.by_h + i);
    const auto by_update = through_sigmoid(d, hn::Mul(by_h, hn::Sub(at.load(r.h + i), fresh)), update);
    const auto by_fresh = through_tanh(d, hn::Mul(by_h, hn::Sub(hn::Set(d, 1), update)), fresh);
    const auto by_reset = through_sigmoid(d, hn::Mul(by_fresh, inner), reset);
    at.store(by_reset, r.by_input + i);
    at.store(by_update, r.by_input + n + i);
    at.store(by_fresh, r.by_input + 2 * n + i);
    at.store(by_reset, r.by_sums + i);
    at.store(by_update, r.by_sums + n + i);
    at.store(hn::Mul(by_fresh, reset), r.by_sums + 2 * n + i);
    at.store(hn::Mul(by_h, update), r.before_h + i);
  });
}

template <class T>
void slopes(RecurrentCell cell, const CellSlopes<T>& row) {
  if (cell == RecurrentCell::lstm)
    lstm_slopes(row);
  else if (cell == RecurrentCell::gru)
    gru_slopes(row);
  else if (cell == RecurrentCell::relu)
    simple_slopes<T, true>(row);
  else
    simple_slopes<T, false>(row);
}

void step32(RecurrentCell cell, const CellRow<float>& row) { step(cell, row); }
void step64(RecurrentCell cell, const CellRow<double>& row) { step(cell, row); }
void slopes32(RecurrentCell cell, const CellSlopes<float>& row) { slopes(cell, row); }
void slopes64(RecurrentCell cell, const CellSlopes<double>& row) { slopes(cell, row); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(step32);
HWY_EXPORT(step64);
HWY_EXPORT(slopes32);
HWY_EXPORT(slopes64);

void cell_step(RecurrentCell cell, const CellRow<float>& row) { HWY_DYNAMIC_DISPATCH(step32)(cell, row); }
void cell_step(RecurrentCell cell, const CellRow<double>& row) { HWY_DYNAMIC_DISPATCH(step64)(cell, row); }
void cell_slopes(RecurrentCell cell, const CellSlopes<float>& row) { HWY_DYNAMIC_DISPATCH(slopes32)(cell, row); }
void cell_slopes(RecurrentCell cell, const CellSlopes<double>& row) { HWY_DYNAMIC_DISPATCH(slopes64)(cell, row); }

}  // namespace weft
#endif  // HWY_ONCE
