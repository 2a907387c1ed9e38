#include "graph/text/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "graph/element_program.h"

namespace weft {
namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || !letter(text[0]) || text == "return") return false;
  for (const char c : text)
    if (!letter(c) && !digit(c) && c != '.') return false;
  return true;
}

// v12 and v12.0 are what unnamed nodes print as.
bool is_reserved(std::string_view name) {
  const std::size_t end = name.find_first_not_of("0123456789", 1);
  return name[0] == 'v' && end > 1 && (end == std::string_view::npos ? name.size() > 1 : name[end] == '.');
}

template <class T>
void append_number(std::string& text, T value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

void append_double(std::string& text, double value) {
  if (std::isnan(value)) {
    text += std::signbit(value) ? "-nan" : "nan";
    return;
  }
  const std::size_t before = text.size();
  append_number(text, value);
  if (text.find_first_not_of("-0123456789", before) == std::string::npos) text += ".0";  // else it would read as int
}

void append_dims(std::string& text, std::span<const std::int64_t> dims) {
  text += '[';
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ',';
    append_number(text, dims[i]);
  }
  text += ']';
}

void append_value(std::string& text, const AttrValue& value) {
  if (const auto* flag = std::get_if<bool>(&value))
    text += *flag ? "true" : "false";
  else if (const auto* integer = std::get_if<std::int64_t>(&value))
    append_number(text, *integer);
  else if (const auto* number = std::get_if<double>(&value))
    append_double(text, *number);
  else if (const auto* dtype = std::get_if<DType>(&value))
    text += name_of(*dtype);
  else if (const auto* dims = std::get_if<Dims>(&value))
    append_dims(text, *dims);
  else
    text += '"' + std::get<ElementProgramPtr>(value)->str() + '"';
}

class Printer {
 public:
  explicit Printer(const Graph& graph) : graph_(graph), kept_(graph.size()) {
    for (NodeId n = 0; n < graph.size(); ++n) kept_[n] = keeps_name(n);
  }

  std::string print() {
    for (NodeId n = 0; n < graph_.size(); ++n) append_node(n);
    text_ += "return";
    for (std::size_t i = 0; i < graph_.outputs().size(); ++i) {
      text_ += i > 0 ? ", " : " ";
      append_name(graph_.outputs()[i]);
    }
    text_ += '\n';
    return std::move(text_);
  }

 private:
  // The name that set_name gave is printed only where the text stays unambiguous.
  bool keeps_name(NodeId n) {
    const std::string* name = graph_.name(n);
    if (!name || !is_name(*name) || is_reserved(*name)) return false;
    const std::size_t results = graph_.node(n).outputs.size();
    if (results == 1) return taken_.insert(*name).second;
    for (std::size_t k = 0; k < results; ++k)
      if (taken_.contains(*name + "." + std::to_string(k))) return false;
    for (std::size_t k = 0; k < results; ++k) taken_.insert(*name + "." + std::to_string(k));
    return true;
  }

  void append_name(ValueId v) {
    if (kept_[v.node]) {
      text_ += *graph_.name(v.node);
    } else {
      text_ += 'v';
      append_number(text_, v.node);
    }
    if (graph_.node(v.node).outputs.size() > 1) {
      text_ += '.';
      append_number(text_, v.output);
    }
  }

  void append_node(NodeId n) {
    const Node& node = graph_.node(n);
    for (std::uint32_t k = 0; k < node.outputs.size(); ++k) {
      if (k > 0) text_ += ", ";
      append_name({n, k});
    }
    text_ += " = ";
    text_ += node.op->name;
    if (node.op == &kInput) {
      text_ += ' ' + node.outputs[0].str() + (node.requires_grad ? " requires_grad\n" : "\n");
      return;
    }
    text_ += '(';
    const char* separator = "";
    for (std::size_t slot = 0; slot < graph_.num_operands(n); ++slot) {
      text_ += separator;
      append_name(graph_.operand(n, slot));
      separator = ", ";
    }
    for (const auto& [name, value] : node.attrs) {
      ((text_ += separator) += name) += '=';
      append_value(text_, value);
      separator = ", ";
    }
    text_ += ")\n";
  }

  const Graph& graph_;
  std::vector<bool> kept_;
  std::unordered_set<std::string> taken_;
  std::string text_;
};

}  // namespace

std::string print_graph(const Graph& graph) { return Printer(graph).print(); }

}  // namespace weft
