#include "ops/conv/image_call.h"

#include <string>

namespace weft {

Value to_channels_last(const Value& x) {
  Dims order{0};
  for (std::int64_t d = 2; d < x.rank(); ++d) order.push_back(d);
  order.push_back(1);
  return permute(x, order);
}
Value from_channels_last(const Value& x) {
  Dims order{0, x.rank() - 1};
  for (std::int64_t d = 1; d + 1 < x.rank(); ++d) order.push_back(d);
  return permute(x, order);
}

void ImageCall::refuse(std::string_view rule, ErrorKind kind) const {
  fail_call(kind, name, operands, x().builder().where, rule);
}

void ImageCall::check_rank() const {
  if (x().rank() != extents + 1 && x().rank() != extents + 2)
    refuse("x must be [n, channels, " + std::to_string(extents) + " extents], or without n");
}

void ImageCall::check_not_empty() const {
  for (int d = 0; d < extents; ++d)
    if (extent(static_cast<std::size_t>(d)) == 0) refuse("an image has no elements");
}

Dims ImageCall::numbers(const Extents& e, std::int64_t least, const char* what) const {
  if (e.size() != 1 && static_cast<int>(e.size()) != extents)
    refuse(std::string(what) + " has " + std::to_string(e.size()) + " numbers", ErrorKind::value);
  Dims dims;
  for (int d = 0; d < extents; ++d) {
    dims.push_back(e[static_cast<std::size_t>(d)]);
    if (dims.back() < least || dims.back() >= kMaxExtent)
      refuse(std::string(what) + " is out of range", ErrorKind::value);
  }
  return dims;
}

Value ImageCall::images() const {
  if (x().rank() == extents + 2) return to_channels_last(x());
  Dims shape = x().shape().vec();
  shape.insert(shape.begin(), 1);
  return to_channels_last(reshape(x(), Shape(shape)));
}

Value ImageCall::result(const Value& images) const {
  const Value y = from_channels_last(images);
  if (x().rank() == extents + 2) return y;
  Dims shape = y.shape().vec();
  shape.erase(shape.begin());
  return reshape(y, Shape(shape));
}

}  // namespace weft
