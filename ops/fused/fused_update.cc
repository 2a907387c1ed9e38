#include "ops/fused/fused_update.h"

#include <algorithm>

namespace weft {
namespace {

class Finder {
 public:
  explicit Finder(const ElementProgram& program) : program_(program) {}

  std::optional<UpdateProgram> find(std::size_t param_result) const {
    UpdateProgram found{.param_result = param_result, .buffer_result = 1 - param_result};
    const Register next_buffer = program_.outputs[found.buffer_result].from;
    const Instruction* step = writer(program_.outputs[param_result].from, ElementCode::sub);
    const Instruction* scaled = step ? writer(step->operands[1], ElementCode::mul) : nullptr;
    const Instruction* sum = writer(next_buffer, ElementCode::add);
    if (!scaled || !sum) return {};
    // Operands of mul and add come in either order.
    const Instruction* decayed = writer(other(*sum, 0), ElementCode::mul);
    if (!reads(*sum, 0) || !reads(*scaled, next_buffer) || !decayed) return {};
    const bool constant_first = writer(decayed->operands[0], ElementCode::constant) != nullptr;
    const Instruction* momentum = writer(decayed->operands[constant_first ? 0 : 1], ElementCode::constant);
    if (!momentum) return {};
    found.momentum = momentum->x;
    found.param = step->operands[0];
    found.buffer = decayed->operands[constant_first ? 1 : 0];
    found.rate = other(*scaled, next_buffer);
    const auto is_operand = [&](Register r) { return r > 0 && r < program_.num_inputs; };
    if (!is_operand(found.param) || !is_operand(found.buffer) || !is_operand(found.rate)) return {};
    return found;
  }

 private:
  const Instruction* writer(Register r, ElementCode code) const {
    if (r < program_.num_inputs || program_.code[r - program_.num_inputs].code != code) return nullptr;
    return &program_.code[r - program_.num_inputs];
  }
  static bool reads(const Instruction& i, Register r) { return i.operands[0] == r || i.operands[1] == r; }
  static Register other(const Instruction& i, Register r) { return i.operands[i.operands[0] == r ? 1 : 0]; }

  const ElementProgram& program_;
};

}  // namespace

std::optional<UpdateProgram> find_update(const ElementProgram& program) {
  const auto is_matrix = [](const ElementOutput& o) { return o.kind == ElementOutputKind::elements; };
  if (program.outputs.size() != 2 || !std::all_of(program.outputs.begin(), program.outputs.end(), is_matrix)) return {};
  const Finder finder(program);
  const std::optional<UpdateProgram> found = finder.find(0);
  return found ? found : finder.find(1);
}

}  // namespace weft
