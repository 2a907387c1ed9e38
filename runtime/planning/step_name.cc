#include "runtime/planning/step_name.h"

namespace weft {

std::string name_of(const Plan& plan, const Step& step) {
  if (step.node == Step::kNoNode) return step.num_outputs == 0 ? "gate" : "copy";
  std::string name(plan.program.graph.node(step.node).op->name);
  name += " %" + std::to_string(step.node);
  if (const std::uint32_t parts = plan.kernels[step.kernel].parts; parts > 1)
    name += " part " + std::to_string(step.part) + "/" + std::to_string(parts);
  return name;
}

std::string describe_result(const Plan& plan, const Step& step, std::uint32_t output) {
  if (step.node == Step::kNoNode) return "copy of a variable";
  const Node& node = plan.program.graph.node(step.node);
  std::string text = std::string(node.op->name) + " %" + std::to_string(step.node) + ": " + node.outputs[output].str();
  if (*node.where.file) text += " (" + std::string(node.where.file) + ":" + std::to_string(node.where.line) + ")";
  return text;
}

}  // namespace weft
