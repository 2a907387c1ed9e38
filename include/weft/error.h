// The one exception type of the library, and the place in the user's code that it names.
#pragma once

#include <stdexcept>
#include <string>

namespace weft {

// A place in the source, taken by a default argument at the user's call.
struct SourceLocation {
  const char* file = "";
  int line = 0;

  // No aggregate: x.sum({0}) must not read {0} as a place.
  constexpr SourceLocation() = default;
  static constexpr SourceLocation current(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    SourceLocation at;
    at.file = file;
    at.line = line;
    return at;
  }
};

// Everything that a caller can do wrong, and every failure of a run, is reported by this type.
// what() reads: "[op] operands with shapes: rule broken", then the user's file:line, then a hint.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, SourceLocation where = {}, const std::string& hint = "");

  // Where the user's call stands; file is "" when it is not known.
  const SourceLocation& where() const { return where_; }
  // The same error at another place.
  Error at(SourceLocation where) const { return Error(message_, where, hint_); }

 private:
  std::string message_, hint_;
  SourceLocation where_;
};

}  // namespace weft
