#include "runtime/reports/progress_line.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/reports/units.h"

namespace weft {
namespace {

// A character that is no ASCII may take two columns.
std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    columns += byte < 0x80 ? 1 : byte >= 0xc0 ? 2 : 0;
  }
  return columns;
}

// Without what would move the cursor.
std::string printed(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

std::string cut(std::string text, std::size_t columns) {
  while (columns_of(text) > columns) {
    // A character as a whole.
    while (text.size() > 1 && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    text.pop_back();
  }
  return text;
}

// "0:07", "12:34", "1:02:03", "9 days"
std::string duration(double seconds) {
  if (!(seconds >= 0)) return "?";
  if (seconds > 100 * 3600.0) return formatted("%.0f days", std::min(seconds / 86400, 1e6));
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return formatted("%lld:%02lld", whole / 60, whole % 60);
  return formatted("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

double part_done(const ProgressState& state) {
  return std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
}

// In the order of the line. What comes last goes first where there is no room.
struct Piece {
  std::string text;
  int place;
};

std::vector<Piece> pieces_of(const ProgressState& state) {
  std::vector<Piece> pieces;
  const auto add = [&](int place, std::string text) { pieces.push_back({std::move(text), place}); };
  if (state.total > 0) add(2, formatted("%3.0f%%", std::floor(part_done(state) * 100)));
  if (!state.title.empty()) add(0, printed(state.title));
  for (const auto& [name, value] : state.metrics) add(5, printed(name) + formatted(" %.4g", value));
  if (state.last)
    add(7, duration(state.seconds));
  else if (state.total > 0 && state.rate > 0)
    add(7, "ETA " + duration(static_cast<double>(std::max<std::int64_t>(state.total - state.done, 0)) / state.rate));
  if (state.rate > 0) add(6, formatted(state.rate < 10 ? "%.2f " : "%.0f ", state.rate) + printed(state.unit) + "/s");
  const std::string count = std::to_string(state.done);
  add(4, state.total > 0 ? count + "/" + std::to_string(state.total) : count + " " + printed(state.unit));
  return pieces;
}

std::string joined(std::vector<Piece> pieces) {
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.place < b.place; });
  std::string line;
  for (const Piece& piece : pieces) line += (line.empty() ? "" : "  ") + piece.text;
  return line;
}

}  // namespace

std::string bar_line(const ProgressState& state, std::size_t columns) {
  constexpr std::size_t kLeastBar = 8, kMostBar = 40, kAround = 4;  // of the bar: brackets, and the gap before it
  std::vector<Piece> pieces = pieces_of(state);
  while (pieces.size() > 1 && columns_of(joined(pieces)) > columns) pieces.pop_back();
  const std::size_t taken = columns_of(joined(pieces));
  if (state.total > 0 && taken + kAround + kLeastBar <= columns) {
    const std::size_t size = std::min(columns - taken - kAround, kMostBar);
    const auto full = static_cast<std::size_t>(part_done(state) * static_cast<double>(size));
    pieces.push_back({"[" + std::string(full, '#') + std::string(size - full, '.') + "]", 3});
  }
  return cut(joined(pieces), columns);
}

std::string plain_line(const ProgressState& state) { return joined(pieces_of(state)); }

}  // namespace weft
