// The steps that touch the values of a run: the one writer of each buffer and each result, and the readers of buffers.
#include "runtime/planning/draft.h"

namespace weft {

void find_touches(Draft& draft) {
  const Plan& plan = draft.plan;
  draft.writer.resize(draft.buffer_bytes.size());
  draft.result_writer.resize(draft.program.num_results());
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    if (step.part > 0) continue;
    for (std::uint32_t k = 0; k < step.num_outputs; ++k) {
      const Slot& slot = plan.outputs_of(step)[k];
      const Touch touch{s, step.num_inputs + k};
      if (slot.space == Space::arena) draft.writer[slot.where] = touch;
      if (slot.space == Space::result) draft.result_writer[slot.where] = touch;
    }
  }
  draft.readers = Rows<StepId>(draft.buffer_bytes.size(), [&plan](auto add) {
    for (StepId s = 0; s < plan.steps.size(); ++s)
      for (const Slot& slot : plan.inputs_of(plan.steps[s]))
        if (slot.space == Space::arena) add(slot.where, s);
  });
}

}  // namespace weft
