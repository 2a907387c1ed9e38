// Numbers for people.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace weft {

// What printf makes of it; for texts of up to 200 bytes.
std::string formatted(const char* format, auto... values) {
  char text[200];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

// "512 B", "1.5 KiB", "12.0 MiB".
std::string bytes_text(std::size_t bytes);
// "0.45 us", "12.3 ms", "1.20 s": three digits.
std::string seconds_text(double seconds);
// "12.3 GFLOP/s"; "" where one of them is not known.
std::string rate_text(double flops, double seconds);

}  // namespace weft
