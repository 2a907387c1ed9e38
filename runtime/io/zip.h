// Zip files as NumPy writes them: members that are stored or deflated. (PKWARE's APPNOTE 6.3.)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/io/input_file.h"
#include "runtime/io/output_file.h"

namespace weft {

struct ZipMember {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0;  // bytes in the file, and of the member
  std::uint64_t begin = 0;             // of its local header
};

// The members in the order of the directory at the end. Throws Error for what is no zip file, is encrypted, or is
// packed in another way; for names that are there twice; and for members that overlap, or that could not unpack to
// their size.
std::vector<ZipMember> read_zip_directory(const InputFile& file);
// The member's bytes. Throws Error where they are not those of its checksum.
std::shared_ptr<Buffer> read_zip_member(const InputFile& file, const ZipMember& member);

class ZipWriter {
 public:
  explicit ZipWriter(OutputFile& file, const FileCall& call) : file_(file), call_(call) {}
  // The member's bytes are those of the parts, one after the other.
  void add(const std::string& name, std::span<const std::span<const std::byte>> parts, bool deflated);
  // Writes the directory.
  void finish();

 private:
  void deflate(std::span<const std::span<const std::byte>> parts);

  OutputFile& file_;
  const FileCall& call_;
  std::vector<ZipMember> members_;
};

}  // namespace weft
