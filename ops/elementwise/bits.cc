// Bits of integers, and bools as single bits.
#include <functional>
#include <limits>

#include "graph/capture/capture.h"
#include "ops/elementwise/elementwise.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

Types infer_bits(const OpCall& call) {
  call.require(ErrorKind::dtype, !is_floating(call.in(0).dtype), "floating numbers have no bits",
               "cast() gives another dtype");
  return infer_broadcast(call);
}

Types infer_shift(const OpCall& call) {
  call.require(ErrorKind::dtype, is_integer(call.in(0).dtype), "takes integers", "cast() gives another dtype");
  return infer_broadcast(call);
}

template <class F>
Kernel compile_bits(const OpCall& call) {
  const auto zip = [&]<class T>(T) {
    return zip_kernel<T, T>(call, [](T a, T b) { return static_cast<T>(F()(a, b)); });
  };
  return call.in(0).dtype == DType::boolean ? zip(bool{}) : with_integer_type(call.in(0).dtype, zip);
}

template <class T>
bool leaves_none(T shift) {
  return shift < T{0} || shift >= static_cast<T>(8 * sizeof(T));
}

struct ShiftLeft {
  template <class T>
  T operator()(T a, T b) const {
    return leaves_none(b) ? T{0} : static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) << b);
  }
};
struct ShiftRight {
  template <class T>
  T operator()(T a, T b) const {
    if (leaves_none(b)) return a < T{0} ? static_cast<T>(-1) : T{0};
    return static_cast<T>(a >> b);
  }
};

template <class F>
Kernel compile_shift(const OpCall& call) {
  return with_integer_type(call.in(0).dtype, [&]<class T>(T) { return zip_kernel<T, T>(call, F()); });
}

constexpr OpDef bits_op(std::string_view name, InferRule infer, CompileRule compile) {
  return {.name = name,
          .min_inputs = 2,
          .max_inputs = 2,
          .infer = infer,
          .compile = compile,
          .in_place = elementwise_in_place};
}

constexpr OpDef kAnd = bits_op("bitwise_and", infer_bits, compile_bits<std::bit_and<>>);
constexpr OpDef kOr = bits_op("bitwise_or", infer_bits, compile_bits<std::bit_or<>>);
constexpr OpDef kXor = bits_op("bitwise_xor", infer_bits, compile_bits<std::bit_xor<>>);
constexpr OpDef kShiftLeft = bits_op("bitwise_left_shift", infer_shift, compile_shift<ShiftLeft>);
constexpr OpDef kShiftRight = bits_op("bitwise_right_shift", infer_shift, compile_shift<ShiftRight>);
WEFT_REGISTER_OP(kAnd);
WEFT_REGISTER_OP(kOr);
WEFT_REGISTER_OP(kXor);
WEFT_REGISTER_OP(kShiftLeft);
WEFT_REGISTER_OP(kShiftRight);

// All bits differ from what they were.
Value inverted(const Value& x) {
  if (x.dtype() == DType::boolean) return logical_not(x);
  const double all = x.dtype() == DType::u8 ? std::numeric_limits<std::uint8_t>::max() : -1;
  return record_promoted(kXor, x, number(x.builder(), x.dtype(), all));
}

template <const OpDef& op>
Tensor of_bits(const Operand& a, const Operand& b) {
  return capture(
      {&a, &b}, [](std::span<const Value> v) { return record_promoted(op, v[0], v[1]); }, nullptr, op.name.data());
}

}  // namespace

Tensor bitwise_not(const Operand& x) {
  return capture({&x}, [](std::span<const Value> v) { return inverted(v[0]); });
}
Tensor bitwise_and(const Operand& a, const Operand& b) { return of_bits<kAnd>(a, b); }
Tensor bitwise_or(const Operand& a, const Operand& b) { return of_bits<kOr>(a, b); }
Tensor bitwise_xor(const Operand& a, const Operand& b) { return of_bits<kXor>(a, b); }
Tensor bitwise_left_shift(const Operand& a, const Operand& b) { return of_bits<kShiftLeft>(a, b); }
Tensor bitwise_right_shift(const Operand& a, const Operand& b) { return of_bits<kShiftRight>(a, b); }

Tensor operator~(const Operand& x) { return bitwise_not(x); }
Tensor operator&(const Operand& a, const Operand& b) { return bitwise_and(a, b); }
Tensor operator|(const Operand& a, const Operand& b) { return bitwise_or(a, b); }
Tensor operator^(const Operand& a, const Operand& b) { return bitwise_xor(a, b); }

}  // namespace weft
