#include "runtime/reports/trace_events.h"

#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <string_view>

#include "runtime/planning/plan_text.h"
#include "runtime/reports/step_costs.h"

namespace weft {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    char escaped[8];
    if (c == '"' || c == '\\')
      result += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20)
      result += (std::snprintf(escaped, sizeof escaped, "\\u%04x", c), escaped);
    else
      result += c;
  }
  return result + '"';
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

std::string details(const Plan& plan, const Step& step, double seconds) {
  const Kernel& kernel = plan.kernels[step.kernel];
  std::string text = "\"bytes\":" + number(bytes_moved(plan, step));
  const double flops = flops_of(plan, step);
  if (flops > 0 && seconds > 0)
    text += ",\"flops\":" + number(flops) + ",\"GFLOP/s\":" + number(flops / seconds * 1e-9);
  if (kernel.parts > 1) text += ",\"part\":" + std::to_string(step.part) + ",\"parts\":" + std::to_string(kernel.parts);
  if (step.num_outputs > 0 && step.node != Step::kNoNode)
    text += ",\"result\":" + quoted(describe_result(plan, step, 0));
  if (step.node == Step::kNoNode) return text;
  const SourceLocation where = plan.program.graph.node(step.node).where;
  if (where.line > 0) text += ",\"line\":" + quoted(std::string(where.file) + ":" + std::to_string(where.line));
  return text;
}

std::string event(std::string_view name, std::string_view kind, int worker, double begin, double end,
                  const std::string& args) {
  constexpr double kMicros = 1e6;
  return "{\"ph\":\"X\",\"pid\":1,\"tid\":" + std::to_string(worker) + ",\"ts\":" + number(begin * kMicros) +
         ",\"dur\":" + number((end - begin) * kMicros) + ",\"name\":" + quoted(name) + ",\"cat\":" + quoted(kind) +
         ",\"args\":{" + args + "}}";
}

}  // namespace

std::vector<StepRecord> record_steps(Run& run, Executor& executor, int rounds) {
  std::vector<StepRecord> records(run.plan().steps.size()), fastest;
  Run::Clock::time_point start;
  run.watch_steps([&](StepId s, Run::Clock::time_point begin, Run::Clock::time_point end) {
    const auto since = [&](Run::Clock::time_point time) { return std::chrono::duration<double>(time - start).count(); };
    records[s] = {since(begin), since(end), std::max(tbb::this_task_arena::current_thread_index(), 0)};
  });
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round <= rounds; ++round) {
    start = Run::Clock::now();
    run.execute(executor);
    const double seconds = std::chrono::duration<double>(Run::Clock::now() - start).count();
    if (round == 0 || seconds >= least) continue;
    least = seconds;
    fastest = records;
  }
  return fastest;
}

void write_trace_events(const Plan& plan, std::span<const StepRecord> records, std::ostream& out) {
  std::map<int, std::vector<StepId>> lanes;
  for (StepId s = 0; s < records.size(); ++s) lanes[records[s].worker].push_back(s);
  out << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
      << R"({"ph":"M","pid":1,"name":"process_name","args":{"name":"weft"}})";
  for (auto& [worker, steps] : lanes) {
    out << ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":" << worker << ",\"name\":\"thread_name\",\"args\":{\"name\":\"worker "
        << worker << "\"}}";
    std::sort(steps.begin(), steps.end(), [&](StepId a, StepId b) { return records[a].begin < records[b].begin; });
    double free = 0;
    for (const StepId s : steps) {
      const StepRecord& record = records[s];
      if (record.begin > free) out << ",\n" << event("waiting", "waiting", worker, free, record.begin, "");
      out << ",\n"
          << event(name_of(plan, plan.steps[s]), "step", worker, record.begin, record.end,
                   details(plan, plan.steps[s], record.end - record.begin));
      free = record.end;
    }
  }
  out << "\n]}\n";
}

}  // namespace weft
