// Schedules made of schedules, and the one that looks at a metric.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/capture/trace.h"
#include "ops/state_dict.h"
#include "weft/lr_scheduler.h"
#include "weft/ops.h"

namespace weft::optim {
namespace {

// The first of schedules that are all there and for one optimizer.
Optimizer* common_optimizer(const LRSchedulers& schedulers, Optimizer* (*optimizer_of)(const LRScheduler&)) {
  Optimizer* found = nullptr;
  for (const auto& scheduler : schedulers) {
    if (!scheduler || (found && optimizer_of(*scheduler) != found)) return nullptr;
    found = optimizer_of(*scheduler);
  }
  return found;
}

}  // namespace

// ---- SequentialLR

SequentialLR::SequentialLR(Optimizer& optimizer, LRSchedulers schedulers, std::vector<std::int64_t> milestones,
                           SourceLocation at)
    : LRScheduler("SequentialLR", optimizer, at),
      schedulers_(std::move(schedulers)),
      milestones_(std::move(milestones)) {
  require(!schedulers_.empty(), "there are no schedules", at);
  require(milestones_.size() + 1 == schedulers_.size(), "there must be one schedule more than milestones", at);
  require(std::is_sorted(milestones_.begin(), milestones_.end()), "the milestones do not ascend", at);
  const auto optimizer_of = [](const LRScheduler& of) { return &of.optimizer_; };
  require(common_optimizer(schedulers_, optimizer_of) == &optimizer, "a schedule is null, or for another optimizer",
          at);
  for (std::size_t group = 0; group < optimizer.num_groups(); ++group) optimizer.set_lr(base_lr(group), group, at);
  undo();
  set_epoch(0);
  const auto first = std::upper_bound(milestones_.begin(), milestones_.end(), 0) - milestones_.begin();
  schedulers_[static_cast<std::size_t>(first)]->begin_again(at);
  note_rates(at);
}

void SequentialLR::step(SourceLocation at) {
  const auto next = std::upper_bound(milestones_.begin(), milestones_.end(), last_epoch() + 1);
  LRScheduler& scheduler = *schedulers_[static_cast<std::size_t>(next - milestones_.begin())];
  if (next != milestones_.begin() && *(next - 1) == last_epoch() + 1)
    scheduler.update(Call::restart, at);
  else
    scheduler.step(at);
  set_epoch(epoch() + 1);
  note_rates(at);
}

// Asked only where it is part of another schedule that begins it anew.
double SequentialLR::next_lr(std::size_t, double, Call) const {
  throw Error(ErrorKind::state, "[SequentialLR] a schedule made of schedules cannot come second in another");
}

void SequentialLR::undo() { undo_all(schedulers_); }

void SequentialLR::add_numbers(std::vector<Number>& numbers) { add_numbers_of(schedulers_, numbers); }

// ---- ChainedScheduler

ChainedScheduler::ChainedScheduler(LRSchedulers schedulers, SourceLocation at)
    : LRScheduler("ChainedScheduler", optimizer_of_all(schedulers, at), at), schedulers_(std::move(schedulers)) {
  note_rates(at);
}

Optimizer& ChainedScheduler::optimizer_of_all(const LRSchedulers& schedulers, SourceLocation at) {
  if (Optimizer* found = common_optimizer(schedulers, [](const LRScheduler& of) { return &of.optimizer_; }))
    return *found;
  throw Error("[ChainedScheduler] there is no schedule, or one is null or for another optimizer", at);
}

void ChainedScheduler::step(SourceLocation at) {
  for (const auto& scheduler : schedulers_) scheduler->step(at);
  note_rates(at);
}

double ChainedScheduler::next_lr(std::size_t, double, Call) const {
  throw Error(ErrorKind::state, "[ChainedScheduler] a schedule made of schedules cannot come second in another");
}

void ChainedScheduler::undo() { undo_all(schedulers_); }

void ChainedScheduler::add_numbers(std::vector<Number>& numbers) { add_numbers_of(schedulers_, numbers); }

// ---- ReduceLROnPlateau

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options, SourceLocation at)
    : optimizer_(optimizer), options_(options) {
  if (!(options.factor < 1 && options.factor >= 0))
    throw Error("[ReduceLROnPlateau] factor " + std::to_string(options.factor) + ": not in [0, 1)", at);
  const double infinity = std::numeric_limits<double>::infinity();
  best_ = options.mode == ReduceLROnPlateauOptions::Mode::min ? infinity : -infinity;
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const bool relative = options_.threshold_mode == ReduceLROnPlateauOptions::ThresholdMode::rel;
  if (options_.mode == ReduceLROnPlateauOptions::Mode::min)
    return metric < (relative ? best_ * (1 - options_.threshold) : best_ - options_.threshold);
  return metric > (relative ? best_ * (1 + options_.threshold) : best_ + options_.threshold);
}

void ReduceLROnPlateau::step(double metric, SourceLocation at) {
  if (Trace::current())
    throw Error(ErrorKind::state, "[ReduceLROnPlateau] a schedule steps while a function is traced", at,
                "call step() outside: compiled functions follow it");
  last_epoch_ += 1;
  bad_epochs_ = is_better(metric) ? 0 : bad_epochs_ + 1;
  if (bad_epochs_ == 0) best_ = metric;
  if (cooldown_left_ > 0) {
    cooldown_left_ -= 1;
    bad_epochs_ = 0;
  }
  if (bad_epochs_ <= static_cast<double>(options_.patience)) return;
  for (std::size_t group = 0; group < optimizer_.num_groups(); ++group) {
    const double now = optimizer_.lr(group, at), next = std::max(now * options_.factor, options_.min_lr);
    if (now - next > options_.eps) optimizer_.set_lr(next, group, at);
  }
  cooldown_left_ = static_cast<double>(options_.cooldown);
  bad_epochs_ = 0;
}

std::vector<double> ReduceLROnPlateau::get_last_lr(SourceLocation at) const {
  std::vector<double> rates;
  for (std::size_t group = 0; group < optimizer_.num_groups(); ++group) rates.push_back(optimizer_.lr(group, at));
  return rates;
}

StateDict ReduceLROnPlateau::state_dict(SourceLocation at) {
  const auto number = [&](double value) { return full({}, Operand(value, at), kFloat64, at); };
  return {{{"last_epoch", number(last_epoch_)},
           {"best", number(best_)},
           {"num_bad_epochs", number(bad_epochs_)},
           {"cooldown_counter", number(cooldown_left_)}},
          at};
}

void ReduceLROnPlateau::load_state_dict(const StateDict& state, SourceLocation at) {
  plan_load("ReduceLROnPlateau", state_dict(at), state, /*strict=*/true, at);
  const auto value = [&](const char* name) { return state.at(name, at).item(at); };
  const double epoch = value("last_epoch"), best = value("best"), bad = value("num_bad_epochs"),
               left = value("cooldown_counter");
  last_epoch_ = epoch;
  best_ = best;
  bad_epochs_ = bad;
  cooldown_left_ = left;
}

}  // namespace weft::optim
