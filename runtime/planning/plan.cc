#include "runtime/planning/plan.h"

#include <utility>

#include "runtime/planning/draft.h"
#include "runtime/planning/kernel_cache.h"

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
  find_touches(draft);
  connect_steps(draft);
  estimate(draft);
  rank(draft);
  order_for_reuse(draft);
  assign_arena(draft);
  add_external_bytes(*plan);
  return plan;
}

}  // namespace weft
