#include "weft/function.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <list>
#include <mutex>
#include <optional>
#include <ostream>

#include "graph/capture/capture.h"
#include "graph/capture/trace.h"
#include "graph/text/dot.h"
#include "graph/text/text.h"
#include "runtime/io/output_file.h"
#include "runtime/planning/plan_text.h"
#include "runtime/reports/page.h"
#include "runtime/reports/peak.h"
#include "runtime/reports/schedule.h"
#include "runtime/traced_program.h"
#include "weft/autograd.h"

namespace weft {

namespace {

#ifdef NDEBUG
constexpr bool kChecksTraces = false;
#else
constexpr bool kChecksTraces = true;
#endif
constexpr std::size_t kCallsBetweenChecks = 64;

// Throws Error if tracing the function again for the same signature gives another program: then it depends on something
// that a trace cannot see.
void check_trace(const TracedProgram& program, const TracedProgram::Body& body, const detail::Bundle& inputs,
                 SourceLocation at) {
  const TracedProgram now(body, inputs, at, {.keep_structure = true, .find_plan = {}, .only_structure = true});
  const PlannedTrace &before = *program.planned(), &after = *now.planned();
  if (after.same_structure(before)) return;
  const PlannedTrace::Op* const op = after.first_difference(before);
  throw Error(ErrorKind::state,
              "[compile] the function is another program than when it was traced" +
                  (op ? ": " + std::string(op->op->name) + " is new, or has other attributes" : std::string()),
              op && op->where.line > 0 ? op->where : at,
              "hand over what changes as an argument, or set Retrace::always");
}

}  // namespace

// Never destroyed: functions may be called while statics are destroyed.
struct Function::Impl {
  BundleBody body;
  CompileOptions options;
  std::recursive_mutex tracing;                        // one trace of this function at a time
  std::mutex mutex;                                    // guards what follows
  std::list<std::shared_ptr<TracedProgram>> programs;  // the one used last comes first
  std::list<std::shared_ptr<PlannedTrace>> plans;      // with Retrace::always
  std::size_t num_traces = 0, num_plans = 0;
  std::atomic<std::size_t> runs{0};
  // With keep_last_run: what ran, and the values before.
  std::shared_ptr<TracedProgram> last_program;
  std::vector<std::shared_ptr<const Buffer>> before_last;

  std::shared_ptr<TracedProgram> find(const detail::Bundle& inputs) {
    const std::lock_guard lock(mutex);
    for (auto at = programs.begin(); at != programs.end(); ++at) {
      if (!(*at)->matches(inputs)) continue;
      if (at != programs.begin()) programs.splice(programs.begin(), programs, at);
      return programs.front();
    }
    return nullptr;
  }

  std::shared_ptr<TracedProgram> program_for(const detail::Bundle& inputs, SourceLocation at) {
    if (auto program = find(inputs)) return program;
    const std::lock_guard lock(tracing);
    if (auto program = find(inputs)) return program;  // another thread was first
    auto program = std::make_shared<TracedProgram>(
        body, inputs, at,
        TracedProgram::TraceOptions{kChecksTraces, {}, false, options.print_passes, options.keep_last_run});
    std::shared_ptr<TracedProgram> dropped;
    const std::lock_guard guard(mutex);
    ++num_traces;
    ++num_plans;
    std::erase_if(programs, [](const auto& old) { return old->is_stale(); });
    if (programs.size() >= std::max<std::size_t>(options.max_programs, 1)) {
      dropped = std::move(programs.back());
      programs.pop_back();
    }
    programs.push_front(program);
    return program;
  }

  // A trace for this call alone, with the plan of one of the same structure.
  std::shared_ptr<TracedProgram> retrace(const detail::Bundle& inputs, SourceLocation at) {
    const auto find_plan = [this](const PlannedTrace& fresh) -> std::shared_ptr<PlannedTrace> {
      const std::lock_guard lock(mutex);
      for (auto p = plans.begin(); p != plans.end(); ++p) {
        if (!(*p)->same_structure(fresh)) continue;
        plans.splice(plans.begin(), plans, p);
        return plans.front();
      }
      return nullptr;
    };
    auto program = std::make_shared<TracedProgram>(
        body, inputs, at,
        TracedProgram::TraceOptions{false, find_plan, false, options.print_passes, options.keep_last_run});
    const std::lock_guard guard(mutex);
    ++num_traces;
    if (std::find(plans.begin(), plans.end(), program->planned()) == plans.end()) {
      ++num_plans;
      plans.push_front(program->planned());
      if (plans.size() > std::max<std::size_t>(options.max_programs, 1)) plans.pop_back();
    }
    programs.assign(1, program);
    return program;
  }

  void keep_run(std::shared_ptr<TracedProgram> program, std::vector<std::shared_ptr<const Buffer>> before) {
    const std::lock_guard lock(mutex);
    last_program.swap(program);  // what was there is let go without the lock
    before_last.swap(before);
  }

  std::shared_ptr<TracedProgram> used_last() {
    const std::lock_guard lock(mutex);
    return programs.empty() ? nullptr : programs.front();
  }

