// What the functions of images share: one call's name, operands and number of extents, the checks of its arguments, and
// the way to channels-last images and back.
#pragma once

#include <span>
#include <string_view>

#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/conv.h"

namespace weft {

// [n, channels, extents...] to channels-last, and back.
Value to_channels_last(const Value& x);
Value from_channels_last(const Value& x);

// A call of x [n, channels, extents...], or without n, and other operands. Refers to the name and the operands.
struct ImageCall {
  const char* name;
  std::span<const Value> operands;  // x comes first
  int extents;

  const Value& x() const { return operands[0]; }
  std::int64_t channels() const { return x().shape()[x().rank() - extents - 1]; }
  std::int64_t extent(std::size_t d) const { return x().shape()[x().rank() - extents + static_cast<int>(d)]; }

  [[noreturn]] void refuse(std::string_view rule, ErrorKind kind = ErrorKind::shape) const;
  void check_rank() const;
  void check_not_empty() const;
  // One number of at least `least` for each extent.
  Dims numbers(const Extents& e, std::int64_t least, const char* what) const;

  // x as channels-last images, with n; and a result of such images in the layout of x.
  Value images() const;
  Value result(const Value& images) const;
};

}  // namespace weft
