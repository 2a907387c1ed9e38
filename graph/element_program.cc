#include "graph/element_program.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>

#include "weft/error.h"

namespace weft {
namespace {

constexpr std::string_view kOutputs[] = {"elements", "column_sums", "block_sums"};

std::string text_of(float value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

// The words of one statement, taken one by one.
class Words {
 public:
  Words(std::string_view text, std::string_view statement) : text_(text), rest_(statement) {}

  std::string_view next() {
    const std::size_t begin = std::min(rest_.find_first_not_of(' '), rest_.size());
    const std::size_t end = std::min(rest_.find(' ', begin), rest_.size());
    const std::string_view word = rest_.substr(begin, end - begin);
    rest_.remove_prefix(end);
    if (word.empty()) fail("a statement is too short");
    return word;
  }
  template <class T>
  T number() {
    const std::string_view word = next();
    T value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) fail("'" + std::string(word) + "' is no number");
    return value;
  }
  Register reg(std::size_t known) {
    const auto r = number<Register>();
    if (r >= known) fail("register " + std::to_string(r) + " is not written yet");
    return r;
  }
  void end() {
    if (rest_.find_first_not_of(' ') != rest_.npos) fail("a statement is too long");
  }
  [[noreturn]] void fail(const std::string& rule) const {
    throw Error("[element program] \"" + std::string(text_) + "\": " + rule);
  }

 private:
  std::string_view text_, rest_;
};

void parse_statement(Words words, ElementProgram& program) {
  const std::string_view first = words.next();
  const std::size_t known = program.num_inputs + program.code.size();
  constexpr std::size_t kMostRegisters = 60000;
  if (known >= kMostRegisters) words.fail("too many registers");
  if (first == "inputs") {
    if (known > 0) words.fail("inputs come first");
    program.num_inputs = words.number<std::uint16_t>();
  } else if (first == "out") {
    const auto kind = std::find(std::begin(kOutputs), std::end(kOutputs), words.next());
    if (kind == std::end(kOutputs)) words.fail("no such kind of output");
    program.outputs.push_back(
        {static_cast<ElementOutputKind>(std::distance(std::begin(kOutputs), kind)), words.reg(known)});
  } else {
    const auto function = std::find_if(std::begin(kElementFunctions), std::end(kElementFunctions),
                                       [&](const ElementFunction& f) { return f.name == first; });
    if (function == std::end(kElementFunctions)) words.fail("no instruction '" + std::string(first) + "'");
    Instruction instruction{static_cast<ElementFn>(std::distance(std::begin(kElementFunctions), function)), {}, 0, 0};
    for (std::size_t i = 0; i < function->operands; ++i) instruction.operands[i] = words.reg(known);
    if (function->numbers > 0) instruction.x = words.number<float>();
    if (function->numbers > 1) instruction.y = words.number<float>();
    program.code.push_back(instruction);
  }
  words.end();
}

}  // namespace

bool Instruction::operator==(const Instruction& other) const {
  const auto bits = [](float number) { return std::bit_cast<std::uint32_t>(number); };
  return fn == other.fn && operands == other.operands && bits(x) == bits(other.x) && bits(y) == bits(other.y);
}

MatrixShape matrix_of(const Shape& shape) {
  if (shape.rank() == 0) return {};
  const std::int64_t cols = shape[shape.rank() - 1];
  return {cols == 0 ? 0 : shape.numel() / cols, cols};
}

BroadcastKind broadcast_kind(const Shape& operand, const Shape& shape) {
  if (operand.numel() == shape.numel() && operand.rank() <= shape.rank()) return BroadcastKind::elements;
  if (operand.numel() == 1) return BroadcastKind::scalar;
  const MatrixShape all = matrix_of(shape), own = matrix_of(operand);
  if (own.cols == all.cols && own.rows == 1) return BroadcastKind::row;
  if (own.cols == 1 && own.rows == all.rows && operand.rank() == shape.rank()) return BroadcastKind::column;
  return BroadcastKind::none;
}

Register ElementProgram::emit(ElementFn fn, std::initializer_list<Register> operands, float x, float y) {
  Instruction instruction{fn, {}, x, y};
  std::copy(operands.begin(), operands.end(), instruction.operands.begin());
  code.push_back(instruction);
  return static_cast<Register>(num_inputs + code.size() - 1);
}

std::string ElementProgram::str() const {
  std::string text = "inputs " + std::to_string(num_inputs);
  for (const Instruction& i : code) {
    const ElementFunction& function = facts(i.fn);
    text += "; " + std::string(function.name);
    for (std::size_t k = 0; k < function.operands; ++k) text += " " + std::to_string(i.operands[k]);
    if (function.numbers > 0) text += " " + text_of(i.x);
    if (function.numbers > 1) text += " " + text_of(i.y);
  }
  for (const ElementOutput& o : outputs)
    text += "; out " + std::string(kOutputs[static_cast<std::size_t>(o.kind)]) + " " + std::to_string(o.from);
  return text;
}

ElementProgram ElementProgram::parse(std::string_view text) {
  ElementProgram program;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    parse_statement(Words(text, rest.substr(0, end)), program);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return program;
}

}  // namespace weft
