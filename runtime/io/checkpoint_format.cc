#include "runtime/io/checkpoint_format.h"

#include <zlib.h>

#include <cstdint>

#include "runtime/io/json.h"

namespace weft {
namespace {

const std::string kSignature = "weft.checkpoint";  // the checksum of all other metadata
const std::string kTensor = "crc32:";              // before the name of a tensor

class Sum {
 public:
  Sum& add(std::span<const std::byte> bytes) {
    // zlib takes a null pointer for a wish to begin anew.
    if (!bytes.empty()) crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    return *this;
  }
  // With its length, so that the end of one text is not the beginning of another.
  Sum& add(const std::string& text) {
    const std::string length = std::to_string(text.size()) + ":";
    return add(std::as_bytes(std::span(length))).add(std::as_bytes(std::span(text)));
  }
  std::string str() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[crc_ >> shift & 15];
    return text;
  }

 private:
  uLong crc_ = 0;
};

std::string sum_of(const SafetensorsEntry& entry, std::span<const std::byte> bytes) {
  return Sum().add(entry.name).add(entry.type.str()).add(bytes).str();
}

std::string sum_of(const std::map<std::string, std::string>& metadata) {
  Sum sum;
  for (const auto& [key, value] : metadata)
    if (key != kSignature) sum.add(key).add(value);
  return sum.str();
}

}  // namespace

void sign_checkpoint(SafetensorsHeader& header, std::span<const std::span<const std::byte>> values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    header.metadata[kTensor + header.entries[i].name] = sum_of(header.entries[i], values[i]);
  header.metadata[kSignature] = sum_of(header.metadata);
}

void check_signature(const SafetensorsHeader& header, const FileCall& call) {
  const auto signature = header.metadata.find(kSignature);
  call.require(signature != header.metadata.end(), "is no checkpoint");
  call.require(signature->second == sum_of(header.metadata), "is damaged: the checksum of its metadata is another");
  std::size_t sums = 0;
  for (const auto& [key, value] : header.metadata) sums += key.starts_with(kTensor);
  call.require(sums == header.entries.size(), "is damaged: it has not the tensors that were saved");
}

void check_checkpoint_tensor(const SafetensorsHeader& header, const SafetensorsEntry& entry,
                             std::span<const std::byte> bytes, const FileCall& call) {
  const auto sum = header.metadata.find(kTensor + entry.name);
  if (sum == header.metadata.end() || sum->second != sum_of(entry, bytes))
    call.fail("is damaged: the checksum of tensor " + printable(entry.name) + " is another");
}

}  // namespace weft
