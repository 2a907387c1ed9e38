// Tensors of IDX arrays.
#include <cstring>
#include <memory>

#include "graph/capture/tensor_impl.h"
#include "runtime/io/idx.h"
#include "weft/data.h"

namespace weft::data {
namespace {

// To is the element type of the tensor, From that of the bytes.
template <class From, class To>
Tensor convert(const IdxArray& array, SourceLocation at) {
  const TensorType type{dtype_of<To>, array.shape};
  auto buffer = make_buffer(type.bytes(), at);
  const unsigned char* from = array.bytes.data();
  To* to = buffer->as<To>();
  for (std::int64_t i = 0; i < array.shape.numel(); ++i, from += sizeof(From)) {
    From value;
    std::memcpy(&value, from, sizeof(From));
    to[i] = static_cast<To>(value);
  }
  return make_leaf(type, std::move(buffer));
}

}  // namespace

Tensor to_tensor(const IdxArray& array, SourceLocation at) {
  const std::size_t element = idx_element_bytes(static_cast<unsigned char>(array.type));
  if (element == 0 || array.bytes.size() != static_cast<std::size_t>(array.shape.numel()) * element)
    throw Error(ErrorKind::shape,
                "[to_tensor] IDX array" + array.shape.str() + ": " + std::to_string(array.bytes.size()) +
                    " bytes do not fit its shape and element type",
                at);
  switch (array.type) {
    case IdxType::u8:
      return convert<std::uint8_t, std::int64_t>(array, at);
    case IdxType::i8:
      return convert<std::int8_t, std::int64_t>(array, at);
    case IdxType::i16:
      return convert<std::int16_t, std::int64_t>(array, at);
    case IdxType::i32:
      return convert<std::int32_t, std::int64_t>(array, at);
    case IdxType::f32:
      return convert<float, float>(array, at);
    default:
      return convert<double, double>(array, at);
  }
}

}  // namespace weft::data
