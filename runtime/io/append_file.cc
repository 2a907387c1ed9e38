#include "runtime/io/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace weft {
namespace {

[[noreturn]] void fail(const FileCall& call) { call.fail(std::string("cannot be written: ") + std::strerror(errno)); }

}  // namespace

AppendFile::AppendFile(const FileCall& call, IfExists if_exists) {
  const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC |
                    (if_exists == IfExists::fail      ? O_EXCL
                     : if_exists == IfExists::replace ? O_TRUNC
                                                      : 0);
  descriptor_ = FileDescriptor(::open(call.path.c_str(), flags, 0666));
  if (!descriptor_ && errno == EEXIST) call.fail("is there already");
  if (!descriptor_) fail(call);
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) fail(call);
  if (!S_ISREG(status.st_mode)) return;
  size_before_ = static_cast<std::uint64_t>(status.st_size);
  char last = '\n';
  if (size_before_ > 0 && ::pread(descriptor_.get(), &last, 1, status.st_size - 1) != 1) fail(call);
  call.require(last == '\n', "its last line has no end");
}

std::string AppendFile::begin(const FileCall& call, std::size_t size) const {
  std::string bytes(size, '\0');
  const ssize_t count = ::pread(descriptor_.get(), bytes.data(), size, 0);
  if (count < 0) fail(call);
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

void AppendFile::append(const FileCall& call, std::string_view record) {
  struct stat before {};
  if (::fstat(descriptor_.get(), &before) != 0) fail(call);
  while (!record.empty()) {
    const ssize_t count = ::write(descriptor_.get(), record.data(), record.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int why = errno;
      // Half a record would spoil those that follow.
      if (S_ISREG(before.st_mode) && ::ftruncate(descriptor_.get(), before.st_size) != 0)
        call.fail("holds half a record: " + std::string(std::strerror(why)));
      errno = why;
      fail(call);
    }
    record.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace weft
