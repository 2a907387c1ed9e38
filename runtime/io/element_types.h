// How files name the element types.
#pragma once

#include <string>
#include <string_view>

#include "weft/dtype.h"

namespace weft {

struct ElementName {
  DType dtype;
  const char* safetensors;
  const char* npy;  // without the mark of the byte order
};
inline constexpr ElementName kElementNames[] = {
    {DType::f32, "F32", "f4"}, {DType::f64, "F64", "f8"}, {DType::i64, "I64", "i8"},
    {DType::i32, "I32", "i4"}, {DType::u8, "U8", "u1"},   {DType::boolean, "BOOL", "b1"},
};

// Null for a type that Weft has not.
inline const ElementName* find_element(const char* ElementName::*format, std::string_view name) {
  for (const ElementName& element : kElementNames)
    if (name == element.*format) return &element;
  return nullptr;
}

constexpr const ElementName& element_name(DType dtype) {
  for (const ElementName& element : kElementNames)
    if (element.dtype == dtype) return element;
  return kElementNames[0];  // never: each type has a row
}

// "F32, F64, I64, I32, U8, BOOL"
inline std::string all_elements(const char* ElementName::*format) {
  std::string text;
  for (const ElementName& element : kElementNames) text += std::string(text.empty() ? "" : ", ") + element.*format;
  return text;
}

}  // namespace weft
