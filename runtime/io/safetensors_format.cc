#include "runtime/io/safetensors_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <span>
#include <tuple>

#include "graph/alignment.h"
#include "runtime/io/element_types.h"
#include "runtime/io/json.h"

namespace weft {
namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;  // the reference's limit
constexpr std::string_view kMetadata = "__metadata__";

class HeaderVisitor : public JsonVisitor {
 public:
  HeaderVisitor(SafetensorsHeader& header, const FileCall& call) : header_(header), call_(call) {}

  void value(std::span<const std::string> path, JsonValue value) override {
    if (path.size() != 2) call_.fail("its header has " + printable(path[0]) + ", which is no object");
    if (path[0] == kMetadata) {
      if (!std::holds_alternative<std::string>(value)) call_.fail("its metadata " + printable(path[1]) + " is no text");
      header_.metadata[path[1]] = std::move(std::get<std::string>(value));
    } else if (path[1] == "dtype" && std::holds_alternative<std::string>(value)) {
      read_dtype(path[0], std::get<std::string>(value));
    } else if (path[1] == "shape" && std::holds_alternative<Numbers>(value)) {
      shape_ = std::move(std::get<Numbers>(value));
      has_shape_ = true;
    } else if (path[1] == "data_offsets" && std::holds_alternative<Numbers>(value)) {
      offsets_ = std::move(std::get<Numbers>(value));
      if (offsets_.size() != 2) call_.fail("tensor " + printable(path[0]) + " has no two data_offsets");
    } else {
      call_.fail("tensor " + printable(path[0]) + " has " + printable(path[1]) + ", which is not what it should be");
    }
  }

  void end_object(std::span<const std::string> path) override {
    if (path.empty() || path[0] == kMetadata) return;
    const std::string name = "tensor " + printable(path[0]);
    if (!element_ || !has_shape_ || offsets_.empty()) call_.fail(name + " lacks its dtype, shape or data_offsets");
    SafetensorsEntry entry{path[0], {element_->dtype, shape_of(name)}, offsets_[0]};
    if (offsets_[1] < offsets_[0] || offsets_[1] - offsets_[0] != entry.type.bytes())
      call_.fail(name + " is " + entry.type.str() + ", of other bytes than its data_offsets say");
    header_.entries.push_back(std::move(entry));
    element_ = nullptr;
    has_shape_ = false;
    offsets_.clear();
  }

 private:
  using Numbers = std::vector<std::uint64_t>;

  void read_dtype(const std::string& name, const std::string& dtype) {
    element_ = find_element(&ElementName::safetensors, dtype);
    if (!element_)
      call_.fail(ErrorKind::dtype, "tensor " + printable(name) + " has the element type " + printable(dtype) +
                                       ", which Weft has not: it has " + all_elements(&ElementName::safetensors));
  }
  Shape shape_of(const std::string& name) const {
    std::vector<std::int64_t> dims;
    for (const std::uint64_t extent : shape_)
      dims.push_back(static_cast<std::int64_t>(std::min<std::uint64_t>(extent, INT64_MAX)));
    try {
      return Shape(dims);
    } catch (const ShapeError& error) {
      call_.fail(name + ": " + error.rule());
    }
  }

  SafetensorsHeader& header_;
  const FileCall& call_;
  // Of the tensor whose object is open.
  const ElementName* element_ = nullptr;
  bool has_shape_ = false;
  Numbers shape_, offsets_;
};

// Each tensor begins where another ends: then none share bytes, and no byte is hidden.
void check_no_holes(const SafetensorsHeader& header, std::uint64_t data_bytes, const FileCall& call) {
  std::vector<const SafetensorsEntry*> order;
  for (const SafetensorsEntry& entry : header.entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::tuple(a->begin, a->type.bytes()) < std::tuple(b->begin, b->type.bytes());
  });
  std::uint64_t end = 0;
  for (const SafetensorsEntry* entry : order) {
    if (entry->begin != end)
      call.fail("tensor " + printable(entry->name) + " begins at " + std::to_string(entry->begin) + " and not at " +
                std::to_string(end) + ", where the one before it ends");
    end += entry->type.bytes();  // no overflow: each has at most 2^43 bytes, and begins where these end
    if (end > data_bytes) break;
  }
  if (end != data_bytes)
    call.fail("has " + std::to_string(data_bytes) + " bytes of elements, its header claims " +
              (end > data_bytes ? "more" : std::to_string(end)));
}

// Returns the places in the order in which they lie.
std::vector<std::size_t> place(std::vector<SafetensorsEntry>& entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    const TensorType& type = entries[i].type;
    return std::tuple(type.bytes() % kAlignment != 0, -static_cast<int>(size_of(type.dtype)));
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    entries[i].begin = end;
    end += entries[i].type.bytes();
  }
  return order;
}

// Length and text; its end is aligned as values are.
std::string header_text(const SafetensorsHeader& header, const FileCall& call) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& object) {
    text += (text.empty() ? "{" : ",") + json_string(name, call) + ":" + object;
  };
  if (!header.metadata.empty()) {
    std::string object;
    for (const auto& [key, value] : header.metadata)
      object += (object.empty() ? "{" : ",") + json_string(key, call) + ":" + json_string(value, call);
    add(std::string(kMetadata), object + "}");
  }
  for (const auto& [name, type, begin] : header.entries)
    add(name, std::string("{\"dtype\":\"") + element_name(type.dtype).safetensors + "\",\"shape\":" + type.shape.str() +
                  ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(begin + type.bytes()) + "]}");
  text += text.empty() ? "{}" : "}";
  text.resize(aligned(8 + text.size()) - 8, ' ');
  const std::uint64_t size = text.size();
  call.require(size <= kMaxHeader, "the header is too long: " + std::to_string(size) + " bytes");
  const auto length = std::bit_cast<std::array<char, 8>>(size);
  return std::string(length.begin(), length.end()) + text;
}

}  // namespace

SafetensorsHeader read_safetensors_header(const InputFile& file) {
  const FileCall& call = file.call();
  std::array<std::byte, 8> length{};
  call.require(file.size() >= length.size(), "is too short for a safetensors file");
  file.read_at(0, length);
  const auto size = std::bit_cast<std::uint64_t>(length);
  call.require(size <= kMaxHeader, "claims a header of " + std::to_string(size) + " bytes, of at most 100000000");
  call.require(size <= file.size() - length.size(), "ends inside its header");
  std::string text(size, '\0');
  file.read_at(length.size(), std::as_writable_bytes(std::span(text)));
  call.require(text.starts_with('{'), "is no safetensors file: its header must begin with {");

  SafetensorsHeader header;
  header.size = length.size() + size;
  HeaderVisitor visitor(header, call);
  read_json(text, call, visitor);
  check_no_holes(header, file.size() - header.size, call);
  return header;
}

void write_safetensors(OutputFile& file, SafetensorsHeader header, std::span<const std::span<const std::byte>> values,
                       const FileCall& call) {
  const std::vector<std::size_t> order = place(header.entries);
  file.write(header_text(header, call));
  for (const std::size_t i : order) file.write(values[i]);
}

}  // namespace weft
