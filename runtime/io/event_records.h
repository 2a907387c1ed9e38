// What TensorBoard reads: records with checksums (TFRecord), each an Event in the encoding of protocol buffers.
// tensorflow/core/lib/io/record_writer.h, core/util/event.proto, core/framework/summary.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// CRC-32C (RFC 3720, B.4): that of "123456789" is 0xe3069283.
std::uint32_t crc32c(std::string_view bytes);

// length, masked checksum of the length, data, masked checksum of the data.
std::string record_of(std::string_view data);

// Event{wall_time = 1, file_version = 3}: the first of a file.
std::string version_event(double wall_time);
// Event{wall_time = 1, step = 2, summary = 5}, of Summary{value = 1}, of Value{tag = 1, simple_value = 2}.
std::string scalar_event(double wall_time, std::int64_t step, std::string_view tag, float value);

// HistogramProto: bucket k has the values in (limits[k - 1], limits[k]].
struct Histogram {
  double min = 0, max = 0, count = 0, sum = 0, sum_of_squares = 0;
  std::vector<double> limits, buckets;
};
// Of finite values, at least one.
Histogram histogram_of(const std::vector<double>& values);
// The same with Value{tag = 1, histo = 5}.
std::string histogram_event(double wall_time, std::int64_t step, std::string_view tag, const Histogram& histogram);

}  // namespace weft
