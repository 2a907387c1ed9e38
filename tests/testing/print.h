// Short names for printing literal elements.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "graph/text/print.h"

namespace weft::testing {

using Byte = unsigned char;

template <class T>
std::string show(DType dtype, const std::vector<T>& values, const Shape& shape, const std::string& grad,
                 const PrintOptions& options) {
  EXPECT_EQ(static_cast<std::int64_t>(values.size()), shape.numel());
  return format_tensor({dtype, shape}, values.data(), grad, options);
}
inline std::string f32(const std::vector<float>& values, const Shape& shape, const std::string& grad = "",
                       const PrintOptions& options = {}) {
  return show(DType::f32, values, shape, grad, options);
}
inline std::string f64(const std::vector<double>& values, const Shape& shape, const std::string& grad = "",
                       const PrintOptions& options = {}) {
  return show(DType::f64, values, shape, grad, options);
}
inline std::string i64(const std::vector<std::int64_t>& values, const Shape& shape, const std::string& grad = "",
                       const PrintOptions& options = {}) {
  return show(DType::i64, values, shape, grad, options);
}
inline std::string bools(const std::vector<Byte>& values, const Shape& shape, const std::string& grad = "",
                         const PrintOptions& options = {}) {
  return show(DType::boolean, values, shape, grad, options);
}

// start, start + step, ...
template <class T>
std::vector<T> count(int n, T start = 0, T step = 1) {
  std::vector<T> values;
  for (int i = 0; i < n; ++i) values.push_back(start + static_cast<T>(i) * step);
  return values;
}

}  // namespace weft::testing
