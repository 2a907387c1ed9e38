#include "runtime/reports/markup.h"

#include <algorithm>
#include <cmath>

#include "runtime/reports/units.h"

namespace weft {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f ? ' ' : c;
    }
  }
  return result;
}

void Raster::cover(double left, double top, double right, double bottom, std::uint8_t colour) {
  const auto cells = [](double begin, double end, std::size_t size) {
    const double n = static_cast<double>(size);
    const auto first = std::min(static_cast<std::size_t>(std::max(begin * n, 0.0)), size - 1);
    const auto last = static_cast<std::size_t>(std::ceil(std::clamp(end * n, 0.0, n)));
    return std::pair(first, std::max(last, first + 1));
  };
  const auto [x, x_end] = cells(left, right, columns_);
  const auto [y, y_end] = cells(top, bottom, rows_);
  for (std::size_t row = y; row < y_end; ++row)
    std::fill_n(cells_.begin() + static_cast<std::ptrdiff_t>(row * columns_ + x), x_end - x, colour);
}

std::string Raster::path(double width, double height, std::uint8_t colour) const {
  const double w = width / static_cast<double>(columns_), h = height / static_cast<double>(rows_);
  std::string path;
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::uint8_t* const cells = cells_.data() + row * columns_;
    for (std::size_t x = 0, end = 0; x < columns_; x = end + 1) {
      for (end = x; end < columns_ && cells[end] == colour; ++end) {
      }
      if (end > x)
        path += formatted("M%g %gh%gv%gh%gz", static_cast<double>(x) * w, static_cast<double>(row) * h,
                          static_cast<double>(end - x) * w, h, -static_cast<double>(end - x) * w);
    }
  }
  return path;
}

std::vector<double> ticks(double end, int about, double apart) {
  std::vector<double> at{0};
  if (!(end > 0)) return at;
  const double least = end / about, power = std::pow(10, std::floor(std::log10(least)));
  const double unit = least / power;
  const double step = std::max(power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10), apart);
  for (int i = 1; i * step < end * 1.0001; ++i) at.push_back(i * step);
  return at;
}

}  // namespace weft
