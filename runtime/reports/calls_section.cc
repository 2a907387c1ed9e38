// What took the time: the work by operation and line.
#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "runtime/reports/figure.h"
#include "runtime/reports/markup.h"
#include "runtime/reports/page.h"
#include "runtime/reports/step_costs.h"
#include "runtime/reports/units.h"

namespace weft {
namespace {

struct Work {
  std::string_view op;
  std::uint8_t colour = 0;
  SourceLocation where;
  std::string type;  // of the result; "several" where they differ
  std::size_t calls = 0, steps = 0;
  double seconds = 0, bytes = 0, flops = 0;
};

std::vector<Work> work_by_line(const PageData& page) {
  std::map<std::tuple<std::string_view, std::string_view, int>, Work> found;
  for (StepId s = 0; s < page.plan.steps.size(); ++s) {
    const Step& step = page.plan.steps[s];
    const SourceLocation where = place_of(page.plan, step);
    const std::string_view op = op_name(page.plan, step);
    Work& work = found[{op, where.file, where.line}];
    work.op = op;
    work.colour = page.colour_of(s);
    work.where = where;
    work.seconds += page.seconds_of(s);
    work.bytes += bytes_moved(page.plan, step);
    work.flops += flops_of(page.plan, step);
    ++work.steps;
    if (step.part > 0) continue;
    ++work.calls;
    std::string type;
    if (step.node != Step::kNoNode) type = page.plan.program.graph.node(step.node).outputs[0].str();
    if (work.calls == 1)
      work.type = std::move(type);
    else if (work.type != type)
      work.type = "several";
  }
  std::vector<Work> all;
  for (auto& entry : found) all.push_back(std::move(entry.second));
  std::stable_sort(all.begin(), all.end(), [](const Work& a, const Work& b) { return a.seconds > b.seconds; });
  return all;
}

std::string row(const Work& work, double seconds) {
  const std::string rate = rate_text(work.flops, work.seconds);
  return "<tr><th scope=row>" + swatch(work.colour) + escaped(work.op) + "<td>" + escaped(work.type) + "<td>" +
         place_markup(work.where) + "<td class=n>" + std::to_string(work.calls) + "<td class=n>" +
         std::to_string(work.steps) + "<td class=n>" + seconds_text(work.seconds) +
         share_cell(seconds > 0 ? work.seconds / seconds : 0) + "<td class=n>" +
         bytes_text(static_cast<std::size_t>(work.bytes)) + "<td class=n>" + (rate.empty() ? "\u2013" : rate);
}

}  // namespace

std::string calls_section(const PageData& page) {
  constexpr std::size_t kRows = 200;
  const std::vector<Work> all = work_by_line(page);
  double seconds = 0;
  for (const Work& work : all) seconds += work.seconds;
  std::string text =
      "<section aria-labelledby=calls><h2 id=calls>Calls</h2><table><caption>Work by operation and line, the longest "
      "first. A call runs as one step, or as several that run side by side.</caption><thead><tr><th scope=col>"
      "Operation<th scope=col>Type<th scope=col>Line<th scope=col class=n>Calls<th scope=col class=n>Steps"
      "<th scope=col class=n>Time<th scope=col class=n>Share<th scope=col class=n>Bytes<th scope=col class=n>Rate"
      "</thead><tbody>";
  for (std::size_t i = 0; i < std::min(all.size(), kRows); ++i) text += row(all[i], seconds);
  text += "</tbody></table>";
  if (all.size() > kRows) text += "<p>And " + std::to_string(all.size() - kRows) + " others that took less.</p>";
  return text + "</section>\n";
}

}  // namespace weft
