#include <zlib.h>

#include <algorithm>
#include <array>

#include "runtime/io/zip.h"
#include "runtime/io/zip_fields.h"

namespace weft {
namespace {

using namespace zip;

constexpr std::uint16_t kVersion = 45;        // of the format that has 64-bit sizes
constexpr std::uint16_t kUtf8 = 1 << 11;      // names are UTF-8
constexpr std::uint16_t kFirstDate = 0x0021;  // 1980-01-01: equal tensors give equal files

// What a member's two headers have in common.
void append_common(std::string& record, const ZipMember& member, std::uint32_t packed, std::uint32_t size,
                   std::size_t extra) {
  append(record, kVersion);
  append(record, kUtf8);
  append(record, member.deflated ? kDeflated : kStored);
  append(record, std::uint16_t{0});
  append(record, kFirstDate);
  append(record, member.crc);
  append(record, packed);
  append(record, size);
  append(record, static_cast<std::uint16_t>(member.name.size()));
  append(record, static_cast<std::uint16_t>(extra));
}

// Always with sizes of 64 bits, since those of a deflated member are known only behind it.
std::string local_header(const ZipMember& member) {
  std::string record;
  append(record, kLocal);
  append_common(record, member, kIn64, kIn64, 20);
  record += member.name;
  append(record, kExtra64);
  append(record, std::uint16_t{16});
  append(record, member.size);
  append(record, member.packed);
  return record;
}

std::string central_header(const ZipMember& member) {
  std::string numbers;
  const auto small = [&](std::uint64_t number) {
    if (number < kIn64) return static_cast<std::uint32_t>(number);
    append(numbers, number);
    return kIn64;
  };
  const std::uint32_t size = small(member.size), packed = small(member.packed), begin = small(member.begin);
  std::string record;
  append(record, kCentral);
  append(record, kVersion);
  append_common(record, member, packed, size, numbers.empty() ? 0 : 4 + numbers.size());
  record.append(6, '\0');  // no comment, the first disk, no attributes
  append(record, std::uint32_t{0});
  append(record, begin);
  record += member.name;
  if (numbers.empty()) return record;
  append(record, kExtra64);
  append(record, static_cast<std::uint16_t>(numbers.size()));
  return record + numbers;
}

// The end of the directory, with the record of 64 bits where one is needed.
std::string end_records(std::uint64_t members, std::uint64_t size, std::uint64_t begin) {
  std::string record;
  const bool large = members >= 0xffff || size >= kIn64 || begin >= kIn64;
  if (large) {
    append(record, kEnd64);
    append(record, std::uint64_t{kEnd64Size - 12});
    append(record, kVersion);
    append(record, kVersion);
    append(record, std::uint64_t{0});  // disks
    for (const std::uint64_t number : {members, members, size, begin}) append(record, number);
    append(record, kLocator64);
    append(record, std::uint32_t{0});
    append(record, begin + size);
    append(record, std::uint32_t{1});
  }
  append(record, kEnd);
  append(record, std::uint32_t{0});  // disks
  for (int i = 0; i < 2; ++i) append(record, static_cast<std::uint16_t>(std::min<std::uint64_t>(members, 0xffff)));
  append(record, static_cast<std::uint32_t>(std::min<std::uint64_t>(size, kIn64)));
  append(record, static_cast<std::uint32_t>(std::min<std::uint64_t>(begin, kIn64)));
  append(record, std::uint16_t{0});
  return record;
}

}  // namespace

void ZipWriter::deflate(std::span<const std::span<const std::byte>> parts) {
  struct Stream : z_stream {
    Stream() : z_stream{} {}
    ~Stream() { deflateEnd(this); }
  } stream;
  constexpr int kMemory = 8;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    call_.fail(ErrorKind::memory, "no memory to compress");
  std::array<std::byte, 1 << 16> chunk;
  const auto run = [&](int flush) {
    do {
      stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream.avail_out = static_cast<uInt>(chunk.size());
      ::deflate(&stream, flush);
      file_.write(std::span(chunk).first(chunk.size() - stream.avail_out));
    } while (stream.avail_out == 0);
  };
  for (std::span<const std::byte> part : parts) {
    while (!part.empty()) {
      const std::size_t count = std::min<std::size_t>(part.size(), 1 << 30);
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(part.data()));
      stream.avail_in = static_cast<uInt>(count);
      run(Z_NO_FLUSH);
      part = part.subspan(count);
    }
  }
  run(Z_FINISH);
}

void ZipWriter::add(const std::string& name, std::span<const std::span<const std::byte>> parts, bool deflated) {
  if (name.size() > 0xffff) call_.fail(ErrorKind::value, "a name is longer than 65535 bytes");
  ZipMember member{name, deflated, 0, 0, 0, file_.size()};
  uLong crc = 0;
  for (const std::span<const std::byte> part : parts) {
    if (part.empty()) continue;  // zlib would begin anew
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
    member.size += part.size();
  }
  member.crc = static_cast<std::uint32_t>(crc);
  const std::string header = local_header(member);
  file_.write(header);
  if (deflated)
    deflate(parts);
  else
    for (const std::span<const std::byte> part : parts) file_.write(part);
  member.packed = file_.size() - member.begin - header.size();
  file_.write_at(member.begin, local_header(member));
  members_.push_back(std::move(member));
}

void ZipWriter::finish() {
  const std::uint64_t begin = file_.size();
  std::string directory;
  for (const ZipMember& member : members_) directory += central_header(member);
  file_.write(directory + end_records(members_.size(), directory.size(), begin));
}

}  // namespace weft
