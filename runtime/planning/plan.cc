#include "runtime/planning/plan.h"

#include <cstdio>
#include <utility>

#include "runtime/planning/draft.h"
#include "runtime/planning/kernel_cache.h"
#include "runtime/planning/step_name.h"

namespace weft {
namespace {

void add_external_bytes(Plan& plan) {
  const Graph& graph = plan.program.graph;
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    const std::size_t bytes = graph.node(graph.inputs()[i]).outputs[0].bytes();
    (i < plan.program.num_arguments() ? plan.stats.argument_bytes : plan.stats.variable_bytes) += bytes;
  }
  for (std::size_t k = 0; k < plan.program.num_results(); ++k)
    plan.stats.result_bytes += graph.type(graph.outputs()[k]).bytes();
}

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
    default:
      return "result " + std::to_string(slot.where);
  }
}

std::string text_of(std::span<const Slot> slots) {
  std::string text;
  for (const Slot& slot : slots) text += (text.empty() ? "" : ", ") + text_of(slot);
  return text;
}

std::string microseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", seconds * 1e6);
  return text;
}

}  // namespace

std::shared_ptr<const Plan> make_plan(Program program) {
  check_program(program);
  auto plan = std::make_shared<Plan>();
  plan->program = std::move(program);
  Draft draft(*plan);
  KernelCache kernels(*plan);
  classify(draft);
  compute_constants(draft, kernels);
  place_values(draft);
  emit_steps(draft, kernels);
  connect_steps(draft);
  add_successors(draft);
  estimate(draft);
  order_for_reuse(draft);
  estimate(draft);
  assign_arena(draft);
  add_external_bytes(*plan);
  return plan;
}

std::string describe(const Plan& plan) {
  std::string text;
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    text += std::to_string(s) + ": " + name_of(plan, step) + "(" + text_of(plan.inputs_of(step)) + ")";
    if (step.num_outputs > 0) text += " -> " + text_of(plan.outputs_of(step));
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

}  // namespace weft
