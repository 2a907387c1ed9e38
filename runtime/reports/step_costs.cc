#include "runtime/reports/step_costs.h"

#include <algorithm>

namespace weft {

double bytes_moved(const Plan& plan, const Step& step) {
  const Kernel& kernel = plan.kernels[step.kernel];
  double bytes = kernel.bytes;
  if (bytes == 0 && step.node != Step::kNoNode) {
    const Graph& graph = plan.program.graph;
    for (const TensorType& type : graph.node(step.node).outputs) bytes += static_cast<double>(type.bytes());
    for (std::size_t i = 0; i < graph.num_operands(step.node); ++i)
      bytes += static_cast<double>(graph.type(graph.operand(step.node, i)).bytes());
  }
  return bytes / std::max<std::uint32_t>(kernel.parts, 1);
}

double flops_of(const Plan& plan, const Step& step) {
  const Kernel& kernel = plan.kernels[step.kernel];
  return kernel.flops / std::max<std::uint32_t>(kernel.parts, 1);
}

}  // namespace weft
