// From a DType to a C++ type, and from the numbers of one type to those of another.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "weft/dtype.h"

namespace weft {

// Calls f with a value of the C++ type of the elements: float, double, std::int64_t, std::int32_t, std::uint8_t or
// bool.
template <class F>
auto with_element_type(DType dtype, F f) {
  switch (dtype) {
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::i64:
      return f(std::int64_t{});
    case DType::i32:
      return f(std::int32_t{});
    case DType::u8:
      return f(std::uint8_t{});
    default:
      return f(bool{});
  }
}

// The same for a dtype that is known to be floating, and for one that is known to be an integer.
template <class F>
auto with_float_type(DType dtype, F f) {
  return dtype == DType::f32 ? f(float{}) : f(double{});
}
template <class F>
auto with_integer_type(DType dtype, F f) {
  if (dtype == DType::i64) return f(std::int64_t{});
  return dtype == DType::i32 ? f(std::int32_t{}) : f(std::uint8_t{});
}

// A whole number as the dtype has it: modulo 2^32 or 2^8 where it is narrower.
inline std::int64_t wrapped(std::int64_t whole, DType dtype) {
  if (dtype == DType::i32) return static_cast<std::int32_t>(whole);
  return dtype == DType::u8 ? static_cast<std::uint8_t>(whole) : whole;
}

// Integers wrap around. A floating number that i64 or i32 does not have gives the nearest one, and nan gives 0; u8
// takes what i64 has modulo 256, so that -1 is 255.
template <class To, class From>
constexpr To convert(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_same_v<To, std::uint8_t> && std::is_floating_point_v<From>) {
    return static_cast<To>(convert<std::int64_t>(value));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    constexpr From kBeyond = -static_cast<From>(std::numeric_limits<To>::min());  // a power of two
    if (value >= kBeyond) return std::numeric_limits<To>::max();
    if (value < -kBeyond) return std::numeric_limits<To>::min();
    return value == value ? static_cast<To>(value) : 0;
  } else {
    return static_cast<To>(value);
  }
}

// Whether the integer dtype has the number, but for what is behind its point. PyTorch takes -1 to -255 as u8, too.
inline bool holds(DType dtype, double value) {
  if (dtype == DType::i64) return value >= -0x1p63 && value < 0x1p63;
  if (dtype == DType::i32) return value > -0x1p31 - 1 && value < 0x1p31;
  return value > -0x1p8 && value < 0x1p8;
}

}  // namespace weft
