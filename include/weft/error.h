// The one exception type of the library, and the place in the user's code that it names.
#pragma once

#include <cstdint>
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

// What is wrong, for programs that act on it.
enum class ErrorKind : std::uint8_t {
  shape,   // extents, ranks and dims
  dtype,   // element types
  value,   // numbers, options and other arguments
  state,   // undefined tensors, graphs that are used up, in-place rules, what a traced function may not do, order of
           // calls
  memory,  // bytes that cannot be had
  io       // files
};

// Everything that a caller can do wrong, and every failure of a run, is reported by this type.
// what() reads: "[op] operands with shapes: rule broken", then the user's file:line, then a hint.
class Error : public std::runtime_error {
 public:
  // Of the kind `value`.
  explicit Error(const std::string& message, SourceLocation where = {}, const std::string& hint = "");
  Error(ErrorKind kind, const std::string& message, SourceLocation where = {}, const std::string& hint = "");

  ErrorKind kind() const { return kind_; }
  // Where the user's call stands; file is "" when it is not known.
  const SourceLocation& where() const { return where_; }
  // The same error at another place.
  Error at(SourceLocation where) const { return Error(kind_, message_, where, hint_); }

 private:
  ErrorKind kind_;
  std::string message_, hint_;
  SourceLocation where_;
};

namespace detail {

// What f gives. An error that knows no place, as of bytes that cannot be had, gets this one.
template <class F>
decltype(auto) placed(SourceLocation at, F f) {
  try {
    return f();
  } catch (const Error& error) {
    if (*error.where().file) throw;
    throw error.at(at);
  }
}

}  // namespace detail

}  // namespace weft
