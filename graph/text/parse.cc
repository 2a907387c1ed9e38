// parse_graph: one pass over the lines, no recursion; every token is checked before it is used.
#include <charconv>
#include <optional>
#include <unordered_map>

#include "graph/builder.h"
#include "graph/element_program.h"
#include "graph/text/text.h"

namespace weft {
namespace {

constexpr std::size_t kLongestAttrName = 64;  // attribute names live as long as the process

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return is_name_start(c) || is_digit(c) || c == '.'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::optional<DType> dtype_named(std::string_view name) {
  for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::i32, DType::u8, DType::boolean})
    if (name == name_of(dtype)) return dtype;
  return std::nullopt;
}

template <class T>
std::optional<T> number_in(std::string_view token) {
  T value{};
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return value;
}

class Parser {
 public:
  explicit Parser(Graph& graph) : graph_(graph), builder_(graph) {}

  void parse(std::string_view text) {
    while (!done_) {
      ++line_;
      const std::size_t end = text.find('\n');
      rest_ = text.substr(0, end);
      parse_line();
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
      if (done_ && text.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        ++line_;
        fail("text after the return line");
      }
    }
    if (!done_) fail("no return line");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error("[parse] line " + std::to_string(line_) + ": " + what);
  }
  static std::string quoted(std::string_view text) {
    constexpr std::size_t kShown = 40;
    return "'" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...'" : "'");
  }

  // ---- Tokens
  void skip_spaces() {
    while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
  }
  bool at_end() {
    skip_spaces();
    return rest_.empty();
  }
  bool accept(char c) {
    skip_spaces();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected '") + c + "' at " + quoted(rest_));
  }
  template <class Predicate>
  std::string_view take_while(Predicate is_part) {
    std::size_t n = 0;
    while (n < rest_.size() && is_part(rest_[n])) ++n;
    const std::string_view token = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return token;
  }
  std::string_view name(const char* what) {
    if (at_end() || !is_name_start(rest_[0])) fail(std::string("expected ") + what + " at " + quoted(rest_));
    return take_while(is_name_char);
  }

  // ---- Lines
  void parse_line() {
    if (at_end()) return;
    std::vector<std::string_view> results{name("a name")};
    if (results[0] == "return") return parse_return();
    while (accept(',')) results.push_back(name("a name"));
    expect('=');
    const std::string_view op = name("an op");
    if (op == kInput.name)
      parse_input(results.size());
    else
      parse_call(op, results.size());
    if (!at_end()) fail("unexpected text " + quoted(rest_));
    define(results);
  }

  void parse_return() {
    while (!at_end()) {
      if (!graph_.outputs().empty()) expect(',');
      graph_.outputs().push_back(operand(name("a name")));
    }
    done_ = true;
  }

  void parse_input(std::size_t results) {
    if (results != 1) fail("an input is one value");
    skip_spaces();
    const std::string_view text = take_while(is_name_char);
    const std::optional<DType> dtype = dtype_named(text);
    if (!dtype) fail("unknown dtype " + quoted(text));
    const Dims dims = parse_dims();
    const bool requires_grad = !at_end();
    if (requires_grad && name("requires_grad") != "requires_grad") fail("expected requires_grad or nothing");
    if (requires_grad && !is_floating(*dtype)) fail("only floating inputs require gradients");
    try {
      graph_.add_input({*dtype, Shape(dims)}, requires_grad);
    } catch (const Error& error) {
      fail(error.what());
    }
  }

  void parse_call(std::string_view op_name, std::size_t results) {
    const OpDef* op = find_op(op_name);
    if (!op || !op->infer) fail("no op named " + quoted(op_name));
    expect('(');
    std::vector<Value> operands;
    Attrs attrs;
    for (bool first = true; !accept(')'); first = false) {
      if (!first) expect(',');
      const std::string_view word = name("an operand or an attribute");
      if (accept('=')) {
        if (word.size() > kLongestAttrName) fail("attribute name " + quoted(word) + " is too long");
        if (attrs.find(word)) fail("attribute " + quoted(word) + " is given twice");
        attrs.set(intern(word), parse_value());
      } else {
        if (!attrs.empty()) fail("operand " + quoted(word) + " after an attribute");
        operands.push_back(builder_.value(operand(word)));
      }
    }
    try {
      builder_.record(*op, operands, std::move(attrs));
    } catch (const Error& error) {
      fail(error.what());
    }
    const std::size_t made = graph_.node(last()).outputs.size();
    if (made != results) fail(std::to_string(results) + " names for " + std::to_string(made) + " results");
  }

  // ---- Names and values
  NodeId last() const { return static_cast<NodeId>(graph_.size() - 1); }

  void define(const std::vector<std::string_view>& results) {
    for (std::uint32_t k = 0; k < results.size(); ++k)
      if (!values_.emplace(results[k], ValueId{last(), k}).second) fail(quoted(results[k]) + " is defined twice");
    // Results printed as s.0, s.1 are those of a node named s.
    std::string node_name(results[0]);
    if (results.size() > 1 && node_name.ends_with(".0")) node_name.resize(node_name.size() - 2);
    if (node_name != "v" + std::to_string(last())) graph_.set_name(last(), std::move(node_name));
  }

  ValueId operand(std::string_view word) const {
    const auto at = values_.find(word);
    if (at == values_.end()) fail(quoted(word) + " is not defined");
    return at->second;
  }

  Dims parse_dims() {
    Dims dims;
    expect('[');
    for (bool first = true; !accept(']'); first = false) {
      if (!first) expect(',');
      skip_spaces();
      const std::string_view token = take_while([](char c) { return is_digit(c) || c == '-'; });
      const auto value = number_in<std::int64_t>(token);
      if (!value) fail("expected a 64-bit integer at " + quoted(token.empty() ? rest_ : token));
      dims.push_back(*value);
    }
    return dims;
  }

  ElementProgramPtr parse_program() {
    const std::string_view text = take_while([](char c) { return c != '"'; });
    expect('"');
    try {
      return std::make_shared<const ElementProgram>(ElementProgram::parse(text));
    } catch (const Error& error) {
      fail(error.what());
    }
  }

  AttrValue parse_value() {
    skip_spaces();
    if (!rest_.empty() && rest_[0] == '[') return parse_dims();
    if (accept('"')) return parse_program();
    const std::string_view token = take_while([](char c) { return is_name_char(c) || c == '-' || c == '+'; });
    if (token == "true") return true;
    if (token == "false") return false;
    if (const auto dtype = dtype_named(token)) return *dtype;
    if (token.find_first_not_of("-0123456789") == std::string_view::npos) {
      if (const auto value = number_in<std::int64_t>(token)) return *value;
    } else if (const auto value = number_in<double>(token)) {
      return *value;
    }
    fail("expected a value at " + quoted(token.empty() ? rest_ : token));
  }

  Graph& graph_;
  Builder builder_;
  std::unordered_map<std::string_view, ValueId> values_;
  std::string_view rest_;
  std::size_t line_ = 0;
  bool done_ = false;
};

}  // namespace

Graph parse_graph(std::string_view text) {
  Graph graph;
  Parser(graph).parse(text);
  return graph;
}

}  // namespace weft
