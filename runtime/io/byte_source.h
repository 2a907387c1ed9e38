// A file as a stream of bytes, decompressed on the way when it is a gzip file.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/io/file_call.h"

namespace weft {

// All methods throw Error "[op] path: rule" for what cannot be opened, read or decompressed. A gzip file is checked to
// its last byte (checksum, length, no bytes after it), which zlib's gzread() does not do.
class ByteSource {
 public:
  ByteSource(std::string op, std::string path, SourceLocation at);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Fills the span; fewer bytes only at the end of the file.
  std::size_t read(std::span<unsigned char> bytes);

  [[noreturn]] void fail(const std::string& rule, const std::string& hint = "") const { call_.fail(rule, hint); }
  [[noreturn]] void fail(ErrorKind kind, const std::string& rule, const std::string& hint = "") const {
    call_.fail(kind, rule, hint);
  }

 private:
  struct Inflater;
  std::size_t inflate(std::span<unsigned char> bytes);
  void skip_padding();
  // Makes pending bytes of the file available; false at its end.
  bool refill();

  FileCall call_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::vector<unsigned char> buffer_;
  std::span<unsigned char> pending_;    // read from the file, not handed on
  std::unique_ptr<Inflater> inflater_;  // null for a plain file
};

}  // namespace weft
