// A call that has to do with a file, as errors name it.
#pragma once

#include <unistd.h>

#include <string>
#include <utility>

#include "weft/error.h"

namespace weft {

struct FileCall {
  std::string op, path;
  SourceLocation at;

  // Throws Error "[op] path: rule".
  [[noreturn]] void fail(const std::string& rule, const std::string& hint = "") const {
    fail(ErrorKind::io, rule, hint);
  }
  [[noreturn]] void fail(ErrorKind kind, const std::string& rule, const std::string& hint = "") const {
    throw Error(kind, "[" + op + "] " + path + ": " + rule, at, hint);
  }
  void require(bool holds, const std::string& rule) const {
    if (!holds) fail(rule);
  }
};

// An open file, or none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) : number_(number) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }
  // Whether that went well.
  bool close() { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

}  // namespace weft
