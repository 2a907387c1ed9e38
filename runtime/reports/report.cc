// Reports as text.
#include "runtime/reports/units.h"
#include "weft/function.h"

namespace weft {
std::string MemoryReport::str() const {
  constexpr std::size_t kMost = 10;
  std::string text = "planned peak " + bytes_text(planned_peak_bytes) + " (" + bytes_text(without_reuse_bytes) +
                     " without reuse, " + bytes_text(unfused_bytes) + " without fusion either), scratch " +
                     bytes_text(scratch_bytes) + " a worker\nvariables " + bytes_text(variable_bytes) + ", constants " +
                     bytes_text(constant_bytes) + ", inputs " + bytes_text(input_bytes) + ", outputs " +
                     bytes_text(output_bytes) + "\n";
  if (!at_peak.empty()) text += "held at the peak:\n";
  for (std::size_t i = 0; i < at_peak.size() && i < kMost; ++i)
    text += formatted("%12s  ", bytes_text(at_peak[i].bytes).c_str()) + at_peak[i].value + "\n";
  if (at_peak.size() > kMost) text += "              and " + std::to_string(at_peak.size() - kMost) + " others\n";
  return text;
}

std::string ScheduleReport::str() const {
  constexpr double kMicros = 1e6;
  constexpr std::size_t kMost = 20;
  std::string text =
      formatted("%d workers: predicted %.1f us, work %.1f us, span %.1f us\ncritical path, %zu steps:\n", workers,
                predicted_seconds * kMicros, work_seconds * kMicros, span_seconds * kMicros, critical_path.size());
  for (std::size_t i = 0; i < critical_path.size() && i < kMost; ++i)
    text += formatted("%10.1f us  ", critical_path[i].seconds * kMicros) + critical_path[i].name + "\n";
  if (critical_path.size() > kMost)
    text += "               and " + std::to_string(critical_path.size() - kMost) + " others\n";
  if (!calls.empty()) text += "work by call, in parts, and its rate:\n";
  for (std::size_t i = 0; i < calls.size() && i < kMost; ++i)
    text += formatted("%10.1f us %4zu %7.1f GF/s  ", calls[i].seconds * kMicros, calls[i].parts,
                      calls[i].seconds > 0 ? calls[i].flops / calls[i].seconds * 1e-9 : 0) +
            calls[i].name + "\n";
  if (calls.size() > kMost) text += "               and " + std::to_string(calls.size() - kMost) + " others\n";
  return text;
}

}  // namespace weft