  TracedProgram::RunOptions run_options() const { return {executor(), options.flush_denormals}; }

  Executor& executor() const {
    static Executor& always_parallel = *make_tbb_executor(0).release();
    switch (options.executor) {
      case ExecutorKind::serial:
        return serial_executor();
      case ExecutorKind::parallel:
        return always_parallel;
      default:
        return tbb_executor();
    }
  }
};

Function::Function(Body body, CompileOptions options, SourceLocation at) : impl_(std::make_shared<Impl>()) {
  detail::placed(at, [&] { detail::require_callable(static_cast<bool>(body)); });
  impl_->body = [body = std::move(body)](const detail::Bundle& inputs) -> detail::Bundle {
    return {body(inputs.tensors), {}, {}};
  };
  impl_->options = options;
}

Function::Function(OfBundles, BundleBody body, CompileOptions options) : impl_(std::make_shared<Impl>()) {
  impl_->body = std::move(body);
  impl_->options = options;
}

Function::Impl& Function::impl(SourceLocation at) const {
  if (!impl_) throw Error(ErrorKind::state, "[compile] this function was moved from", at);
  return *impl_;
}

detail::Bundle Function::call_bundle(const detail::Bundle& inputs, SourceLocation at) const {
  Impl& function = impl(at);
  for (const Tensor& input : inputs.tensors)
    if (!input.defined()) throw Error(ErrorKind::state, "[compile] undefined argument", at);
  if (Trace::current()) return function.body(inputs);  // inside of another trace: its operations are captured there
  const bool always = function.options.retrace == Retrace::always;
  for (;;) {
    const std::shared_ptr<TracedProgram> program =
        always ? function.retrace(inputs, at) : function.program_for(inputs, at);
    if (kChecksTraces && !always && (function.runs.load(std::memory_order_relaxed) + 1) % kCallsBetweenChecks == 0)
      check_trace(*program, function.body, inputs, at);
    TracedProgram::RunOptions options = function.run_options();
    std::vector<std::shared_ptr<const Buffer>> before;
    if (function.options.keep_last_run) options.before = &before;
    std::optional<std::vector<Tensor>> tensors = program->run(inputs.tensors, options, at);
    if (!tensors) continue;  // another thread set a .grad meanwhile
    if (options.before) function.keep_run(program, std::move(before));
    function.runs.fetch_add(1, std::memory_order_relaxed);
    detail::Bundle results = program->results();
    results.tensors = std::move(*tensors);
    return results;
  }
}

std::vector<Tensor> Function::call(const std::vector<Tensor>& inputs, SourceLocation at) const {
  return detail::placed(at, [&] { return call_bundle({inputs, {}, {}}, at).tensors; });
}

void Function::call_bundle_into(const Outputs& outputs, const detail::Bundle& inputs) const {
  const SourceLocation at = outputs.at();
  const std::vector<Tensor>& to = outputs.tensors();
  const auto refuse = [&](ErrorKind kind, const std::string& rule) { throw Error(kind, "[call_into] " + rule, at); };
  for (std::size_t i = 0; i < to.size(); ++i)
    if (!to[i].defined()) refuse(ErrorKind::state, "output " + std::to_string(i) + " is undefined");
  const std::vector<Tensor> results = detail::placed(at, [&] { return call_bundle(inputs, at).tensors; });
  if (results.size() != to.size())
    refuse(ErrorKind::value,
           std::to_string(to.size()) + " outputs: the function gives " + std::to_string(results.size()) + " tensors");
  std::vector<std::pair<Tensor, Tensor>> updates;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!results[i].defined()) refuse(ErrorKind::state, "result " + std::to_string(i) + " is undefined");
    const TensorType &type = TensorAccess::impl(to[i])->type, &given = TensorAccess::impl(results[i])->type;
    if (type != given)
      refuse(kind_of_difference(type, given),
             "output " + std::to_string(i) + ": " + type.str() + ", result: " + given.str() + ": types differ");
    if (!to[i].is_leaf())
      refuse(ErrorKind::state, "output " + std::to_string(i) + ": " + type.str() + ": the result of an operation");
    updates.emplace_back(to[i], results[i].detach(at));
  }
  const NoGradGuard no_grad;
  if (!updates.empty()) assign(std::move(updates), at);
}

void Function::call_into(const Outputs& outputs, const std::vector<Tensor>& inputs) const {
  call_bundle_into(outputs, {inputs, {}, {}});
}

namespace detail {

const Tensor& BundleReader::tensor() {
  if (tensors_ == bundle_.tensors.size()) fail();
  return bundle_.tensors[tensors_++];
}
std::uint64_t BundleReader::number() {
  if (numbers_ == bundle_.numbers.size()) fail();
  return bundle_.numbers[numbers_++];
}
const std::string& BundleReader::name() {
  if (names_ == bundle_.names.size()) fail();
  return bundle_.names[names_++];
}
void BundleReader::end() const {
  if (tensors_ < bundle_.tensors.size()) fail();
}
void BundleReader::fail() const {
  throw Error("[compile] " + std::to_string(bundle_.tensors.size()) +
              " tensors given: the function takes another number of arguments");
}

void require_callable(bool callable) {
  if (!callable) throw Error(ErrorKind::state, "[compile] the function is empty");
}

}  // namespace detail

