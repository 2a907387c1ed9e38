#include "runtime/running/executor.h"
#include "runtime/running/run.h"

namespace weft {
namespace {

class SerialExecutor final : public Executor {
 public:
  void run(Run& run) override {
    const auto n = static_cast<StepId>(run.plan().steps.size());
    for (StepId s = 0; s < n && !run.failed(); ++s) run.step(s);
  }
};

}  // namespace

Executor& serial_executor() {
  static auto& executor = *new SerialExecutor;  // never destroyed: programs may outlive main
  return executor;
}

}  // namespace weft
