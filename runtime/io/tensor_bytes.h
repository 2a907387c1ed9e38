// What writers of tensors share.
#pragma once

#include <memory>
#include <span>

#include "graph/storage.h"
#include "graph/type.h"
#include "runtime/io/file_call.h"
#include "weft/state_dict.h"

namespace weft::io {

// Throws Error for a name that is empty or no UTF-8.
void check_name(const std::string& name, const FileCall& call);

// The elements of a tensor, computed where that has not happened yet.
struct TensorBytes {
  TensorType type;
  std::shared_ptr<const Buffer> buffer;
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(buffer->data()), type.bytes()}; }
};
TensorBytes bytes_of(const Tensor& tensor, const FileCall& call);

}  // namespace weft::io
