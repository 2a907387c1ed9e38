// The attributes of a node as data, so that printing, parsing, hashing and comparing exist once for all ops.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weft/dtype.h"

namespace weft {

struct ElementProgram;  // graph/element_program.h

using Dims = std::vector<std::int64_t>;
using ElementProgramPtr = std::shared_ptr<const ElementProgram>;  // never null
using AttrValue = std::variant<bool, std::int64_t, double, DType, Dims, ElementProgramPtr>;

// Sorted by name. Names must outlive every graph: string literals, or intern().
class Attrs {
 public:
  using Entry = std::pair<std::string_view, AttrValue>;

  Attrs() = default;
  Attrs(std::initializer_list<Entry> entries);

  // Null when there is none of this name.
  const AttrValue* find(std::string_view name) const;
  // The attribute must be there and of type T: shape rules run before anything else reads attributes.
  template <class T>
  const T& get(std::string_view name) const {
    return std::get<T>(*find(name));
  }
  void set(std::string_view name, AttrValue value);

  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  // Doubles by their bits: 0.0 is not -0.0, and a NaN equals itself. Programs by what they compute.
  bool operator==(const Attrs& other) const;
  std::size_t hash() const;

 private:
  std::vector<Entry> entries_;
};

// A copy of the text that lives as long as the process; equal texts give one copy.
std::string_view intern(std::string_view text);

}  // namespace weft
