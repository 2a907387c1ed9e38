// One page about a program: what its memory is for, what ran when, and what took the time.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/planning/plan.h"
#include "runtime/reports/trace_events.h"

namespace weft {

// What the sections of the page look at.
struct PageData {
  PageData(const Plan& plan, std::span<const StepRecord> records);

  double seconds_of(StepId s) const { return records[s].end - records[s].begin; }
  // The colour of a step: the ops that take most time have one each.
  std::uint8_t colour_of(StepId s) const { return colours_[s]; }

  const Plan& plan;
  std::span<const StepRecord> records;
  double seconds = 0;               // from the first step to the end of the last
  std::vector<StepId> critical;     // the longest path of this run's times
  std::vector<std::string> legend;  // the ops of the colours

 private:
  std::vector<std::uint8_t> colours_;  // of each step
};

// "matmul", "copy", "gate"
std::string_view op_name(const Plan& plan, const Step& step);
// "model.cc:34", with the whole path as its title; as markup. A dash where it is not known.
std::string place_markup(SourceLocation where);
SourceLocation place_of(const Plan& plan, const Step& step);

// The sections, as markup.
std::string memory_section(const PageData& page);
std::string schedule_section(const PageData& page);
std::string calls_section(const PageData& page);

// The whole page: HTML that needs no other file, no script and no network.
std::string report_page(const Plan& plan, std::span<const StepRecord> records);

}  // namespace weft
