// What is known of a value before it is computed.
#pragma once

#include <cstddef>
#include <string>

#include "weft/dtype.h"
#include "weft/shape.h"

namespace weft {

// All values are dense and row-major, so dtype and shape are the whole of it.
struct TensorType {
  DType dtype = DType::f32;
  Shape shape;

  std::size_t bytes() const { return static_cast<std::size_t>(shape.numel()) * size_of(dtype); }
  bool operator==(const TensorType&) const = default;
  // "f32[2,3]"
  std::string str() const { return name_of(dtype) + shape.str(); }
};

}  // namespace weft
