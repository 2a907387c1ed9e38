#include "runtime/reports/figure.h"

#include <algorithm>

#include "runtime/reports/units.h"

namespace weft {
namespace {

// Units of the picture; a screen has about a quarter as many pixels.
constexpr double kWidth = 4000, kHeight = 1000;
// Boxes with a text of their own: more of them make browsers slow.
constexpr std::size_t kMostBoxes = 2500;
constexpr double kLeastWidth = 2 / kWidth;
constexpr std::size_t kColumns = 1000, kRows = 250;

std::string percent(double fraction) { return formatted("%.3f%%", fraction * 100); }

}  // namespace

Figure::Figure(std::string_view id, std::string_view title, std::string_view description, int height)
    : id_(id),
      title_(title),
      description_(description),
      height_(height),
      small_(kColumns, kRows),
      underlined_(2 * kColumns, kRows) {}

void Figure::add(const Box& box, std::uint8_t colour, std::string_view label,
                 const std::function<std::string()>& title) {
  constexpr double kRoomX = 0.045, kRoomY = 15, kLeastY = 1,
                   kLeastEdge = 5;  // the first of the width, the others in pixels
  const double width = box.right - box.left, pixels = (box.bottom - box.top) * height_;
  if (width < kLeastWidth || pixels < kLeastY || count_ >= kMostBoxes) {
    small_.cover(box.left, box.top, box.right, box.bottom, colour);
    return;
  }
  ++count_;
  const bool has_edge = pixels >= kLeastEdge && width >= kLeastEdge / 1000;
  shapes_ += formatted("<rect class='c%d%s' x=%.1f y=%.2f width=%.1f height=%.2f>", colour, has_edge ? " edge" : "",
                       box.left * kWidth, box.top * kHeight, width * kWidth, (box.bottom - box.top) * kHeight) +
             "<title>" + escaped(title()) + "</title></rect>\n";
  if (width >= kRoomX && pixels >= kRoomY)
    labels_ += "<span class=in style=\"left:" + percent(box.left) + ";top:" + percent(box.top) +
               ";width:" + percent(width) + ";height:" + percent(box.bottom - box.top) + "\">" + escaped(label) +
               "</span>";
}

void Figure::underline(const Box& box) {
  underlined_.cover(box.left, box.bottom - 2.0 / height_, box.right, box.bottom, 0);
}

void Figure::mark(double x, std::string_view label) {
  marks_ += formatted("<line class=mark x1=%.1f x2=%.1f y1=0 y2=%g />", x * kWidth, x * kWidth, kHeight);
  labels_ += std::string("<span class=\"mark") + (x > 0.5 ? " left" : "") + "\" style=\"left:" + percent(x) + "\">" +
             escaped(label) + "</span>";
}

void Figure::x_label(double x, std::string_view text) {
  marks_ += formatted("<line class=grid x1=%.1f x2=%.1f y1=0 y2=%g />", x * kWidth, x * kWidth, kHeight);
  const std::string_view where = x < 0.01 ? " class=first" : x > 0.97 ? " class=last" : "";
  x_labels_ += "<span" + std::string(where) + " style=\"left:" + percent(x) + "\">" + escaped(text) + "</span>";
}

void Figure::y_label(double y, std::string_view text) {
  y_labels_ += "<span style=\"top:" + percent(y) + "\">" + escaped(text) + "</span>";
}

std::string Figure::markup(std::string_view x_axis) const {
  std::string zoom = "<fieldset class=zoom><legend>Zoom " + title_ + "</legend>";
  for (const char* factor : {"1", "4", "16"})
    zoom += std::string("<label><input type=radio name=zoom-") + id_ + " value=" + factor +
            (*factor == '1' && !factor[1] ? " checked" : "") + "><span>" + factor + "\u00d7</span></label>";
  std::string text = "<figure><figcaption><p>" + escaped(description_) + "</p>" + zoom + "</fieldset></figcaption>" +
                     "<div class=plot style=\"--height:" + std::to_string(height_) + "px\">" +
                     "<div class=y aria-hidden=true>" + y_labels_ + "</div>" +
                     "<div class=scroll tabindex=0 role=region aria-label=\"" + escaped(title_) +
                     ", scrolls to the side\"><div class=wide><div class=area>" +
                     formatted("<svg viewBox=\"0 0 %g %g\" preserveAspectRatio=none role=img", kWidth, kHeight) +
                     " aria-labelledby=\"" + id_ + "-title " + id_ + "-text\"><title id=" + id_ + "-title>" +
                     escaped(title_) + "</title><desc id=" + id_ + "-text>" + escaped(description_) + "</desc>";
  for (std::uint8_t colour = 0; colour < kColours; ++colour)
    if (const std::string path = small_.path(kWidth, kHeight, colour); !path.empty())
      text += formatted("<path class=c%d d='", colour) + path +
              "'><title>Several that are too small to be drawn one by one</title></path>\n";
  text += shapes_;
  text += "<path class=critical d='" + underlined_.path(kWidth, kHeight, 0) + "'/>";
  return text + marks_ + "</svg><div aria-hidden=true>" + labels_ + "</div></div><div class=x aria-hidden=true>" +
         x_labels_ + "</div></div></div></div><p class=axis aria-hidden=true>" + escaped(x_axis) + "</p></figure>\n";
}

std::string swatch(std::uint8_t colour) { return formatted("<i class=c%d></i>", colour); }

std::string share_cell(double share) {
  return formatted("<td class=\"n share\"><b style=\"width:%.1f%%\"></b>%.1f %%", std::clamp(share, 0.0, 1.0) * 50,
                   share * 100);
}

}  // namespace weft
