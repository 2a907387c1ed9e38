#include <zlib.h>

#include <algorithm>
#include <unordered_set>

#include "runtime/io/json.h"
#include "runtime/io/zip.h"
#include "runtime/io/zip_fields.h"

namespace weft {
namespace {

using namespace zip;

std::string read_text(const InputFile& file, std::uint64_t begin, std::uint64_t size) {
  file.call().require(begin <= file.size() && size <= file.size() - begin, "ends inside its directory");
  std::string text(size, '\0');
  file.read_at(begin, std::as_writable_bytes(std::span(text)));
  return text;
}

struct Directory {
  std::uint64_t begin = 0, size = 0, members = 0;
};

// The record at the end of the file, which a comment may follow.
Directory find_directory(const InputFile& file) {
  const FileCall& call = file.call();
  constexpr std::uint64_t kMaxComment = 0xffff;
  call.require(file.size() >= kEndSize, "is too short for a zip file");
  const std::uint64_t tail = std::min<std::uint64_t>(file.size(), kEndSize + kMaxComment);
  const std::string text = read_text(file, file.size() - tail, tail);
  std::size_t at = text.size() - kEndSize;
  const auto is_end = [&] {
    return number_at<std::uint32_t>(text, at) == kEnd &&
           number_at<std::uint16_t>(text, at + 20) == text.size() - at - kEndSize;
  };
  while (!is_end()) {
    call.require(at > 0, "is no zip file: it has no directory");
    --at;
  }
  const std::string_view end = std::string_view(text).substr(at);
  Directory found{number_at<std::uint32_t>(end, 16), number_at<std::uint32_t>(end, 12),
                  number_at<std::uint16_t>(end, 10)};
  const std::uint64_t end_at = file.size() - tail + at;
  if (found.begin == kIn64 || found.size == kIn64 || found.members == 0xffff) {
    call.require(end_at >= kLocator64Size, "has no directory");
    const std::string locator = read_text(file, end_at - kLocator64Size, kLocator64Size);
    call.require(number_at<std::uint32_t>(locator, 0) == kLocator64, "has no directory");
    const std::string end64 = read_text(file, number_at<std::uint64_t>(locator, 8), kEnd64Size);
    call.require(number_at<std::uint32_t>(end64, 0) == kEnd64, "has no directory");
    found = {number_at<std::uint64_t>(end64, 48), number_at<std::uint64_t>(end64, 40),
             number_at<std::uint64_t>(end64, 32)};
  }
  call.require(found.begin <= end_at && found.size <= end_at - found.begin, "has a directory outside of the file");
  return found;
}

// Numbers of 64 bits, in the order of those that did not fit.
void read_extra(std::string_view extra, ZipMember& member, const FileCall& call) {
  while (extra.size() >= 4) {
    const auto kind = number_at<std::uint16_t>(extra, 0);
    const std::size_t size = number_at<std::uint16_t>(extra, 2);
    call.require(size <= extra.size() - 4, "has a damaged directory");
    std::string_view field = extra.substr(4, size);
    extra.remove_prefix(4 + size);
    if (kind != kExtra64) continue;
    for (std::uint64_t* number : {&member.size, &member.packed, &member.begin}) {
      if (*number != kIn64 || field.size() < 8) continue;
      *number = number_at<std::uint64_t>(field, 0);
      field.remove_prefix(8);
    }
  }
}

// Takes one member from the front of the directory.
ZipMember take_member(std::string_view& rest, const FileCall& call) {
  call.require(rest.size() >= kCentralSize && number_at<std::uint32_t>(rest, 0) == kCentral, "has a damaged directory");
  const std::size_t name = number_at<std::uint16_t>(rest, 28), extra = number_at<std::uint16_t>(rest, 30),
                    comment = number_at<std::uint16_t>(rest, 32);
  call.require(name + extra + comment <= rest.size() - kCentralSize, "has a damaged directory");
  ZipMember member;
  member.name = rest.substr(kCentralSize, name);
  const auto method = number_at<std::uint16_t>(rest, 10);
  const bool encrypted = number_at<std::uint16_t>(rest, 8) & 1;
  if (encrypted || (method != kStored && method != kDeflated))
    call.fail("member " + printable(member.name) + " is encrypted, or neither stored nor deflated");
  member.deflated = method == kDeflated;
  member.crc = number_at<std::uint32_t>(rest, 16);
  member.packed = number_at<std::uint32_t>(rest, 20);
  member.size = number_at<std::uint32_t>(rest, 24);
  member.begin = number_at<std::uint32_t>(rest, 42);
  read_extra(rest.substr(kCentralSize + name, extra), member, call);
  rest.remove_prefix(kCentralSize + name + extra + comment);
  return member;
}

// Each member must lie before the directory, apart from all others, and be able to unpack to its size.
void check_members(const std::vector<ZipMember>& members, std::uint64_t directory, const FileCall& call) {
  constexpr std::uint64_t kMostOfDeflate = 1032;
  std::unordered_set<std::string> names;
  std::vector<const ZipMember*> order;
  for (const ZipMember& member : members) {
    const std::string name = "member " + printable(member.name);
    if (!names.insert(member.name).second) call.fail("has the " + name + " twice");
    const bool fits = member.deflated ? member.size / kMostOfDeflate <= member.packed : member.size == member.packed;
    if (!fits) call.fail(name + " cannot unpack to the size that the directory claims");
    order.push_back(&member);
  }
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->begin < b->begin; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint64_t end = i + 1 < order.size() ? order[i + 1]->begin : directory;
    const std::uint64_t begin = order[i]->begin;
    if (begin > end || end - begin < kLocalSize || order[i]->packed > end - begin - kLocalSize)
      call.fail("member " + printable(order[i]->name) + " overlaps what follows it");
  }
}

void inflate_member(const InputFile& file, std::uint64_t begin, const ZipMember& member, std::span<std::byte> to) {
  struct Stream : z_stream {
    Stream() : z_stream{} {}
    ~Stream() { inflateEnd(this); }
  } stream;
  const std::string name = "member " + printable(member.name);
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) file.call().fail(ErrorKind::memory, "no memory to decompress it");
  std::vector<std::byte> chunk(std::min<std::uint64_t>(member.packed, 1 << 16));
  std::uint64_t taken = 0, given = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    if (stream.avail_in == 0 && taken < member.packed) {
      const auto part = std::span(chunk).first(std::min<std::uint64_t>(chunk.size(), member.packed - taken));
      file.read_at(begin + taken, part);
      taken += part.size();
      stream.next_in = reinterpret_cast<Bytef*>(part.data());
      stream.avail_in = static_cast<uInt>(part.size());
    }
    const std::uint64_t room = std::min<std::uint64_t>(to.size() - given, 1 << 30);
    Bytef nothing = 0;  // zlib wants a place also where there is no room
    stream.next_out = room ? reinterpret_cast<Bytef*>(to.data() + given) : &nothing;
    stream.avail_out = static_cast<uInt>(room);
    status = ::inflate(&stream, Z_NO_FLUSH);
    given += room - stream.avail_out;
  }
  if (status != Z_STREAM_END || given != to.size() || taken != member.packed || stream.avail_in != 0)
    file.call().fail(name + " is damaged: it does not unpack to the size that the directory claims");
}

}  // namespace

