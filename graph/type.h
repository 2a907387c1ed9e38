// What is known of a value before it is computed.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "weft/dtype.h"
#include "weft/error.h"
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

// What is wrong where two types should be equal and are not.
inline ErrorKind kind_of_difference(const TensorType& a, const TensorType& b) {
  return a.dtype == b.dtype ? ErrorKind::shape : ErrorKind::dtype;
}

// "[2,-1]"
std::string dims_text(std::span<const std::int64_t> dims);

// What Shape throws for extents that are no shape. Whoever knows the operation and the user's line says it in its
// voice.
class ShapeError : public Error {
 public:
  explicit ShapeError(const std::string& rule, SourceLocation at = {})
      : Error(ErrorKind::shape, "[shape] " + rule, at), rule_(rule) {}
  // "shape [2,-1]: negative extent"
  const std::string& rule() const { return rule_; }

 private:
  std::string rule_;
};

}  // namespace weft
