// Leaves from the user's numbers.
#include <algorithm>
#include <cstring>

#include "graph/capture/tensor_impl.h"
#include "graph/element_type.h"
#include "weft/ops.h"

namespace weft {
namespace {

// The shape of nested braces, and their elements in order.
struct Elements {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
  std::vector<std::int64_t> wholes;  // the same with all digits, where they are whole numbers
  DType dtype = DType::boolean;
};

// Of the dtypes that literals have.
DType wider(DType a, DType b) {
  const auto rank = [](DType d) { return d == DType::boolean ? 0 : d == DType::i64 ? 1 : d == DType::f32 ? 2 : 3; };
  return rank(a) > rank(b) ? a : b;
}

void gather(const Literal& literal, std::size_t depth, Elements& elements, SourceLocation at) {
  if (!literal.is_list()) {
    if (depth != elements.shape.size()) throw Error(ErrorKind::shape, "[tensor] the braces do not nest evenly", at);
    elements.values.push_back(literal.number());
    elements.wholes.push_back(literal.whole());
    elements.dtype = wider(elements.dtype, literal.dtype());
    return;
  }
  if (depth >= elements.shape.size() || elements.shape[depth] != static_cast<std::int64_t>(literal.items().size()))
    throw Error(ErrorKind::shape, "[tensor] the braces do not nest evenly", at);
  for (const Literal& item : literal.items()) gather(item, depth + 1, elements, at);
}

void store(const Elements& elements, DType dtype, Buffer& to, SourceLocation at) {
  if (dtype == DType::i64 && elements.dtype == DType::i64) {
    std::copy(elements.wholes.begin(), elements.wholes.end(), to.as<std::int64_t>());
    return;
  }
  with_element_type(dtype, [&]<class T>(T) {
    T* out = static_cast<T*>(to.data());
    for (const double value : elements.values) {
      if (is_integer(dtype) && !holds(dtype, value))
        throw Error(ErrorKind::value, "[tensor] " + std::to_string(value) + " is no " + name_of(dtype), at);
      *out++ = convert<T>(value);
    }
  });
}

Shape shape_of(const std::string& name, std::span<const std::int64_t> dims, SourceLocation at) {
  try {
    return Shape(dims);
  } catch (const ShapeError& error) {
    throw Error(ErrorKind::shape, "[" + name + "] " + error.rule(), at);
  }
}

template <class T>
Tensor from_span(std::span<const T> values, DimsRef shape, SourceLocation at) {
  const TensorType type{dtype_of<T>, shape_of("from_data", {shape.begin(), shape.end()}, at)};
  if (static_cast<std::int64_t>(values.size()) != type.shape.numel())
    throw Error(ErrorKind::shape, "[from_data] " + type.str() + ": " + std::to_string(values.size()) + " values given",
                at);
  auto buffer = make_buffer(type.bytes(), at);
  if (!values.empty()) std::memcpy(buffer->data(), values.data(), type.bytes());
  return make_leaf(type, std::move(buffer));
}

}  // namespace

Tensor tensor(const Literal& literal, std::optional<DType> dtype, SourceLocation at) {
  Elements elements;
  for (const Literal* l = &literal; l->is_list(); l = &l->items()[0]) {
    elements.shape.push_back(static_cast<std::int64_t>(l->items().size()));
    if (l->items().empty()) break;
  }
  gather(literal, 0, elements, at);
  const DType natural = elements.values.empty() ? DType::f32 : elements.dtype;
  const TensorType type{dtype.value_or(natural), shape_of("tensor", elements.shape, at)};
  auto buffer = make_buffer(type.bytes(), at);
  store(elements, type.dtype, *buffer, at);
  return make_leaf(type, std::move(buffer));
}

Tensor from_data(std::span<const float> values, DimsRef shape, SourceLocation at) {
  return from_span(values, shape, at);
}
Tensor from_data(std::span<const double> values, DimsRef shape, SourceLocation at) {
  return from_span(values, shape, at);
}
Tensor from_data(std::span<const std::int64_t> values, DimsRef shape, SourceLocation at) {
  return from_span(values, shape, at);
}
Tensor from_data(std::span<const std::int32_t> values, DimsRef shape, SourceLocation at) {
  return from_span(values, shape, at);
}
Tensor from_data(std::span<const std::uint8_t> values, DimsRef shape, SourceLocation at) {
  return from_span(values, shape, at);
}
Tensor from_data(std::span<const bool> values, DimsRef shape, SourceLocation at) {
  return from_span(values, shape, at);
}

}  // namespace weft
