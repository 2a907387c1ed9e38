// Tensors in memory of the host.
#include <cstdint>
#include <utility>

#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "weft/host.h"

namespace weft {
namespace {

std::shared_ptr<Buffer> foreign_buffer(const void* data, const TensorType& type, bool writable, SourceLocation at) {
  const auto refuse = [&](ErrorKind kind, const char* rule) {
    throw Error(kind, "[from_blob] " + type.str() + ": " + rule, at);
  };
  if (Trace::current()) refuse(ErrorKind::state, "memory is handed over while a function is traced");
  if (!data && type.shape.numel() > 0) refuse(ErrorKind::value, "the pointer is null");
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(type.dtype) != 0)
    refuse(ErrorKind::value, "the memory is not aligned as its elements are");
  return std::make_shared<Buffer>(const_cast<void*>(data), type.bytes(), writable);
}

TensorType type_of(DimsRef shape, DType dtype, SourceLocation at) {
  try {
    return {dtype, Shape(std::vector<std::int64_t>(shape.begin(), shape.end()))};
  } catch (const ShapeError& error) {
    throw Error(ErrorKind::shape, "[from_blob] " + error.rule(), at);
  }
}

template <class Void>
void release_by(Buffer& buffer, Void* data, std::function<void(Void*)> deleter) {
  if (deleter) buffer.on_release([data, deleter = std::move(deleter)] { deleter(data); });
}

}  // namespace

Tensor from_blob(void* data, DimsRef shape, DType dtype, std::function<void(void*)> deleter, SourceLocation at) {
  TensorType type = type_of(shape, dtype, at);
  const auto buffer = foreign_buffer(data, type, /*writable=*/true, at);
  const auto variable = std::make_shared<Variable>(type, buffer);
  variable->pin();
  const auto impl = std::make_shared<TensorImpl>(std::move(type));
  impl->set_storage(variable);
  release_by(*buffer, data, std::move(deleter));
  return TensorAccess::wrap(impl);
}

Tensor from_blob(const void* data, DimsRef shape, DType dtype, std::function<void(const void*)> deleter,
                 SourceLocation at) {
  TensorType type = type_of(shape, dtype, at);
  const auto buffer = foreign_buffer(data, type, /*writable=*/false, at);
  Tensor tensor = make_leaf(std::move(type), buffer);
  release_by(*buffer, data, std::move(deleter));
  return tensor;
}

}  // namespace weft
