// The records of zip files, in which numbers are little-endian and lie at fixed places.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weft::zip {

inline constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                               kLocator64 = 0x07064b50;
inline constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
inline constexpr std::uint32_t kIn64 = 0xffffffff;  // a number that does not fit: it is in the extra field
inline constexpr std::uint16_t kExtra64 = 1;
inline constexpr std::uint16_t kStored = 0, kDeflated = 8;

// The number of type T at a place that the record has.
template <class T>
T number_at(std::string_view record, std::size_t place) {
  T number;
  std::memcpy(&number, record.data() + place, sizeof number);
  return number;
}

template <class T>
void append(std::string& record, T number) {
  record.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace weft::zip
