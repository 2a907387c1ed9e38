// The array of an npy file, as tensors hold their elements.
#pragma once

#include <memory>
#include <string>

#include "graph/storage.h"
#include "graph/type.h"
#include "runtime/io/file_call.h"

namespace weft {

struct NpyArray {
  TensorType type;
  std::shared_ptr<Buffer> buffer;
};

// Of the bytes of a whole file. The buffer is a part of them where they lie as those of tensors do.
NpyArray read_npy_array(const std::shared_ptr<Buffer>& file, const std::string& name, const FileCall& call);

}  // namespace weft
