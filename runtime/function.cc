#include "weft/function.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <ostream>

#include "graph/capture/trace.h"
#include "graph/text/dot.h"
#include "graph/text/text.h"
#include "runtime/planning/plan_text.h"
#include "runtime/reports/peak.h"
#include "runtime/reports/schedule.h"
#include "runtime/traced_program.h"

namespace weft {

struct Function::Impl {
  Body body;
  CompileOptions options;
  std::recursive_mutex tracing;  // one trace of this function at a time
  std::mutex mutex;              // guards `programs` and `last`
  std::vector<std::shared_ptr<TracedProgram>> programs;
  std::shared_ptr<TracedProgram> last;
  std::atomic<std::size_t> runs{0};

  std::shared_ptr<TracedProgram> find(const std::vector<Tensor>& inputs) {
    const std::lock_guard lock(mutex);
    if (last && last->matches(inputs)) return last;
    for (const auto& program : programs)
      if (program->matches(inputs)) return last = program;
    return nullptr;
  }

  std::shared_ptr<TracedProgram> program_for(const std::vector<Tensor>& inputs, SourceLocation at) {
    if (auto program = find(inputs)) return program;
    const std::lock_guard lock(tracing);
    if (auto program = find(inputs)) return program;  // another thread was first
    auto program = std::make_shared<TracedProgram>(body, inputs, at);
    const std::lock_guard guard(mutex);
    programs.push_back(program);
    return last = program;
  }

  std::shared_ptr<TracedProgram> used_last() {
    const std::lock_guard lock(mutex);
    return last;
  }

  Executor& executor() const {
    static const std::unique_ptr<Executor> always_parallel = make_tbb_executor(0);
    switch (options.executor) {
      case ExecutorKind::serial:
        return serial_executor();
      case ExecutorKind::parallel:
        return *always_parallel;
      default:
        return tbb_executor();
    }
  }
};

Function::Function(Body body, CompileOptions options) : impl_(std::make_shared<Impl>()) {
  impl_->body = std::move(body);
  impl_->options = options;
}

std::vector<Tensor> Function::call(const std::vector<Tensor>& inputs, SourceLocation at) const {
  for (const Tensor& input : inputs)
    if (!input.defined()) throw Error("[compile] undefined argument", at);
  if (Trace::current()) return impl_->body(inputs);  // inside of another trace: its operations are captured there
  const std::shared_ptr<TracedProgram> program = impl_->program_for(inputs, at);
  std::vector<Tensor> results = program->run(inputs, impl_->executor(), at);
  impl_->runs.fetch_add(1, std::memory_order_relaxed);
  return results;
}

MemoryReport Function::memory() const {
  const auto program = impl_->used_last();
  if (!program) return {};
  const PlanStats& stats = program->plan().stats;
  return {stats.arena_bytes,
          stats.scratch_bytes,
          stats.without_reuse_bytes,
          std::max(program->plan().program.unfused_bytes, stats.without_reuse_bytes),
          stats.variable_bytes,
          stats.constant_bytes,
          stats.argument_bytes,
          stats.result_bytes,
          holders_at_peak(program->plan())};
}

ScheduleReport Function::schedule_report(int workers, SourceLocation at) const {
  if (workers < 1) throw Error("[schedule_report] " + std::to_string(workers) + " workers: at least 1", at);
  const auto program = impl_->used_last();
  if (!program) throw Error("[schedule_report] no program yet", at, "call the function once");
  return simulate(program->plan(), program->step_seconds(workers == 1 ? serial_executor() : impl_->executor()),
                  workers);
}

std::string Function::plan_text() const {
  const auto program = impl_->used_last();
  return program ? describe(program->plan()) : "";
}

FunctionStats Function::stats() const {
  FunctionStats stats;
  stats.runs = impl_->runs.load(std::memory_order_relaxed);
  const auto program = impl_->used_last();
  const std::lock_guard lock(impl_->mutex);
  stats.traces = impl_->programs.size();
  for (const auto& each : impl_->programs) stats.arena_bytes_in_use += each->arena_bytes_in_use();
  if (!program) return stats;
  stats.nodes = program->plan().program.graph.size();
  stats.steps = program->plan().steps.size();
  return stats;
}

std::string Function::graph_text() const {
  const auto program = impl_->used_last();
  return program ? print_graph(program->plan().program.graph) : "";
}

void Function::write_dot(std::ostream& out) const {
  if (const auto program = impl_->used_last()) weft::write_dot(program->plan().program.graph, out);
}

}  // namespace weft
