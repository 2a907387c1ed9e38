#include "runtime/reports/page.h"

#include <algorithm>
#include <map>
#include <set>

#include "runtime/reports/figure.h"
#include "runtime/reports/markup.h"
#include "runtime/reports/page_style.h"
#include "runtime/reports/schedule.h"
#include "runtime/reports/step_costs.h"
#include "runtime/reports/units.h"

namespace weft {
namespace {

constexpr std::uint8_t kOthers = kColours - 1;

std::string tile(std::string_view name, std::string_view value) {
  return "<div><dt>" + escaped(name) + "<dd>" + escaped(value) + "</div>";
}

std::string totals(const PageData& page) {
  const PlanStats& stats = page.plan.stats;
  double work = 0, path = 0, flops = 0;
  for (StepId s = 0; s < page.records.size(); ++s) {
    work += page.seconds_of(s);
    flops += flops_of(page.plan, page.plan.steps[s]);
  }
  for (const StepId s : page.critical) path += page.seconds_of(s);
  const std::string rate = rate_text(flops, page.seconds);
  return "<dl>" + tile("One run", seconds_text(page.seconds)) + tile("Work of all steps", seconds_text(work)) +
         tile("Critical path", seconds_text(path)) + (rate.empty() ? "" : tile("Rate", rate)) +
         tile("Planned peak", bytes_text(stats.arena_bytes)) +
         tile("Without reuse", bytes_text(stats.without_reuse_bytes)) +
         tile("Scratch a worker", bytes_text(stats.scratch_bytes)) +
         tile("Variables", bytes_text(stats.variable_bytes)) + tile("Arguments", bytes_text(stats.argument_bytes)) +
         tile("Results", bytes_text(stats.result_bytes)) + tile("Constants", bytes_text(stats.constant_bytes)) +
         "</dl>";
}

std::string legend(const PageData& page) {
  std::string text = "<ul class=legend aria-label=\"Colours of the operations\">";
  for (std::size_t i = 0; i < page.legend.size(); ++i)
    text += "<li>" + swatch(static_cast<std::uint8_t>(i)) + escaped(page.legend[i]);
  return text + "</ul>\n";
}

std::string count(std::size_t n, const char* one, const char* several) {
  return std::to_string(n) + " " + (n == 1 ? one : several);
}

}  // namespace

std::string_view op_name(const Plan& plan, const Step& step) {
  if (step.node == Step::kNoNode) return step.num_outputs == 0 ? "gate" : "copy";
  return plan.program.graph.node(step.node).op->name;
}

SourceLocation place_of(const Plan& plan, const Step& step) {
  return step.node == Step::kNoNode ? SourceLocation{} : plan.program.graph.node(step.node).where;
}

std::string place_markup(SourceLocation where) {
  const std::string_view path = where.file;
  if (path.empty()) return "\u2013";
  const std::string line = ":" + std::to_string(where.line);
  return "<span title=\"" + escaped(path) + line + "\">" + escaped(path.substr(path.rfind('/') + 1)) + line + "</span>";
}

PageData::PageData(const Plan& p, std::span<const StepRecord> r) : plan(p), records(r) {
  std::vector<double> times;
  std::map<std::string_view, double> by_op;
  for (StepId s = 0; s < records.size(); ++s) {
    seconds = std::max(seconds, records[s].end);
    times.push_back(seconds_of(s));
    by_op[op_name(plan, plan.steps[s])] += times.back();
  }
  critical = critical_path(plan, times);
  std::vector<std::pair<double, std::string_view>> order;
  for (const auto& [op, time] : by_op) order.emplace_back(-time, op);
  std::sort(order.begin(), order.end());
  std::map<std::string_view, std::uint8_t> colour_of_op;
  for (const auto& [time, op] : order) {
    const auto colour = static_cast<std::uint8_t>(std::min<std::size_t>(colour_of_op.size(), kOthers));
    colour_of_op.emplace(op, colour);
    if (legend.size() <= kOthers) legend.emplace_back(colour == kOthers ? "others" : op);
  }
  for (const Step& step : plan.steps) colours_.push_back(colour_of_op[op_name(plan, step)]);
}

std::string report_page(const Plan& plan, std::span<const StepRecord> records) {
  const PageData page(plan, records);
  std::set<int> workers;
  std::size_t calls = 0;
  for (const StepRecord& record : records) workers.insert(record.worker);
  for (const Step& step : plan.steps) calls += step.part == 0;
  return "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width, "
         "initial-scale=1\"><title>Weft: report of a program</title><style>" +
         std::string(kPageStyle) + "</style></head>\n<body><main><h1>Report of a program</h1><p class=lead>" +
         count(calls, "call", "calls") + " in " + count(plan.steps.size(), "step", "steps") + ", run by " +
         count(std::max<std::size_t>(workers.size(), 1), "worker", "workers") +
         ". Times are those of one run, on copies of the variables and arguments of zeros.</p>\n" + totals(page) +
         legend(page) + memory_section(page) + schedule_section(page) + calls_section(page) + "</main></body></html>\n";
}

}  // namespace weft
