// The plan of a trace, and the memory of its runs.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "graph/capture/extract.h"
#include "graph/capture/tensor_impl.h"
#include "graph/spin_lock.h"
#include "runtime/planning/plan.h"
#include "runtime/running/run.h"
#include "runtime/running/variable_access.h"

namespace weft {

// Traces of one structure can share one. Any number of threads may use it.
class PlannedTrace {
 public:
  // What one execution at a time uses.
  struct Session {
    explicit Session(const std::shared_ptr<const Plan>& plan) : run(plan) {}

    Run run;
    std::vector<std::shared_ptr<Buffer>> results;
    // Tensors that results were given back as, which are taken again once nobody else has them.
    std::vector<std::shared_ptr<TensorImpl>> wrapped;
    std::vector<VariableAccess::Use> uses;  // the storage of what the last execution read and wrote
    // Of the execution on its way. Empty between two of them: kept for their memory.
    std::vector<std::shared_ptr<TensorImpl>> arguments;  // what the program reads for each
    std::vector<CapturedValue> versions;                 // of arguments that are handed over by value
    std::vector<std::shared_ptr<TensorImpl>> fresh;      // gradients that it makes
    std::vector<std::shared_ptr<CapturedCall>> history;
    std::vector<std::pair<std::shared_ptr<TensorImpl>, std::shared_ptr<TensorImpl>>> new_grads;  // owner, .grad

    void clear();
  };

  // One of the calls that were captured.
  struct Op {
    const OpDef* op = nullptr;
    Attrs attrs;
    SourceLocation where;
  };

  // The structure, to compare traces. Empty unless TraceOptions ask for it.
  std::vector<std::uint64_t> words;
  std::vector<Op> ops;
  std::shared_ptr<const Plan> plan;
  // The graph of the plan before fusion. Null unless TraceOptions ask for it.
  std::unique_ptr<const Graph> unfused;

  bool same_structure(const PlannedTrace& other) const;
  // The first call that is another one than in `other`, or null where only their operands differ.
  const Op* first_difference(const PlannedTrace& other) const;

  std::unique_ptr<Session> take_session();
  void give_back(std::unique_ptr<Session> session);
  std::size_t arena_bytes_in_use() const;

 private:
  mutable SpinLock lock_;  // guards what follows
  std::vector<std::unique_ptr<Session>> idle_;
  std::size_t sessions_ = 0;
};

}  // namespace weft
