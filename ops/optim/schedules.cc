// Schedules that are functions of the epoch. They change the rate that is there, as PyTorch's do.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "weft/lr_scheduler.h"

namespace weft::optim {
namespace {

std::vector<LRFactor> for_each_group(const LRFactor& f, const Optimizer& optimizer) {
  return std::vector<LRFactor>(optimizer.num_groups(), f);
}

bool are_callable(const std::vector<LRFactor>& fs) {
  return std::all_of(fs.begin(), fs.end(), [](const LRFactor& f) { return static_cast<bool>(f); });
}

double cosine(double x) { return std::cos(std::numbers::pi * x); }

}  // namespace

// ---- Functions of the user

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<LRFactor> fs, SourceLocation at)
    : LRScheduler("LambdaLR", optimizer, at), fs_(std::move(fs)) {
  require(fs_.size() == optimizer.num_groups(), "there must be a function for each group", at);
  require(are_callable(fs_), "a function is empty", at);
  update(Call::first, at);
}
LambdaLR::LambdaLR(Optimizer& optimizer, LRFactor f, SourceLocation at)
    : LambdaLR(optimizer, for_each_group(f, optimizer), at) {}
double LambdaLR::next_lr(std::size_t group, double, Call) const { return base_lr(group) * fs_[group](last_epoch()); }

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, std::vector<LRFactor> fs, SourceLocation at)
    : LRScheduler("MultiplicativeLR", optimizer, at), fs_(std::move(fs)) {
  require(fs_.size() == optimizer.num_groups(), "there must be a function for each group", at);
  require(are_callable(fs_), "a function is empty", at);
  update(Call::first, at);
}
MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, LRFactor f, SourceLocation at)
    : MultiplicativeLR(optimizer, for_each_group(f, optimizer), at) {}
double MultiplicativeLR::next_lr(std::size_t group, double now, Call call) const {
  return call == Call::first ? now : now * fs_[group](last_epoch());
}

// ---- Steps

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma, SourceLocation at)
    : LRScheduler("StepLR", optimizer, at), step_size_(step_size), gamma_(gamma) {
  require(step_size > 0, "step_size " + std::to_string(step_size) + ": not above 0", at);
  update(Call::first, at);
}
double StepLR::next_lr(std::size_t group, double now, Call call) const {
  if (call == Call::restart) return base_lr(group);
  return last_epoch() == 0 || last_epoch() % step_size_ != 0 ? now : now * gamma_;
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma, SourceLocation at)
    : LRScheduler("MultiStepLR", optimizer, at), milestones_(std::move(milestones)), gamma_(gamma) {
  update(Call::first, at);
}
double MultiStepLR::next_lr(std::size_t group, double now, Call call) const {
  const auto times = std::count(milestones_.begin(), milestones_.end(), last_epoch());
  if (call == Call::restart) now = base_lr(group);
  return times == 0 ? now : now * std::pow(gamma_, static_cast<double>(times));
}

// ---- Factors between two values

ConstantLR::ConstantLR(Optimizer& optimizer, double factor, std::int64_t total_iters, SourceLocation at)
    : LRScheduler("ConstantLR", optimizer, at), factor_(factor), total_iters_(total_iters) {
  require(factor > 0 && factor <= 1, "factor " + std::to_string(factor) + ": not in (0, 1]", at);
  require(total_iters >= 0, "total_iters " + std::to_string(total_iters) + ": negative", at);
  update(Call::first, at);
}
double ConstantLR::next_lr(std::size_t group, double now, Call call) const {
  if (call == Call::restart) return base_lr(group) * (total_iters_ <= 0 ? 1 : factor_);
  if (last_epoch() == 0) return now * factor_;
  return last_epoch() == total_iters_ ? now * (1 / factor_) : now;
}

