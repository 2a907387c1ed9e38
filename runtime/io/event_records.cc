#include "runtime/io/event_records.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace weft {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  constexpr std::uint32_t kReversed = 0x82f63b78;  // of Castagnoli's polynomial 0x1edc6f41
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ (table[i] & 1 ? kReversed : 0);
  }
  return table;
}

// Little-endian, as the format has it.
template <class T>
std::string bytes_of(T value) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string masked_crc(std::string_view bytes) {
  constexpr std::uint32_t kMask = 0xa282ead8;
  return bytes_of(std::rotr(crc32c(bytes), 15) + kMask);
}

// ---- Protocol buffers (protobuf.dev/programming-guides/encoding)

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
std::string key(std::uint32_t field, Wire wire) { return varint(field << 3 | static_cast<std::uint32_t>(wire)); }

std::string field(std::uint32_t number, double value) { return key(number, Wire::fixed64) + bytes_of(value); }
std::string field(std::uint32_t number, std::string_view bytes) {
  return key(number, Wire::bytes) + varint(bytes.size()) + std::string(bytes);
}
std::string field(std::uint32_t number, const std::vector<double>& packed) {
  std::string bytes;
  for (const double value : packed) bytes += bytes_of(value);
  return field(number, std::string_view(bytes));
}

std::string event_of(double wall_time, std::int64_t step, const std::string& value) {
  return field(1, wall_time) + key(2, Wire::varint) + varint(static_cast<std::uint64_t>(step)) +
         field(5, std::string_view(field(1, std::string_view(value))));
}

// The limits that TensorFlow takes: from 1e-12 up by a tenth each, the same below zero, and zero between them.
std::vector<double> default_limits() {
  std::vector<double> limits;
  for (double limit = 1e-12; limit < 1e20; limit *= 1.1) limits.push_back(limit);
  std::vector<double> all(limits.rbegin(), limits.rend());
  for (double& limit : all) limit = -limit;
  all.push_back(0);
  all.insert(all.end(), limits.begin(), limits.end());
  all.push_back(std::numeric_limits<double>::max());
  return all;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

std::string record_of(std::string_view data) {
  const std::string length = bytes_of(static_cast<std::uint64_t>(data.size()));
  return length + masked_crc(length) + std::string(data) + masked_crc(data);
}

std::string version_event(double wall_time) {
  return field(1, wall_time) + field(3, std::string_view("brain.Event:2"));
}

std::string scalar_event(double wall_time, std::int64_t step, std::string_view tag, float value) {
  return event_of(wall_time, step, field(1, tag) + key(2, Wire::fixed32) + bytes_of(value));
}

Histogram histogram_of(const std::vector<double>& values) {
  static const std::vector<double> limits = default_limits();
  Histogram h;
  h.min = *std::min_element(values.begin(), values.end());
  h.max = *std::max_element(values.begin(), values.end());
  h.count = static_cast<double>(values.size());
  std::vector<double> buckets(limits.size(), 0);
  for (const double value : values) {
    h.sum += value;
    h.sum_of_squares += value * value;
    const auto at = std::lower_bound(limits.begin(), limits.end(), value);
    ++buckets[static_cast<std::size_t>(std::min(at, limits.end() - 1) - limits.begin())];
  }
  // From the empty bucket below the first that has some, whose limit is the lower end of that, to the last.
  const auto has_some = [](double n) { return n > 0; };
  auto first = std::find_if(buckets.begin(), buckets.end(), has_some);
  if (first != buckets.begin()) --first;
  const auto last = std::find_if(buckets.rbegin(), buckets.rend(), has_some).base();
  h.buckets.assign(first, last);
  h.limits.assign(limits.begin() + (first - buckets.begin()), limits.begin() + (last - buckets.begin()));
  return h;
}

std::string histogram_event(double wall_time, std::int64_t step, std::string_view tag, const Histogram& h) {
  const std::string histo = field(1, h.min) + field(2, h.max) + field(3, h.count) + field(4, h.sum) +
                            field(5, h.sum_of_squares) + field(6, h.limits) + field(7, h.buckets);
  return event_of(wall_time, step, field(1, tag) + field(5, std::string_view(histo)));
}

}  // namespace weft
