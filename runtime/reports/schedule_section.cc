// One run: the steps of each worker over time, and the path that it could not be shorter than.
#include <algorithm>
#include <map>
#include <numeric>

#include "runtime/planning/plan_text.h"
#include "runtime/reports/figure.h"
#include "runtime/reports/markup.h"
#include "runtime/reports/page.h"
#include "runtime/reports/step_costs.h"
#include "runtime/reports/units.h"

namespace weft {
namespace {

class Schedule {
 public:
  explicit Schedule(const PageData& page) : page_(page), critical_(page.plan.steps.size(), 0) {
    for (StepId s = 0; s < page.records.size(); ++s) busy_[page.records[s].worker] += page.seconds_of(s);
    for (const StepId s : page.critical) critical_[s] = 1;
    std::size_t lane = 0;
    for (const auto& [worker, seconds] : busy_) lane_[worker] = lane++;
  }

  std::string markup() const {
    return "<section aria-labelledby=schedule><h2 id=schedule>Schedule</h2>" +
           (page_.plan.steps.empty() ? "<p>There are no steps.</p>" : figure() + workers() + path()) + "</section>\n";
  }

 private:
  std::string figure() const {
    const double lanes = static_cast<double>(lane_.size());
    const int height = std::clamp(static_cast<int>(lanes) * 44, 88, 900);
    Figure figure(
        "run", "Schedule",
        "Each box is a step of one run, on the worker that ran it. Steps of the critical path are underlined. "
        "Point at a box for its line, bytes and rate.",
        height);
    std::vector<StepId> order(page_.records.size());
    std::iota(order.begin(), order.end(), StepId{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](StepId a, StepId b) { return page_.seconds_of(a) > page_.seconds_of(b); });
    for (const StepId s : order) {
      const StepRecord& record = page_.records[s];
      const double lane = static_cast<double>(lane_.at(record.worker));
      Box box{record.begin / page_.seconds, (lane + 0.1) / lanes, record.end / page_.seconds, (lane + 0.86) / lanes};
      figure.add(box, page_.colour_of(s), op_name(page_.plan, page_.plan.steps[s]), [&] { return title(s); });
      box.bottom = (lane + 0.96) / lanes;
      if (critical_[s]) figure.underline(box);
    }
    for (const auto& [worker, lane] : lane_)
      figure.y_label((static_cast<double>(lane) + 0.5) / lanes, "worker " + std::to_string(worker));
    for (const double time : ticks(page_.seconds, 8))
      figure.x_label(time / page_.seconds, time > 0 ? seconds_text(time) : "0");
    return figure.markup("time since the run began");
  }

  std::string title(StepId s) const {
    const Step& step = page_.plan.steps[s];
    const double seconds = page_.seconds_of(s);
    std::string text = name_of(page_.plan, step);
    if (step.num_outputs > 0) text += "\n" + describe_result(page_.plan, step, 0);
    text += "\n" + seconds_text(seconds) + " from " + seconds_text(page_.records[s].begin) + "\n" +
            bytes_text(static_cast<std::size_t>(bytes_moved(page_.plan, step)));
    if (const std::string rate = rate_text(flops_of(page_.plan, step), seconds); !rate.empty()) text += ", " + rate;
    return text;
  }

  std::string workers() const {
    std::string rows;
    std::map<int, std::size_t> steps;
    for (const StepRecord& record : page_.records) ++steps[record.worker];
    for (const auto& [worker, seconds] : busy_)
      rows += "<tr><th scope=row>worker " + std::to_string(worker) + "<td class=n>" + std::to_string(steps[worker]) +
              "<td class=n>" + seconds_text(seconds) + share_cell(seconds / page_.seconds);
    return "<table class=narrow><caption>Workers</caption><thead><tr><th scope=col>Worker<th scope=col class=n>Steps"
           "<th scope=col class=n>Busy<th scope=col class=n>Of the run</thead><tbody>" +
           rows + "</tbody></table>";
  }

  // The longest steps of the path, in its order.
  std::string path() const {
    double sum = 0;
    for (const StepId s : page_.critical) sum += page_.seconds_of(s);
    std::vector<std::size_t> longest(page_.critical.size());
    std::iota(longest.begin(), longest.end(), std::size_t{0});
    std::stable_sort(longest.begin(), longest.end(), [&](std::size_t a, std::size_t b) {
      return page_.seconds_of(page_.critical[a]) > page_.seconds_of(page_.critical[b]);
    });
    longest.resize(std::min(longest.size(), kRows));
    std::sort(longest.begin(), longest.end());
    std::string rows;
    for (const std::size_t i : longest) {
      const StepId s = page_.critical[i];
      const Step& step = page_.plan.steps[s];
      rows += "<tr><td class=n>" + std::to_string(i + 1) + "<th scope=row>" + swatch(page_.colour_of(s)) +
              escaped(name_of(page_.plan, step)) + "<td>" + place_markup(place_of(page_.plan, step)) + "<td class=n>" +
              seconds_text(page_.seconds_of(s)) + share_cell(sum > 0 ? page_.seconds_of(s) / sum : 0);
    }
    std::string text = "<table><caption>Critical path: " + seconds_text(sum) + " in " +
                       std::to_string(page_.critical.size()) + " steps that wait for each other";
    if (page_.critical.size() > kRows) text += "; the longest " + std::to_string(kRows) + ", in their order";
    return text + "</caption><thead><tr><th scope=col class=n>No.<th scope=col>Step<th scope=col>Line" +
           "<th scope=col class=n>Time<th scope=col class=n>Of the path</thead><tbody>" + rows + "</tbody></table>";
  }

  static constexpr std::size_t kRows = 25;

  const PageData& page_;
  std::vector<char> critical_;       // of each step
  std::map<int, double> busy_;       // seconds, by worker
  std::map<int, std::size_t> lane_;  // by worker
};

}  // namespace

std::string schedule_section(const PageData& page) { return Schedule(page).markup(); }

}  // namespace weft
