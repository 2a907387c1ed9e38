// A Summary as a table.
#include <algorithm>
#include <array>
#include <cstdio>

#include "weft/summary.h"

namespace weft {
namespace {

using Cells = std::array<std::string, 5>;

// "1.50 MB": three digits, a power of 1000 and the unit.
std::string short_number(double value, const char* unit) {
  static constexpr const char* kPowers[] = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t power = 0;
  for (; value >= 999.5 && power + 1 < std::size(kPowers); ++power) value /= 1000;
  char text[32];
  const int digits = power == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  std::snprintf(text, sizeof text, "%.*f%s%s%s", digits, value, power > 0 || *unit ? " " : "", kPowers[power], unit);
  return text;
}

std::string bytes_text(std::size_t bytes) { return short_number(static_cast<double>(bytes), "B"); }

std::string with_commas(std::int64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

// The last part of its path below that of its owner, and what it is; of one that has parts, which are rows of their
// own, only the kind.
std::string name_of(const Summary::Row& row, bool has_parts) {
  const std::string layer = has_parts ? row.layer.substr(0, row.layer.find('(')) : row.layer;
  if (row.path.empty()) return layer;
  const auto depth = static_cast<std::size_t>(std::count(row.path.begin(), row.path.end(), '.'));
  return std::string(2 * (depth + 1), ' ') + row.path.substr(row.path.rfind('.') + 1) + " " + layer;
}

// Text of that many columns: a character of UTF-8 counts as one.
std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string fitted(std::string text, std::size_t width, bool right) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  if (columns_of(text) > width) {
    while (columns_of(text) + 2 > width && !text.empty()) text.pop_back();
    // No half a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
    text += std::string(std::min<std::size_t>(2, width), '.');
  }
  const std::string space(width - columns_of(text), ' ');
  return right ? space + text : text + space;
}

}  // namespace

std::string Summary::str(int columns) const {
  constexpr std::size_t kLeastName = 16, kGap = 2;
  std::vector<Cells> table{{"layer", "output", "parameters", "FLOPs", "bytes"}};
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const std::string below = row.path.empty() ? "" : row.path + ".";
    const bool has_parts = i + 1 < rows_.size() && rows_[i + 1].path.starts_with(below);
    table.push_back(
        {name_of(row, has_parts), row.calls > 1 ? row.output + " x" + std::to_string(row.calls) : row.output,
         with_commas(row.parameters), short_number(row.flops, ""), row.calls > 0 ? bytes_text(row.bytes) : ""});
  }
  std::array<std::size_t, 5> width{};
  for (const Cells& cells : table)
    for (std::size_t c = 0; c < cells.size(); ++c) width[c] = std::max(width[c], columns_of(cells[c]));
  // The number of columns that leave room for names.
  const auto limit = static_cast<std::size_t>(std::max(columns, static_cast<int>(kLeastName)));
  std::size_t shown = width.size(), others = 0;
  for (std::size_t c = 1; c < width.size(); ++c) others += width[c] + kGap;
  for (; shown > 1 && others + kLeastName > limit; --shown) others -= width[shown - 1] + kGap;
  width[0] = std::min(width[0], limit - others);

  std::string text;
  for (const Cells& cells : table) {
    std::string line = fitted(cells[0], width[0], false);
    for (std::size_t c = 1; c < shown; ++c) line += std::string(kGap, ' ') + fitted(cells[c], width[c], c > 1);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  const auto add = [&](const std::string& line) { text += fitted(line, limit, false); };
  const std::vector<std::string> totals{with_commas(parameters()) + " parameters, " + bytes_text(parameter_bytes_),
                                        with_commas(trainable_) + " trainable",
                                        short_number(flops(), "FLOP") + " in a forward pass"};
  for (const std::string& total : totals) {
    add(total);
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text;
}

}  // namespace weft
