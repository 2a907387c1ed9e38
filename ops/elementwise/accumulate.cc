// The n-ary sum in which gradients of a value with several consumers come together: one slot for each, added in the
// order of the slots, so that no schedule changes the bits.
#include <cstdint>

#include "graph/lower.h"
#include "graph/passes/rewriter.h"
#include "ops/values.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/elementwise/accumulate.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One pass over all slots; each block is read before it is written, so that the result may be a slot.
template <class T>
void accumulate_slots(const void* const* in, std::size_t slots, void* result, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  T* out = static_cast<T*>(result);
  const auto slot = [in](std::size_t s) { return static_cast<const T*>(in[s]); };
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    const T* x = slot(0) + i;
    auto a = hn::LoadU(d, x), b = hn::LoadU(d, x + lanes);
    auto c = hn::LoadU(d, x + 2 * lanes), e = hn::LoadU(d, x + 3 * lanes);
    for (std::size_t s = 1; s < slots; ++s) {
      x = slot(s) + i;
      a = hn::Add(a, hn::LoadU(d, x));
      b = hn::Add(b, hn::LoadU(d, x + lanes));
      c = hn::Add(c, hn::LoadU(d, x + 2 * lanes));
      e = hn::Add(e, hn::LoadU(d, x + 3 * lanes));
    }
    hn::StoreU(a, d, out + i);
    hn::StoreU(b, d, out + i + lanes);
    hn::StoreU(c, d, out + i + 2 * lanes);
    hn::StoreU(e, d, out + i + 3 * lanes);
  }
  for (; i < n; ++i) {
    T total = slot(0)[i];
    for (std::size_t s = 1; s < slots; ++s) total += slot(s)[i];
    out[i] = total;
  }
}

// Integers are added as unsigned ones, whose overflow is defined.
void accumulate_f32(const void* const* in, std::size_t slots, void* out, std::size_t n) {
  accumulate_slots<float>(in, slots, out, n);
}
void accumulate_f64(const void* const* in, std::size_t slots, void* out, std::size_t n) {
  accumulate_slots<double>(in, slots, out, n);
}
void accumulate_i64(const void* const* in, std::size_t slots, void* out, std::size_t n) {
  accumulate_slots<std::uint64_t>(in, slots, out, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {
namespace {

HWY_EXPORT(accumulate_f32);
HWY_EXPORT(accumulate_f64);
HWY_EXPORT(accumulate_i64);

Types infer(const OpCall& call) {
  for (std::size_t i = 1; i < call.inputs.size(); ++i)
    call.require(kind_of_difference(call.in(i), call.in(0)), call.in(i) == call.in(0), "all slots must have one type");
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype) || call.in(0).dtype == DType::i64,
               "sums are of f32, f64 or i64");
  return {call.in(0)};
}

void grad(GradCall& g) {
  for (std::size_t i = 0; i < g.num_inputs(); ++i) g.set(i, g.dout());
}

using AccumulateFn = void (*)(const void* const* in, std::size_t slots, void* out, std::size_t n);

AccumulateFn accumulate_fn(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return [](auto... args) { HWY_DYNAMIC_DISPATCH(accumulate_f32)(args...); };
    case DType::f64:
      return [](auto... args) { HWY_DYNAMIC_DISPATCH(accumulate_f64)(args...); };
    default:
      return [](auto... args) { HWY_DYNAMIC_DISPATCH(accumulate_i64)(args...); };
  }
}

Kernel compile(const OpCall& call) {
  const std::size_t slots = call.inputs.size(), n = static_cast<std::size_t>(call.in(0).shape.numel());
  return {.run = [add = accumulate_fn(call.in(0).dtype), slots,
                  n](const KernelArgs& args) { add(args.in, slots, args.out[0], n); },
          .flops = static_cast<double>(slots) * static_cast<double>(n)};
}

void lower(LowerCall& call) {
  Register total = call.in(0);
  for (std::size_t i = 1; i < call.num_inputs(); ++i) total = call.emit(ElementFn::add, {total, call.in(i)});
  call.out(total);
}

// The sum of one slot is the slot.
std::optional<ValueId> simplify(Rewriter&, const Call& call) {
  if (call.operands.size() != 1) return std::nullopt;
  return call.operands[0];
}

}  // namespace

constexpr OpDef kAccumulate{.name = "accumulate",
                            .min_inputs = 1,
                            .max_inputs = -1,
                            .infer = infer,
                            .grad = grad,
                            .compile = compile,
                            .grad_name = "AddBackward0",
                            .in_place = elementwise_in_place,
                            .simplify = simplify,
                            .lower = lower};
WEFT_REGISTER_OP(kAccumulate);

Value accumulate(std::span<const Value> values) {
  return values.size() == 1 ? values[0] : values[0].builder().record(kAccumulate, values);
}

}  // namespace weft
#endif  // HWY_ONCE
