#include "runtime/io/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace weft {
namespace {

// A link stays a link: what it leads to is replaced.
std::string resolved(const std::string& path) {
  std::error_code none;
  const auto target = std::filesystem::canonical(path, none);
  return none ? path : target.string();
}

// Makes a change of names last. Some file systems cannot, and say so.
bool sync_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const FileDescriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return errno == EACCES;  // a folder that may be written and not read
  return ::fsync(opened.get()) == 0 || errno == EINVAL || errno == ENOTSUP;
}

}  // namespace

OutputFile::OutputFile(FileCall call)
    : call_(std::move(call)), target_(resolved(call_.path)), temporary_(target_ + ".tmp") {
  call_.require(!target_.empty(), "is no name of a file");
  struct stat status {};
  if (::stat(target_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) call_.fail("is no regular file");
  open();
  if (::ftruncate(descriptor_.get(), 0) != 0) fail("cannot be written");
}

// The lock tells a file that another process writes from one that a process left behind when it died. A file that was
// committed between open() and the lock has lost its name: then it is opened anew.
void OutputFile::open() {
  while (true) {
    FileDescriptor opened(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!opened) fail("cannot be written");
    const bool locked = ::flock(opened.get(), LOCK_EX | LOCK_NB) == 0;
    if (!locked && errno == EWOULDBLOCK) call_.fail("is being written by somebody else");
    struct stat mine {
    }, named{};
    const bool known = ::fstat(opened.get(), &mine) == 0 && ::stat(temporary_.c_str(), &named) == 0;
    if (known && mine.st_ino == named.st_ino) {
      descriptor_ = std::move(opened);
      return;
    }
  }
}

OutputFile::~OutputFile() {
  if (descriptor_) ::unlink(temporary_.c_str());
}

void OutputFile::fail(const std::string& what) const { call_.fail(what + ": " + std::strerror(errno)); }

void OutputFile::write_all(std::uint64_t begin, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(begin));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    begin += static_cast<std::uint64_t>(count);
  }
}

void OutputFile::write(std::span<const std::byte> bytes) {
  write_all(size_, bytes);
  size_ += bytes.size();
}

void OutputFile::write_at(std::uint64_t begin, std::string_view text) {
  write_all(begin, std::as_bytes(std::span(text)));
}

void OutputFile::commit(const std::string& previous) {
  if (::fsync(descriptor_.get()) != 0) fail("cannot be written");
  const std::string old = target_ + previous;
  if (!previous.empty() && ::rename(target_.c_str(), old.c_str()) != 0 && errno != ENOENT)
    fail("cannot be renamed to " + old);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
    const int why = errno;
    if (!previous.empty()) ::rename(old.c_str(), target_.c_str());
    errno = why;
    fail("cannot be renamed from " + temporary_);
  }
  const bool closed = descriptor_.close();
  if (!closed || !sync_folder(target_)) fail("was written, but may not last");
}

}  // namespace weft
