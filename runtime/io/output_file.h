// A file that is written as a whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/io/file_call.h"

namespace weft {

// Bytes go to a file beside the path (PATH.tmp); commit() makes them the file of that name, on the disk before it is
// seen. Until then, and after every failure, the file that was there is what it was. All methods throw Error in the
// voice of the call; another writer of the same file, in whatever process, is refused.
class OutputFile {
 public:
  explicit OutputFile(FileCall call);
  // Without a commit, what was written is removed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // Writes over what was written from `begin` on.
  void write_at(std::uint64_t begin, std::string_view text);
  std::uint64_t size() const { return size_; }

  // previous: what is added to the name of the file that was there. Without it, that one is lost.
  void commit(const std::string& previous = "");

 private:
  void open();
  void write_all(std::uint64_t begin, std::span<const std::byte> bytes);
  [[noreturn]] void fail(const std::string& what) const;

  FileCall call_;
  std::string target_, temporary_;
  FileDescriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace weft
