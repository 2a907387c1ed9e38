// Values of captured calls. The run time computes them: it registers itself at start-up.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "graph/capture/captured_call.h"
#include "graph/capture/extract.h"
#include "graph/capture/tensor_impl.h"

namespace weft {

// Plans the request, or finds its plan, and runs it once: the buffers of the results of the program, and what is known
// of the gradients. Writes happen all or none.
struct EagerResults {
  std::vector<std::shared_ptr<const Buffer>> buffers;
  std::shared_ptr<const EagerProgram> program;
};
using EvaluateFn = EagerResults (*)(EagerRequest request);
void set_evaluator(EvaluateFn evaluate);
EagerResults run_request(EagerRequest request);

// The value of a captured call, computed with all that it needs when that has not happened yet. What somebody holds of
// the calls on the way keeps its value, too.
std::shared_ptr<const Buffer> value_of(const CapturedValue& value);
// Computes these values in one run, with what somebody holds of the calls on the way.
void compute(std::span<const CapturedValue> values, SourceLocation at);
// The value of a tensor. Throws Error in a trace, where it does not exist yet.
std::shared_ptr<const Buffer> value(const Tensor& tensor, SourceLocation at);

// ---- For those who make requests
// Asks for everything that somebody holds and that has to be computed; returns the entries.
std::vector<std::uint32_t> want_held(EagerRequest& request);
// Gives the calls their values: those of the first results.
void publish_wanted(const std::vector<std::shared_ptr<CapturedCall>>& calls,
                    const std::vector<std::shared_ptr<const Buffer>>& buffers);
// Finds the entry that stands for the present value of each variable that is written.
void find_versions(EagerRequest& request);
// Lets go of present values that only the request holds, so that they are written in place. Called when their plan is
// found and their arguments are bound.
void let_go_of_old_values(EagerRequest& request);

// Gives variables new values, all in one run and all or none. In place where nobody else holds what is there.
struct VariableWrite {
  std::shared_ptr<Variable> variable;
  CapturedValue value;
};
void run_writes(std::vector<VariableWrite> writes);

}  // namespace weft
