#include "runtime/reports/units.h"

namespace weft {

std::string bytes_text(std::size_t bytes) {
  constexpr double kKiB = 1024;
  const double b = static_cast<double>(bytes);
  if (b < kKiB) return formatted("%zu B", bytes);
  return b < kKiB * kKiB ? formatted("%.1f KiB", b / kKiB) : formatted("%.1f MiB", b / (kKiB * kKiB));
}

std::string seconds_text(double seconds) {
  static constexpr const char* kUnits[] = {"us", "ms", "s"};
  double value = seconds * 1e6;
  std::size_t unit = 0;
  for (; unit < 2 && value >= 999.5; ++unit) value /= 1000;
  const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return formatted("%.*f %s", digits, value, kUnits[unit]);
}

std::string rate_text(double flops, double seconds) {
  return flops > 0 && seconds > 0 ? formatted("%.1f GFLOP/s", flops / seconds * 1e-9) : "";
}

}  // namespace weft