LinearLR::LinearLR(Optimizer& optimizer, double start_factor, double end_factor, std::int64_t total_iters,
                   SourceLocation at)
    : LRScheduler("LinearLR", optimizer, at),
      start_factor_(start_factor),
      end_factor_(end_factor),
      total_iters_(total_iters) {
  require(start_factor > 0 && start_factor <= 1, "start_factor " + std::to_string(start_factor) + ": not in (0, 1]",
          at);
  require(end_factor >= 0 && end_factor <= 1, "end_factor " + std::to_string(end_factor) + ": not in [0, 1]", at);
  require(total_iters > 0, "total_iters " + std::to_string(total_iters) + ": not above 0", at);
  update(Call::first, at);
}
double LinearLR::next_lr(std::size_t group, double now, Call call) const {
  if (call == Call::restart) return base_lr(group) * start_factor_;
  if (last_epoch() == 0) return now * start_factor_;
  if (last_epoch() > total_iters_) return now;
  const double by = end_factor_ - start_factor_;
  return now * (1 + by / (static_cast<double>(total_iters_) * start_factor_ + (epoch() - 1) * by));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma, SourceLocation at)
    : LRScheduler("ExponentialLR", optimizer, at), gamma_(gamma) {
  update(Call::first, at);
}
double ExponentialLR::next_lr(std::size_t group, double now, Call call) const {
  if (call == Call::restart) return base_lr(group);
  return call == Call::first ? now : now * gamma_;
}

PolynomialLR::PolynomialLR(Optimizer& optimizer, std::int64_t total_iters, double power, SourceLocation at)
    : LRScheduler("PolynomialLR", optimizer, at), total_iters_(total_iters), power_(power) {
  require(total_iters > 0, "total_iters " + std::to_string(total_iters) + ": not above 0", at);
  update(Call::first, at);
}
double PolynomialLR::next_lr(std::size_t group, double now, Call call) const {
  if (call == Call::restart) return base_lr(group);
  if (call == Call::first || last_epoch() > total_iters_) return now;
  const double total = static_cast<double>(total_iters_);
  return now * std::pow((1 - epoch() / total) / (1 - (epoch() - 1) / total), power_);
}

// ---- Cosines

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max, double eta_min, SourceLocation at)
    : LRScheduler("CosineAnnealingLR", optimizer, at), T_max_(T_max), eta_min_(eta_min) {
  require(T_max > 0, "T_max " + std::to_string(T_max) + ": not above 0", at);
  update(Call::first, at);
}
double CosineAnnealingLR::next_lr(std::size_t group, double now, Call call) const {
  if (call == Call::restart) return base_lr(group);
  if (call == Call::first) return now;
  const double period = static_cast<double>(T_max_);
  if ((last_epoch() - 1 - T_max_) % (2 * T_max_) == 0)  // from the lowest point up
    return now + (base_lr(group) - eta_min_) * (1 - cosine(1 / period)) / 2;
  return (1 + cosine(epoch() / period)) / (1 + cosine((epoch() - 1) / period)) * (now - eta_min_) + eta_min_;
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t T_0, std::int64_t T_mult,
                                                         double eta_min, SourceLocation at)
    : LRScheduler("CosineAnnealingWarmRestarts", optimizer, at),
      T_mult_(T_mult),
      eta_min_(eta_min),
      T_i_(static_cast<double>(T_0)) {
  require(T_0 > 0, "T_0 " + std::to_string(T_0) + ": not above 0", at);
  require(T_mult > 0, "T_mult " + std::to_string(T_mult) + ": not above 0", at);
  update(Call::first, at);
}
void CosineAnnealingWarmRestarts::advance(Call call) {
  const bool begins = epoch() < 0;
  LRScheduler::advance(call);
  if (call == Call::restart) return;
  T_cur_ = begins ? 0 : T_cur_ + 1;
  if (T_cur_ < T_i_) return;
  T_cur_ -= T_i_;
  T_i_ *= static_cast<double>(T_mult_);
}
double CosineAnnealingWarmRestarts::next_lr(std::size_t group, double, Call) const {
  return eta_min_ + (base_lr(group) - eta_min_) * (1 + cosine(T_cur_ / T_i_)) / 2;
}
void CosineAnnealingWarmRestarts::add_numbers(std::vector<Number>& numbers) {
  numbers.push_back({"T_cur", &T_cur_, /*is_count=*/true});
  numbers.push_back({"T_i", &T_i_, /*is_count=*/true});
}

}  // namespace weft::optim