std::vector<ZipMember> read_zip_directory(const InputFile& file) {
  const Directory directory = find_directory(file);
  const std::string text = read_text(file, directory.begin, directory.size);
  std::vector<ZipMember> members;
  std::string_view rest = text;
  while (!rest.empty()) members.push_back(take_member(rest, file.call()));
  file.call().require(members.size() == directory.members, "has a damaged directory");
  check_members(members, directory.begin, file.call());
  return members;
}

std::shared_ptr<Buffer> read_zip_member(const InputFile& file, const ZipMember& member) {
  const FileCall& call = file.call();
  const std::string name = "member " + printable(member.name);
  const std::string local = read_text(file, member.begin, kLocalSize);
  const std::uint64_t skipped = number_at<std::uint16_t>(local, 26) + number_at<std::uint16_t>(local, 28);
  const std::uint64_t begin = member.begin + kLocalSize + skipped;
  if (number_at<std::uint32_t>(local, 0) != kLocal || begin > file.size() || member.packed > file.size() - begin)
    call.fail(name + " is not where the directory says");
  std::shared_ptr<Buffer> buffer;
  if (member.deflated) {
    buffer = make_buffer(member.size, call.at);
    inflate_member(file, begin, member, {buffer->as<std::byte>(), buffer->bytes()});
  } else {
    buffer = file.read(begin, member.size);
  }
  if (crc32_z(0, buffer->as<Bytef>(), buffer->bytes()) != member.crc)
    call.fail(name + " is damaged: its checksum is not that of its bytes");
  return buffer;
}

}  // namespace weft
