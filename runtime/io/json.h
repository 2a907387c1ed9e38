// JSON, as far as files of tensors need it: objects in one object, strings, and lists of whole numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/io/file_call.h"

namespace weft {

// A value that is no object. The first stands for all that nothing here needs: null, true, -1, 0.5.
using JsonValue = std::variant<std::monostate, std::string, std::uint64_t, std::vector<std::uint64_t>>;

// What is found, in the order of the text. A path has one key, or two for what is in an object in the object.
class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;
  virtual void value(std::span<const std::string> path, JsonValue value) = 0;
  virtual void end_object(std::span<const std::string> path) = 0;
};

// Throws Error in the voice of the call for a text that is no JSON in UTF-8, is no object, has a key twice or nests
// deeper. Memory stays in proportion to the text.
void read_json(std::string_view text, const FileCall& call, JsonVisitor& visitor);

// The text as JSON writes it, quotes included. Throws Error where it is no UTF-8.
std::string json_string(const std::string& text, const FileCall& call);

// A name from a file, for a message: in quotes, short, without bytes that would garble a terminal.
std::string printable(const std::string& name);

}  // namespace weft
