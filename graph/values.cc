// The value types of include/weft: DType, Shape, Error.
#include <ostream>

#include "graph/type.h"

namespace weft {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;

std::string compose(const std::string& message, SourceLocation where, const std::string& hint) {
  std::string text = message;
  if (*where.file) text += std::string("\n  at ") + where.file + ":" + std::to_string(where.line);
  if (!hint.empty()) text += "\n  hint: " + hint;
  return text;
}

[[noreturn]] void refuse(std::span<const std::int64_t> dims, const std::string& rule, SourceLocation at) {
  throw ShapeError("shape " + dims_text(dims) + ": " + rule, at);
}

}  // namespace

std::string dims_text(std::span<const std::int64_t> dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) text += (i ? "," : "") + std::to_string(dims[i]);
  return text + "]";
}

Error::Error(const std::string& message, SourceLocation where, const std::string& hint)
    : Error(ErrorKind::value, message, where, hint) {}

Error::Error(ErrorKind kind, const std::string& message, SourceLocation where, const std::string& hint)
    : std::runtime_error(compose(message, where, hint)), kind_(kind), message_(message), hint_(hint), where_(where) {}

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name_of(dtype); }

Shape::Shape(std::span<const std::int64_t> dims, SourceLocation at) {
  if (dims.size() > kMaxRank) refuse(dims, "more than " + std::to_string(kMaxRank) + " dims", at);
  // Extents are checked without the zeros first, so that [0, 2^62, 2^62] is refused like [1, 2^62, 2^62].
  std::int64_t product = 1;
  bool empty = false;
  for (const std::int64_t d : dims) {
    if (d < 0) refuse(dims, "negative extent", at);
    if (d > kMaxElements || (d > 0 && product > kMaxElements / d)) refuse(dims, "more than 2^40 elements", at);
    if (d == 0)
      empty = true;
    else
      product *= d;
    dims_[static_cast<std::size_t>(rank_++)] = d;
  }
  numel_ = empty ? 0 : product;
}

void Shape::refuse_dim(int dim) const {
  throw ShapeError("shape " + str() + ": dim " + std::to_string(dim) + " is out of range");
}

bool Shape::operator==(const Shape& other) const {
  if (rank_ != other.rank_) return false;
  for (int i = 0; i < rank_; ++i)
    if ((*this)[i] != other[i]) return false;
  return true;
}

std::string Shape::str() const { return dims_text(dims()); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

}  // namespace weft
