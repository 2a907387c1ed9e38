#include "runtime/io/input_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "graph/alignment.h"
#include "runtime/io/json.h"

namespace weft {
namespace {

// Bytes that are there while the owner is.
std::shared_ptr<Buffer> borrowed(std::shared_ptr<const void> owner, void* data, std::size_t bytes) {
  auto buffer = std::make_shared<Buffer>(data, bytes, /*writable=*/true);
  buffer->on_release([owner = std::move(owner)] {});
  return buffer;
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "files are little-endian, and are read as they lie");

InputFile::InputFile(FileCall call)
    : call_(std::move(call)), descriptor_(::open(call_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (!descriptor_) call_.fail(std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0 || !S_ISREG(status.st_mode)) call_.fail("is no regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void InputFile::read_at(std::uint64_t begin, std::span<std::byte> bytes) const {
  call_.require(begin <= size_ && bytes.size() <= size_ - begin, "ends too early");
  while (!bytes.empty()) {
    const ssize_t count = ::pread(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(begin));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) call_.fail(std::string("cannot be read: ") + std::strerror(errno));
    call_.require(count > 0, "was made shorter while it was read");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    begin += static_cast<std::uint64_t>(count);
  }
}

std::shared_ptr<Buffer> InputFile::read(std::uint64_t begin, std::uint64_t bytes) const {
  call_.require(begin <= size_ && bytes <= size_ - begin, "ends too early");
  auto buffer = make_buffer(bytes, call_.at);
  read_at(begin, {buffer->as<std::byte>(), buffer->bytes()});
  return buffer;
}

std::shared_ptr<Buffer> InputFile::map() const {
  if (size_ == 0) return make_buffer(0, call_.at);
  void* const data = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor_.get(), 0);
  if (data == MAP_FAILED) call_.fail(std::string("cannot be mapped: ") + std::strerror(errno));
  std::shared_ptr<const void> owner(data, [size = size_](const void* p) { ::munmap(const_cast<void*>(p), size); });
  return borrowed(std::move(owner), data, size_);
}

std::shared_ptr<Buffer> aligned_part(const std::shared_ptr<Buffer>& whole, std::uint64_t begin, std::size_t bytes) {
  std::byte* const data = whole->as<std::byte>() + begin;
  if (reinterpret_cast<std::uintptr_t>(data) % kAlignment != 0) return nullptr;
  return borrowed(whole, data, bytes);
}

void check_elements(const TensorType& type, const Buffer& buffer, const std::string& name, const FileCall& call) {
  if (type.dtype != DType::boolean) return;
  const std::span bytes(static_cast<const unsigned char*>(buffer.data()), buffer.bytes());
  if (std::any_of(bytes.begin(), bytes.end(), [](unsigned char byte) { return byte > 1; }))
    call.fail("tensor " + printable(name) + " is " + type.str() + ", and has bytes that are neither 0 nor 1");
}

}  // namespace weft
