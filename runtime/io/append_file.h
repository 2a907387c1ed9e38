// A file that grows by records: each is in it as a whole or not at all.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/io/file_call.h"
#include "weft/metrics.h"

namespace weft {

// For one thread at a time. Methods throw Error in the voice of the call that they are given.
class AppendFile {
 public:
  AppendFile(const FileCall& call, IfExists if_exists);

  // Bytes that were there before.
  std::uint64_t size_before() const { return size_before_; }
  // The first `size` bytes of the file, or fewer.
  std::string begin(const FileCall& call, std::size_t size) const;
  void append(const FileCall& call, std::string_view record);

 private:
  std::uint64_t size_before_ = 0;
  FileDescriptor descriptor_;
};

}  // namespace weft
