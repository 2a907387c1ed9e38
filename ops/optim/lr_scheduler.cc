// LRScheduler: epochs, the rates that schedules set, and their state.
#include "weft/lr_scheduler.h"

#include <cmath>
#include <utility>

#include "graph/capture/trace.h"
#include "ops/state_dict.h"
#include "weft/ops.h"

namespace weft::optim {

LRScheduler::LRScheduler(const char* name, Optimizer& optimizer, SourceLocation at)
    : name_(name), optimizer_(optimizer) {
  for (std::size_t group = 0; group < optimizer.num_groups(); ++group)
    base_lrs_.push_back(optimizer.initial_lr(group, at));
}

void LRScheduler::require(bool ok, const std::string& rule, SourceLocation at) const {
  if (!ok) throw Error("[" + name_ + "] " + rule, at);
}

void LRScheduler::step(SourceLocation at) { update(Call::later, at); }

void LRScheduler::update(Call call, SourceLocation at) {
  if (Trace::current())
    throw Error(ErrorKind::state, "[" + name_ + "] a schedule steps while a function is traced", at,
                "call step() outside: compiled functions follow it");
  if (optimizer_.num_groups() != base_lrs_.size())
    throw Error(ErrorKind::state, "[" + name_ + "] groups were added since the schedule was made", at);
  advance(call);
  for (std::size_t group = 0; group < base_lrs_.size(); ++group)
    optimizer_.set_lr(next_lr(group, optimizer_.lr(group, at), call), group, at);
  note_rates(at);
}

void LRScheduler::note_rates(SourceLocation at) {
  last_lr_.clear();
  for (std::size_t group = 0; group < base_lrs_.size(); ++group) last_lr_.push_back(optimizer_.lr(group, at));
}

void LRScheduler::set_base_lr(double lr, SourceLocation at) {
  for (std::size_t group = 0; group < base_lrs_.size(); ++group) {
    optimizer_.set_lr(lr, group, at);
    optimizer_.groups_[group].initial_lr = base_lrs_[group] = lr;
  }
}

void LRScheduler::set_momentum(double momentum, SourceLocation at) {
  for (std::size_t group = 0; group < base_lrs_.size(); ++group) optimizer_.set_momentum(momentum, group, at);
}

// ---- State

std::vector<LRScheduler::Number> LRScheduler::numbers() {
  std::vector<Number> found{{"last_epoch", &epoch_, /*is_count=*/true}};
  for (std::size_t group = 0; group < base_lrs_.size(); ++group)
    found.push_back({"base_lrs." + std::to_string(group), &base_lrs_[group]});
  for (std::size_t group = 0; group < last_lr_.size(); ++group)
    found.push_back({"_last_lr." + std::to_string(group), &last_lr_[group]});
  add_numbers(found);
  return found;
}

void LRScheduler::add_numbers_of(const std::vector<std::shared_ptr<LRScheduler>>& parts, std::vector<Number>& numbers) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (Number number : parts[i]->numbers()) {
      number.name = "_schedulers." + std::to_string(i) + "." + number.name;
      numbers.push_back(std::move(number));
    }
}

void LRScheduler::undo_all(const std::vector<std::shared_ptr<LRScheduler>>& parts) {
  for (const auto& part : parts) part->undo();
}

StateDict LRScheduler::state_dict(SourceLocation at) {
  StateDict state;
  for (const Number& number : numbers())
    state.insert(number.name, full({}, Operand(*number.value, at), kFloat64, at), at);
  return state;
}

void LRScheduler::load_state_dict(const StateDict& state, SourceLocation at) {
  plan_load(name_, state_dict(at), state, /*strict=*/true, at);
  std::vector<std::pair<double*, double>> values;
  for (const Number& number : numbers()) {
    const double value = state.at(number.name, at).item(at);
    const bool is_count = value >= -1 && value <= 0x1p53 && value == std::floor(value);
    require(!number.is_count || is_count, "\"" + number.name + "\" is " + std::to_string(value) + ": no count", at);
    values.emplace_back(number.value, value);
  }
  for (const auto& [to, value] : values) *to = value;
}

}  // namespace weft::optim
