#include <charconv>
#include <cmath>
#include <mutex>
#include <set>

#include "runtime/io/append_file.h"
#include "runtime/io/json.h"

namespace weft {
namespace {

// The shortest text that is read as the same number.
std::string number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

// RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

bool ends_with(const std::string& path, std::string_view ending) {
  return path.size() > ending.size() && path.ends_with(ending);
}

bool is_csv(const FileCall& call) {
  if (ends_with(call.path, ".csv")) return true;
  if (!ends_with(call.path, ".jsonl")) call.fail(ErrorKind::value, "the name must end in .csv or .jsonl");
  return false;
}

}  // namespace

struct MetricsFile::Impl {
  Impl(const FileCall& call, IfExists if_exists) : path(call.path), csv(is_csv(call)), file(call, if_exists) {}

  std::string header_of(const Metrics& metrics) const {
    std::string line = "step";
    for (const auto& entry : metrics) line += "," + csv_field(entry.first);
    return line + "\n";
  }

  // What goes before the row: the header of a new file.
  std::string begin_csv(const FileCall& call, const Metrics& metrics) {
    const std::string now = header_of(metrics);
    if (header.empty() && file.size_before() == 0) return now;
    const bool same = header.empty() ? file.begin(call, now.size()) == now : header == now;
    if (!same) call.fail(ErrorKind::value, "its columns are others than " + now.substr(0, now.size() - 1));
    return "";
  }

  const std::string path;
  const bool csv;
  std::mutex mutex;  // guards what follows
  AppendFile file;
  std::string header;  // of a CSV file that has one; "" before the first row
};

MetricsFile::MetricsFile(const std::string& path, IfExists if_exists, SourceLocation at)
    : impl_(std::make_unique<Impl>(FileCall{"MetricsFile", path, at}, if_exists)) {}
MetricsFile::~MetricsFile() = default;

void MetricsFile::write(std::int64_t step, const Metrics& metrics, SourceLocation at) {
  const FileCall call{"MetricsFile", impl_->path, at};
  std::set<std::string> names{"step"};
  for (const auto& entry : metrics)
    if (!names.insert(entry.first).second) call.fail(ErrorKind::value, "\"" + entry.first + "\" is there twice");
  std::string row = impl_->csv ? std::to_string(step) : "{\"step\":" + std::to_string(step);
  for (const auto& [name, value] : metrics) {
    const std::string text = number(value);
    if (impl_->csv)
      row += "," + text;
    else
      row += "," + json_string(name, call) + ":" + (std::isfinite(value) ? text : "\"" + text + "\"");
  }
  row += impl_->csv ? "\n" : "}\n";
  const std::lock_guard lock(impl_->mutex);
  if (impl_->csv) row = impl_->begin_csv(call, metrics) + row;
  impl_->file.append(call, row);
  if (impl_->csv) impl_->header = impl_->header_of(metrics);
}

}  // namespace weft