MemoryReport Function::memory(SourceLocation at) const {
  const auto program = impl(at).used_last();
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
  const auto program = impl(at).used_last();
  if (!program) throw Error(ErrorKind::state, "[schedule_report] no program yet", at, "call the function once");
  TracedProgram::RunOptions options = impl(at).run_options();
  const TracedProgram::RunOptions serial{serial_executor(), options.flush_denormals};
  return simulate(program->plan(), program->step_seconds(workers == 1 ? serial : options), workers);
}

void Function::trace_run(const std::string& path, SourceLocation at) const {
  const auto program = impl(at).used_last();
  if (!program) throw Error(ErrorKind::state, "[trace_run] no program yet", at, "call the function once");
  std::ofstream out(path);
  if (!out) throw Error(ErrorKind::io, "[trace_run] " + path + ": cannot be written", at);
  const auto records = detail::placed(at, [&] { return program->step_records(impl(at).run_options()); });
  write_trace_events(program->plan(), records, out);
  if (!out.flush()) throw Error(ErrorKind::io, "[trace_run] " + path + ": cannot be written", at);
}

NonfiniteReport Function::explain_bundle(const detail::Bundle& inputs, SourceLocation at) const {
  Impl& function = impl(at);
  for (const Tensor& input : inputs.tensors)
    if (!input.defined()) throw Error(ErrorKind::state, "[explain_nonfinite] undefined argument", at);
  if (Trace::current()) throw Error(ErrorKind::state, "[explain_nonfinite] a traced function has no values yet", at);
  return detail::placed(at, [&] {
    const std::lock_guard lock(function.tracing);
    const TracedProgram program(function.body, inputs, at, {.find_plan = {}, .keep_unfused = true});
    return program.explain(program.values_now(inputs.tensors, at), function.options.flush_denormals);
  });
}

NonfiniteReport Function::explain_nonfinite(const std::vector<Tensor>& inputs, SourceLocation at) const {
  return explain_bundle({inputs, {}, {}}, at);
}

NonfiniteReport Function::explain_last_run(SourceLocation at) const {
  Impl& function = impl(at);
  if (!function.options.keep_last_run)
    throw Error(ErrorKind::state, "[explain_last_run] the last run was not kept", at,
                "set CompileOptions::keep_last_run, or use explain_nonfinite()");
  std::shared_ptr<TracedProgram> program;
  std::vector<std::shared_ptr<const Buffer>> before;
  {
    const std::lock_guard lock(function.mutex);
    program = function.last_program;
    before = function.before_last;
  }
  if (!program) throw Error(ErrorKind::state, "[explain_last_run] no run yet", at, "call the function once");
  return detail::placed(at, [&] { return program->explain(before, function.options.flush_denormals); });
}

GradientAudit Function::gradient_audit(const std::vector<std::pair<std::string, Tensor>>& parameters,
                                       SourceLocation at) const {
  for (const auto& [name, tensor] : parameters)
    if (!tensor.defined()) throw Error(ErrorKind::state, "[gradient_audit] " + name + " is undefined", at);
  const auto program = impl(at).used_last();
  if (!program) throw Error(ErrorKind::state, "[gradient_audit] no program yet", at, "call the function once");
  return program->audit(parameters);
}

void Function::report(const std::string& path, SourceLocation at) const {
  constexpr int kRounds = 5;
  const auto program = impl(at).used_last();
  if (!program) throw Error(ErrorKind::state, "[report] no program yet", at, "call the function once");
  detail::placed(at, [&] {
    OutputFile file({"report", path, at});
    file.write(report_page(program->plan(), program->step_records(impl(at).run_options(), kRounds)));
    file.commit();
  });
}

std::string Function::plan_text(SourceLocation at) const {
  const auto program = impl(at).used_last();
  return program ? describe(program->plan()) : "";
}

FunctionStats Function::stats(SourceLocation at) const {
  Impl& function = impl(at);
  FunctionStats stats;
  stats.runs = function.runs.load(std::memory_order_relaxed);
  const auto program = function.used_last();
  const std::lock_guard lock(function.mutex);
  stats.traces = function.num_traces;
  stats.plans = function.num_plans;
  stats.programs = function.programs.size();
  if (!program) return stats;
  stats.arena_bytes_in_use = program->arena_bytes_in_use();
  stats.nodes = program->plan().program.graph.size();
  stats.steps = program->plan().steps.size();
  return stats;
}

std::string Function::graph_text(SourceLocation at) const {
  const auto program = impl(at).used_last();
  return program ? print_graph(program->plan().program.graph) : "";
}

void Function::write_dot(std::ostream& out, SourceLocation at) const {
  if (const auto program = impl(at).used_last()) weft::write_dot(program->plan().program.graph, out);
}

}  // namespace weft
