// Schedules of each batch, which move momentum, too.
#include <cmath>
#include <numbers>

#include "weft/lr_scheduler.h"

namespace weft::optim {

// ---- CyclicLR

CyclicLR::CyclicLR(Optimizer& optimizer, CyclicLROptions options, SourceLocation at)
    : LRScheduler("CyclicLR", optimizer, at), options_(options) {
  if (!options_.step_size_down) options_.step_size_down = options_.step_size_up;
  require(options_.step_size_up > 0 && *options_.step_size_down > 0, "a step size is not above 0", at);
  if (options_.cycle_momentum) set_momentum(options_.max_momentum, at);
  set_base_lr(options_.base_lr, at);
  update(Call::first, at);
}

// What the cycle has reached between its ends, as a share.
double CyclicLR::height() const {
  const double up = static_cast<double>(options_.step_size_up);
  const double total = up + static_cast<double>(*options_.step_size_down), ratio = up / total;
  const double cycle = std::floor(1 + epoch() / total), x = 1 + epoch() / total - cycle;
  const double share = x <= ratio ? x / ratio : (x - 1) / (ratio - 1);
  switch (options_.mode) {
    case CyclicLROptions::Mode::triangular:
      return share;
    case CyclicLROptions::Mode::triangular2:
      return share / std::pow(2, cycle - 1);
    default:
      return share * std::pow(options_.gamma, epoch());
  }
}

void CyclicLR::advance(Call call) {
  LRScheduler::advance(call);
  if (options_.cycle_momentum)
    set_momentum(options_.max_momentum - (options_.max_momentum - options_.base_momentum) * height(), {});
}

double CyclicLR::next_lr(std::size_t group, double, Call) const {
  return base_lr(group) + (options_.max_lr - base_lr(group)) * height();
}

// ---- OneCycleLR

OneCycleLR::OneCycleLR(Optimizer& optimizer, OneCycleLROptions options, SourceLocation at)
    : LRScheduler("OneCycleLR", optimizer, at), options_(options) {
  require(options_.total_steps > 0, "total_steps " + std::to_string(options_.total_steps) + ": not above 0", at);
  require(options_.pct_start >= 0 && options_.pct_start <= 1,
          "pct_start " + std::to_string(options_.pct_start) + ": not in [0, 1]", at);
  if (options_.cycle_momentum) set_momentum(options_.max_momentum, at);
  set_base_lr(options_.max_lr / options_.div_factor, at);
  update(Call::first, at);
}

double OneCycleLR::along(double low, double high, double end) const {
  const double total = static_cast<double>(options_.total_steps), share = options_.pct_start * total;
  struct Phase {
    double end, from, to;
  };
  std::vector<Phase> phases{{share - 1, low, high}, {total - 1, high, end}};
  if (options_.three_phase) phases = {{share - 1, low, high}, {2 * share - 2, high, low}, {total - 1, low, end}};
  double start = 0;
  std::size_t i = 0;
  while (i + 1 < phases.size() && epoch() > phases[i].end) start = phases[i++].end;
  const Phase& phase = phases[i];
  const double done = (epoch() - start) / (phase.end - start);
  if (options_.anneal_strategy == OneCycleLROptions::Anneal::linear) return (phase.to - phase.from) * done + phase.from;
  return phase.to + (phase.from - phase.to) / 2 * (std::cos(std::numbers::pi * done) + 1);
}

void OneCycleLR::step(SourceLocation at) {
  require(last_epoch() < options_.total_steps,
          "step " + std::to_string(last_epoch() + 1) + " of " + std::to_string(options_.total_steps), at);
  LRScheduler::step(at);
}

void OneCycleLR::advance(Call call) {
  LRScheduler::advance(call);
  if (options_.cycle_momentum)
    set_momentum(along(options_.max_momentum, options_.base_momentum, options_.max_momentum), {});
}

double OneCycleLR::next_lr(std::size_t group, double, Call) const {
  return along(base_lr(group), options_.max_lr, base_lr(group) / options_.final_div_factor);
}

}  // namespace weft::optim
