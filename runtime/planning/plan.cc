#include "runtime/planning/plan.h"

#include <sys/sysinfo.h>

#include <string>
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

std::size_t machine_memory() {
  struct sysinfo info {};
  if (sysinfo(&info) != 0) return ~std::size_t{0};
  return (static_cast<std::size_t>(info.totalram) + info.totalswap) * info.mem_unit;
}

// A value that no memory can hold is refused here: nobody waits for a plan of its countless parts, and a system that
// promises any bytes would end the process when they are written.
void check_sizes(const Draft& d) {
  static const std::size_t memory = machine_memory();
  for (NodeId n = 0; n < d.graph.size(); ++n) {
    if (d.role[n] != Role::step) continue;
    for (const TensorType& type : d.graph.node(n).outputs) {
      if (type.bytes() <= memory) continue;
      std::vector<const TensorType*> types;
      call_of(d.graph, n, types)
          .fail(ErrorKind::memory,
                "cannot allocate " + std::to_string(type.bytes()) + " bytes, more than this machine has");
    }
  }
}

}  // namespace

std::shared_ptr<const Plan> make_plan(Program program) {
  check_program(program);
  auto plan = std::make_shared<Plan>();
  plan->program = std::move(program);
  Draft draft(*plan);
  KernelCache kernels(*plan);
  classify(draft);
  check_sizes(draft);
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
