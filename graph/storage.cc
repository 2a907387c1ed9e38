#include "graph/storage.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "graph/alignment.h"
#include "weft/error.h"

namespace weft {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
std::atomic<std::size_t> g_live_bytes{0};
std::atomic<std::size_t> g_allocations{0};

}  // namespace

Buffer::Buffer(std::size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const bool huge = bytes >= kHugePage / 2;
  const std::size_t alignment = huge ? kHugePage : kAlignment;
  const std::size_t rounded = round_up(bytes, alignment);
  data_ = rounded < bytes ? nullptr : std::aligned_alloc(alignment, rounded);
  if (!data_) throw Error(ErrorKind::memory, "[memory] cannot allocate " + std::to_string(bytes) + " bytes");
  if (huge) madvise(data_, rounded, MADV_HUGEPAGE);  // advice: its failure changes nothing but speed
  g_live_bytes.fetch_add(bytes, std::memory_order_relaxed);
  g_allocations.fetch_add(1, std::memory_order_relaxed);
}

Buffer::~Buffer() {
  if (release_) release_();
  if (!data_ || is_foreign_) return;
  std::free(data_);
  g_live_bytes.fetch_sub(bytes_, std::memory_order_relaxed);
}

std::size_t Buffer::live_bytes() { return g_live_bytes.load(std::memory_order_relaxed); }

std::size_t Buffer::allocations() { return g_allocations.load(std::memory_order_relaxed); }

std::shared_ptr<Buffer> make_buffer(std::size_t bytes, SourceLocation at) {
  return detail::placed(at, [&] { return std::make_shared<Buffer>(bytes); });
}

std::shared_ptr<Buffer> copy_of(const Buffer& buffer) {
  auto copy = std::make_shared<Buffer>(buffer.bytes());
  if (buffer.bytes() > 0) std::memcpy(copy->data(), buffer.data(), buffer.bytes());
  return copy;
}

}  // namespace weft
