#include "ops/fused/fused_update.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "graph/lower.h"

namespace weft {
namespace {

constexpr Register kGradient = 0, kParam = 1, kBuffer = 2, kRate = 3;

// What sgd_step emits for momentum alone. Outputs: the parameter, the buffer.
ElementProgram momentum_step() {
  ElementProgram program{.num_inputs = 4, .code = {}, .outputs = {}};
  const OpDef& sgd_step = *find_op("sgd_step");
  const Attrs attrs{{"dampening", 0.0}, {"momentum", 0.5}, {"nesterov", false}, {"weight_decay", 0.0}};
  const std::array<Register, 4> operands{kParam, kGradient, kBuffer, kRate};
  const OpCall use{sgd_step, {}, attrs, {}};
  LowerCall call(use, program, operands);
  sgd_step.lower(call);
  for (const Register r : call.results()) program.outputs.push_back({ElementOutputKind::elements, r});
  return program;
}

// Compares what registers of two programs compute: constants are equal whatever they are, inputs stand for inputs, and
// sums and products have their operands in either order. Remembers what stands for what.
class Matcher {
 public:
  Matcher(const ElementProgram& pattern, const ElementProgram& program)
      : pattern_(pattern), program_(program), found_(pattern.num_inputs + pattern.code.size()) {
    found_[kGradient] = kGradient;
  }

  bool match(Register wanted, Register r) {
    if (found_[wanted]) return *found_[wanted] == r;
    const bool is_input = wanted < pattern_.num_inputs;
    if (is_input ? r == kGradient || r >= program_.num_inputs : !match_instruction(wanted, r)) return false;
    found_[wanted] = r;
    return true;
  }
  Register found(Register wanted) const { return *found_[wanted]; }
  // What stands for the one constant of the pattern.
  float constant() const {
    const auto is_constant = [](const Instruction& i) { return i.fn == ElementFn::constant; };
    const auto at = std::find_if(pattern_.code.begin(), pattern_.code.end(), is_constant) - pattern_.code.begin();
    return program_.code[*found_[pattern_.num_inputs + static_cast<std::size_t>(at)] - program_.num_inputs].x;
  }

 private:
  bool match_instruction(Register wanted, Register r) {
    if (r < program_.num_inputs) return false;
    const Instruction &want = pattern_.code[wanted - pattern_.num_inputs], &is = program_.code[r - program_.num_inputs];
    if (want.fn != is.fn) return false;
    std::array<Register, 3> operands = is.operands;
    if (match_operands(want, operands)) return true;
    if (want.fn != ElementFn::add && want.fn != ElementFn::mul) return false;
    std::swap(operands[0], operands[1]);
    return match_operands(want, operands);
  }

  bool match_operands(const Instruction& want, const std::array<Register, 3>& operands) {
    const auto before = found_;
    for (std::size_t i = 0; i < facts(want.fn).operands; ++i)
      if (!match(want.operands[i], operands[i])) {
        found_ = before;
        return false;
      }
    return true;
  }

  const ElementProgram &pattern_, &program_;
  std::vector<std::optional<Register>> found_;  // of each register of the pattern
};

std::optional<FusedUpdate> match_update(const ElementProgram& step, const ElementProgram& program,
                                        std::size_t param_result) {
  const std::size_t buffer_result = 1 - param_result;
  Matcher matcher(step, program);
  if (!matcher.match(step.outputs[0].from, program.outputs[param_result].from) ||
      !matcher.match(step.outputs[1].from, program.outputs[buffer_result].from))
    return {};
  return FusedUpdate{.param = matcher.found(kParam),
                     .buffer = matcher.found(kBuffer),
                     .rate = matcher.found(kRate),
                     .momentum = matcher.constant(),
                     .param_result = param_result,
                     .buffer_result = buffer_result};
}

}  // namespace

std::optional<FusedUpdate> find_update(const ElementProgram& program) {
  const auto is_matrix = [](const ElementOutput& o) { return o.kind == ElementOutputKind::elements; };
  if (program.outputs.size() != 2 || !std::all_of(program.outputs.begin(), program.outputs.end(), is_matrix)) return {};
  static const ElementProgram step = momentum_step();
  const std::optional<FusedUpdate> found = match_update(step, program, 0);
  return found ? found : match_update(step, program, 1);
}

}  // namespace weft
