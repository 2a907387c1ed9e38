// HTML and SVG as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// The text of an element or of a quoted attribute: whatever is in it, no markup.
std::string escaped(std::string_view text);

// Rectangles that are too small to be told apart, as one shape for each colour: the cells of a grid that they touch.
// However many they are, the shapes have no more corners than the grid.
class Raster {
 public:
  Raster(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows), cells_(columns * rows, kNone) {}

  // Fractions of the grid's width and height.
  void cover(double left, double top, double right, double bottom, std::uint8_t colour);
  // For <path d="...">, in an area of this size. "" where there is none of this colour.
  std::string path(double width, double height, std::uint8_t colour) const;

 private:
  static constexpr std::uint8_t kNone = 0xff;
  std::size_t columns_, rows_;
  std::vector<std::uint8_t> cells_;  // colours, or kNone
};

// About so many round numbers between 0 and `end`, at least `apart` from each other.
std::vector<double> ticks(double end, int about, double apart = 0);

}  // namespace weft
