// A picture of many boxes over two axes, which can be stretched to the side. Text lies over it, so that it keeps its
// shape.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/reports/markup.h"

namespace weft {

// Colours are numbers: of the classes c0, c1, ... of the page.
inline constexpr std::uint8_t kColours = 9;

// In fractions of the picture, from its left and its top.
struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
  double area() const { return (right - left) * (bottom - top); }
};

class Figure {
 public:
  // id: of elements. height: pixels.
  Figure(std::string_view id, std::string_view title, std::string_view description, int height);

  // A box with its own text, or a part of a shape of all those that are too small or too many. The large ones are to
  // be added first; `label` is shown in a box that has room for it.
  void add(const Box& box, std::uint8_t colour, std::string_view label, const std::function<std::string()>& title);
  // A line at the bottom of a box.
  void underline(const Box& box);
  // A line from top to bottom, with its name.
  void mark(double x, std::string_view label);
  void x_label(double x, std::string_view text);
  void y_label(double y, std::string_view text);

  std::string markup(std::string_view x_axis) const;

 private:
  std::string id_, title_, description_;
  int height_;
  std::size_t count_ = 0;
  std::string shapes_, labels_, x_labels_, y_labels_, marks_;
  Raster small_, underlined_;
};

// A square in a colour of the pictures, for tables and legends.
std::string swatch(std::uint8_t colour);
// The cell of a table with a percentage, and a bar of that length.
std::string share_cell(double share);

}  // namespace weft
