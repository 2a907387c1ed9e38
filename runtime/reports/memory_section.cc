// The memory map of a plan: offsets in the arena over its steps.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "runtime/planning/plan_text.h"
#include "runtime/reports/arena_values.h"
#include "runtime/reports/figure.h"
#include "runtime/reports/markup.h"
#include "runtime/reports/page.h"
#include "runtime/reports/units.h"

namespace weft {
namespace {

class MemoryMap {
 public:
  explicit MemoryMap(const PageData& page)
      : page_(page), values_(arena_values(page.plan)), peak_(peak_step(page.plan, values_)) {}

  std::string markup() const {
    return "<section aria-labelledby=memory><h2 id=memory>Memory</h2>" + figure() + table() + "</section>\n";
  }

 private:
  double steps() const { return static_cast<double>(std::max<std::size_t>(page_.plan.steps.size(), 1)); }
  double arena() const { return static_cast<double>(std::max<std::size_t>(page_.plan.stats.arena_bytes, 1)); }
  std::string describe(const ArenaValue& v) const {
    return describe_result(page_.plan, page_.plan.steps[v.begin], v.output);
  }
  std::string type_of(const ArenaValue& v) const {
    const Step& step = page_.plan.steps[v.begin];
    return step.node == Step::kNoNode ? "" : page_.plan.program.graph.node(step.node).outputs[v.output].str();
  }
  std::string label(const ArenaValue& v) const {
    return std::string(op_name(page_.plan, page_.plan.steps[v.begin])) + "  " + type_of(v);
  }
  Box box_of(const ArenaValue& v) const {
    return {v.begin / steps(), 1 - static_cast<double>(v.offset + v.bytes) / arena(), (v.end + 1) / steps(),
            1 - static_cast<double>(v.offset) / arena()};
  }

  std::string figure() const {
    if (values_.empty()) return "<p>No value lies in the arena: results are written where they belong.</p>";
    Figure figure("map", "Memory map",
                  "Each box is a value in the arena: its height its bytes, its width the steps from the one that "
                  "writes it to the last that reads it. Point at a box for its operation, type and line.",
                  kHeight);
    std::vector<std::size_t> order(values_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return box_of(values_[a]).area() > box_of(values_[b]).area();
    });
    for (const std::size_t i : order) {
      const ArenaValue& v = values_[i];
      figure.add(box_of(v), page_.colour_of(v.begin), label(v), [&] {
        return describe(v) + "\n" + bytes_text(v.bytes) + " at offset " + std::to_string(v.offset) + "\nsteps " +
               std::to_string(v.begin) + " to " + std::to_string(v.end);
      });
    }
    figure.mark((peak_ + 0.5) / steps(), "peak: step " + std::to_string(peak_));
    const std::size_t apart = std::bit_ceil(page_.plan.stats.arena_bytes / 6 + 1);
    for (std::size_t bytes = 0; bytes <= page_.plan.stats.arena_bytes; bytes += apart)
      figure.y_label(1 - static_cast<double>(bytes) / arena(), bytes_text(bytes));
    for (const double step : ticks(steps(), 8, 1)) figure.x_label(step / steps(), std::to_string(std::lround(step)));
    return figure.markup("steps, in the order of a serial run");
  }

  std::string table() const {
    std::vector<const ArenaValue*> held;
    for (const ArenaValue& v : values_)
      if (v.begin <= peak_ && peak_ <= v.end) held.push_back(&v);
    if (held.empty()) return "";
    std::stable_sort(held.begin(), held.end(), [](const auto* a, const auto* b) { return a->bytes > b->bytes; });
    std::size_t sum = 0;
    for (const ArenaValue* v : held) sum += v->bytes;
    std::string rows;
    for (std::size_t i = 0; i < std::min(held.size(), kRows); ++i) rows += row(*held[i], sum);
    std::string text = "<table><caption>Held at the peak, step " + std::to_string(peak_) + ": " + bytes_text(sum) +
                       " in " + std::to_string(held.size()) + " values</caption><thead><tr><th scope=col>Operation" +
                       "<th scope=col>Type<th scope=col>Line<th scope=col class=n>Steps<th scope=col class=n>Bytes" +
                       "<th scope=col class=n>Share</thead><tbody>" + rows + "</tbody></table>";
    if (held.size() > kRows) text += "<p>And " + std::to_string(held.size() - kRows) + " smaller ones.</p>";
    return text;
  }

  std::string row(const ArenaValue& v, std::size_t sum) const {
    const Step& step = page_.plan.steps[v.begin];
    return "<tr><th scope=row>" + swatch(page_.colour_of(v.begin)) + escaped(op_name(page_.plan, step)) + "<td>" +
           escaped(type_of(v)) + "<td>" + place_markup(place_of(page_.plan, step)) + "<td class=n>" +
           std::to_string(v.begin) + "\u2013" + std::to_string(v.end) + "<td class=n>" + bytes_text(v.bytes) +
           share_cell(static_cast<double>(v.bytes) / static_cast<double>(sum));
  }

  static constexpr int kHeight = 380;
  static constexpr std::size_t kRows = 25;

  const PageData& page_;
  std::vector<ArenaValue> values_;
  StepId peak_;
};

}  // namespace

std::string memory_section(const PageData& page) { return MemoryMap(page).markup(); }

}  // namespace weft
