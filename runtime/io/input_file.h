// A file whose bytes are read by their place, or mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "graph/storage.h"
#include "graph/type.h"
#include "runtime/io/file_call.h"

namespace weft {

// All methods throw Error in the voice of the call.
class InputFile {
 public:
  // Only regular files are opened: others may have no end, or make their reader wait.
  explicit InputFile(FileCall call);

  const FileCall& call() const { return call_; }
  std::uint64_t size() const { return size_; }

  // Fills the span with the bytes from `begin` on, which the file must have.
  void read_at(std::uint64_t begin, std::span<std::byte> bytes) const;
  std::shared_ptr<Buffer> read(std::uint64_t begin, std::uint64_t bytes) const;
  // The whole file. Pages that are written to become the process's own: the file never changes.
  std::shared_ptr<Buffer> map() const;

 private:
  FileCall call_;
  FileDescriptor descriptor_;
  std::uint64_t size_ = 0;
};

// A part of a buffer, where it is aligned as values are; else null.
std::shared_ptr<Buffer> aligned_part(const std::shared_ptr<Buffer>& whole, std::uint64_t begin, std::size_t bytes);

// Throws Error where the bytes are no elements of the type: a bool is 0 or 1.
void check_elements(const TensorType& type, const Buffer& buffer, const std::string& name, const FileCall& call);

}  // namespace weft
