#include "runtime/planning/plan_text.h"

#include <cstdio>

namespace weft {
namespace {

std::string text_of(const Slot& slot) {
  switch (slot.space) {
    case Space::arena:
      return "arena+" + std::to_string(slot.where);
    case Space::constant:
      return "constant+" + std::to_string(slot.where);
    case Space::argument:
      return "argument " + std::to_string(slot.where);
    case Space::variable:
      return "variable " + std::to_string(slot.where);
    case Space::next:
      return "next " + std::to_string(slot.where);
    default:
      return "result " + std::to_string(slot.where);
  }
}

std::string text_of(std::span<const Slot> slots) {
  std::string text;
  for (const Slot& slot : slots) text += (text.empty() ? "" : ", ") + text_of(slot);
  return text;
}

// "exp %1(argument 0) -> arena+0"
std::string call_text(const Plan& plan, const Step& step) {
  std::string text = name_of(plan, step) + "(" + text_of(plan.inputs_of(step)) + ")";
  if (step.num_outputs > 0) text += " -> " + text_of(plan.outputs_of(step));
  return text;
}

std::string microseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", seconds * 1e6);
  return text;
}

}  // namespace

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

std::string describe(const Plan& plan) {
  std::string text;
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    text += std::to_string(s) + ": " + call_text(plan, step);
    if (const std::size_t scratch = plan.kernels[step.kernel].scratch_bytes; scratch > 0)
      text += ", scratch " + std::to_string(scratch);
    text += ", " + microseconds(plan.seconds[s]) + " us; then";
    for (const StepId next : plan.successors_of(s)) text += " " + std::to_string(next);
    text += "\n";
  }
  const PlanStats& stats = plan.stats;
  return text + "arena " + std::to_string(stats.arena_bytes) + " bytes (" + std::to_string(stats.without_reuse_bytes) +
         " without reuse), scratch " + std::to_string(stats.scratch_bytes) + " a worker, constants " +
         std::to_string(stats.constant_bytes) + ", variables " + std::to_string(stats.variable_bytes) + "\n";
}

std::string print_plan(const Plan& plan) {
  std::vector<std::string> waits_for(plan.steps.size());
  for (StepId s = 0; s < plan.steps.size(); ++s)
    for (const StepId next : plan.successors_of(s)) waits_for[next] += " " + std::to_string(s);
  std::string text;
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    text += std::to_string(s) + ": " + call_text(plan, plan.steps[s]);
    if (!waits_for[s].empty()) text += ", after" + waits_for[s];
    text += "\n";
  }
  return text + "arena " + std::to_string(plan.stats.arena_bytes) + "\n";
}

}  // namespace weft
