// What a fused kernel computes for each element: straight-line f32 code over registers.
//
// Each instruction rounds as the op that it stands for does on its own, so fusing changes no bits.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "graph/element_function.h"
#include "weft/shape.h"

namespace weft {

// Registers 0 .. num_inputs - 1 are the program's inputs; instruction i writes register num_inputs + i.
using Register = std::uint16_t;

struct Instruction {
  ElementFn fn{};
  std::array<Register, 3> operands{};
  float x = 0, y = 0;
  // Numbers by their bits: 0.0 is not -0.0, and a NaN equals itself.
  bool operator==(const Instruction& other) const;
};

// Rounding errors grow with the longest chain of additions: blocks keep every chain short. A long row is summed in
// blocks of kSumBlock elements, which are added in pairs; columns in blocks of kSumRows rows, of which 32 are added
// in order, 32 of such sums again in order, and so on.
inline constexpr std::int64_t kSumBlock = 1024;
inline constexpr std::int64_t kSumRows = 24;

// What becomes of a register.
enum class ElementOutputKind : std::uint8_t {
  elements,     // a tensor of the program's shape
  column_sums,  // one sum for each place in the last dim
  block_sums    // one sum for each kSumBlock elements in row-major order
};
struct ElementOutput {
  ElementOutputKind kind{};
  Register from = 0;
  bool operator==(const ElementOutput&) const = default;
};

struct ElementProgram {
  std::uint16_t num_inputs = 0;
  std::vector<Instruction> code;
  std::vector<ElementOutput> outputs;

  Register emit(ElementFn fn, std::initializer_list<Register> operands, float x = 0, float y = 0);
  Register constant(double value) { return emit(ElementFn::constant, {}, static_cast<float>(value)); }

  bool operator==(const ElementProgram&) const = default;
  // "inputs 2; mul 0 1; tanh 2; out elements 3". parse(str()) is the program; throws Error for what is no program.
  std::string str() const;
  static ElementProgram parse(std::string_view text);
};

// A tensor as a program sees it: the last dim are the columns.
struct MatrixShape {
  std::int64_t rows = 1, cols = 1;
};
MatrixShape matrix_of(const Shape& shape);

// How an operand broadcasts to the shape of a program.
enum class BroadcastKind : std::uint8_t {
  none,      // in no way that a program can follow
  elements,  // not at all
  row,       // one row for all rows
  column,    // one number for each row
  scalar
};
BroadcastKind broadcast_kind(const Shape& operand, const Shape& shape);

}  // namespace weft
