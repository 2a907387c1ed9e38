#include "runtime/io/byte_source.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace weft {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

}  // namespace

struct ByteSource::Inflater {
  z_stream stream{};
  bool member_open = false;  // between the header of a gzip member and its checksum

  ~Inflater() { inflateEnd(&stream); }
};

ByteSource::ByteSource(std::string op, std::string path, SourceLocation at)
    : call_{std::move(op), std::move(path), at},
      file_(std::fopen(call_.path.c_str(), "rb"), [](std::FILE* f) { return f ? std::fclose(f) : 0; }),
      buffer_(kBufferBytes) {
  if (!file_) fail(std::string("cannot be opened: ") + std::strerror(errno));
  refill();
  if (pending_.size() < 2 || pending_[0] != 0x1f || pending_[1] != 0x8b) return;
  inflater_ = std::make_unique<Inflater>();
  constexpr int kGzipOnly = 16;
  if (inflateInit2(&inflater_->stream, kGzipOnly + MAX_WBITS) != Z_OK)
    fail(ErrorKind::memory, "no memory to decompress it");
}

ByteSource::~ByteSource() = default;

bool ByteSource::refill() {
  if (!pending_.empty()) return true;
  const std::size_t count = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (std::ferror(file_.get())) fail(std::string("cannot be read: ") + std::strerror(errno));
  pending_ = std::span(buffer_).first(count);
  return count > 0;
}

std::size_t ByteSource::read(std::span<unsigned char> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto rest = bytes.subspan(done);
    std::size_t count = 0;
    if (inflater_) {
      count = inflate(rest);
    } else if (refill()) {
      count = std::min(rest.size(), pending_.size());
      std::copy_n(pending_.begin(), count, rest.begin());
      pending_ = pending_.subspan(count);
    }
    if (count == 0) break;
    done += count;
  }
  return done;
}

// Zeros that fill up a file behind its last member, as a tape does, are read as gzip reads them: as nothing.
void ByteSource::skip_padding() {
  while (refill()) {
    if (std::any_of(pending_.begin(), pending_.end(), [](unsigned char byte) { return byte != 0; }))
      fail("the gzip data is damaged: there is something after the zeros that fill it up");
    pending_ = {};
  }
}

// Returns 0 only after the last member. Bytes after a member must be another member, which is what gzip writes when
// files are joined, or zeros; anything else is damage.
std::size_t ByteSource::inflate(std::span<unsigned char> bytes) {
  z_stream& stream = inflater_->stream;
  const std::size_t room = std::min(bytes.size(), kBufferBytes);
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(room);
  while (stream.avail_out == room) {
    if (!refill()) {
      if (inflater_->member_open) fail("the gzip data is cut off");
      return 0;
    }
    if (!inflater_->member_open && pending_[0] == 0) {
      skip_padding();
      return 0;
    }
    inflater_->member_open = true;
    stream.next_in = pending_.data();
    stream.avail_in = static_cast<uInt>(pending_.size());
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    pending_ = pending_.last(stream.avail_in);
    if (status == Z_STREAM_END) {
      inflater_->member_open = false;
      inflateReset(&stream);
    } else if (status != Z_OK) {
      fail(std::string("the gzip data is damaged: ") + (stream.msg ? stream.msg : zError(status)));
    }
  }
  return room - stream.avail_out;
}

}  // namespace weft
