// Schedules of learning rates. Formulas, names and defaults are PyTorch's.
//
//   optim::SGD optimizer(model.parameters(), {.lr = 0.1});
//   optim::CosineAnnealingLR schedule(optimizer, /*T_max=*/100);
//   for (...) {
//     for (...) step(images, labels);  // a compiled step follows the schedule, and is not compiled again
//     schedule.step();
//   }
//
// Making a schedule sets the rates of epoch 0; each step() those of the next epoch. Most schedules change the rates
// that are there, so several can be in force at once. The optimizer must outlive its schedules.
//
// Threads: as an Optimizer's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/optimizer.h"

namespace weft::optim {

class LRScheduler {
 public:
  virtual ~LRScheduler() = default;
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;

  // The next epoch's rates. Throws Error while a function is traced, and where groups were added since the schedule was
  // made.
  virtual void step(SourceLocation at = SourceLocation::current());
  std::int64_t last_epoch() const { return static_cast<std::int64_t>(epoch_); }
  // The rates of all groups that the schedule set last.
  const std::vector<double>& get_last_lr() const { return last_lr_; }

  // Where the schedule is: numbers by name, f64[]. The rates themselves are part of the optimizer's state.
  StateDict state_dict(SourceLocation at = SourceLocation::current());
  // All or, where it throws, nothing: one Error lists names that are missing, unexpected or of another shape; and Error
  // for an epoch that is no whole number from -1 on.
  void load_state_dict(const StateDict& state, SourceLocation at = SourceLocation::current());

 protected:
  // A number of the schedule by name; counts are whole.
  struct Number {
    std::string name;
    double* value;
    bool is_count = false;
  };
  enum class Call : std::uint8_t {
    first,   // of the constructor
    later,   // of step()
    restart  // epoch 0 anew, of a schedule that comes after another
  };

  LRScheduler(const char* name, Optimizer& optimizer, SourceLocation at);

  // The rate of a group in epoch last_epoch(). `now`: the one that it has.
  virtual double next_lr(std::size_t group, double now, Call call) const = 0;
  // What state_dict() holds besides the epoch and the rates.
  virtual void add_numbers(std::vector<Number>&) {}
  // The next epoch, or epoch 0 anew.
  virtual void advance(Call call) { epoch_ = call == Call::restart ? 0 : epoch_ + 1; }
  // One epoch back, whatever the last one did to the rates.
  virtual void undo() { epoch_ -= 1; }
  // Epoch 0 after undo().
  virtual void begin_again(SourceLocation at) { update(Call::first, at); }

  // Another epoch, and its rates. Constructors end with Call::first.
  void update(Call call, SourceLocation at);
  void note_rates(SourceLocation at);
  std::vector<Number> numbers();
  // The numbers of parts, and a step back of each.
  static void add_numbers_of(const std::vector<std::shared_ptr<LRScheduler>>& parts, std::vector<Number>& numbers);
  static void undo_all(const std::vector<std::shared_ptr<LRScheduler>>& parts);
  void require(bool ok, const std::string& rule, SourceLocation at) const;
  Optimizer& optimizer() const { return optimizer_; }
  double base_lr(std::size_t group) const { return base_lrs_[group]; }
  // Where the schedule says itself where it starts.
  void set_base_lr(double lr, SourceLocation at);
  // Of all groups: momentum, or beta1. Compiled steps follow it.
  void set_momentum(double momentum, SourceLocation at);
  double epoch() const { return epoch_; }
  void set_epoch(double epoch) { epoch_ = epoch; }

 private:
  friend class SequentialLR;
  friend class ChainedScheduler;

  std::string name_;
  Optimizer& optimizer_;
  std::vector<double> base_lrs_, last_lr_;
  double epoch_ = -1;
};

// In the formulas b is the rate that the group had when its first schedule was made, and t the epoch.

using LRFactor = std::function<double(std::int64_t)>;

// b f(t), with one function for all groups or one for each. Throws Error for an empty function, and another number of
// functions than there are groups.
class LambdaLR : public LRScheduler {
 public:
  LambdaLR(Optimizer& optimizer, LRFactor f, SourceLocation at = SourceLocation::current());
  LambdaLR(Optimizer& optimizer, std::vector<LRFactor> fs, SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  std::vector<LRFactor> fs_;
};

// The rate times f(t) each epoch from 1 on. Throws Error as LambdaLR does.
class MultiplicativeLR : public LRScheduler {
 public:
  MultiplicativeLR(Optimizer& optimizer, LRFactor f, SourceLocation at = SourceLocation::current());
  MultiplicativeLR(Optimizer& optimizer, std::vector<LRFactor> fs, SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  std::vector<LRFactor> fs_;
};

// b gamma^floor(t / step_size). Throws Error unless step_size > 0.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1,
         SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  std::int64_t step_size_;
  double gamma_;
};

// b gamma^(number of milestones that are at most t).
class MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma = 0.1,
              SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  std::vector<std::int64_t> milestones_;
  double gamma_;
};

// b factor before epoch total_iters, then b. Throws Error unless factor is in (0, 1] and total_iters >= 0.
class ConstantLR : public LRScheduler {
 public:
  explicit ConstantLR(Optimizer& optimizer, double factor = 1.0 / 3, std::int64_t total_iters = 5,
                      SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  double factor_;
  std::int64_t total_iters_;
};

// Warm-up: b (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters). Throws Error unless
// start_factor is in (0, 1], end_factor in [0, 1] and total_iters > 0.
class LinearLR : public LRScheduler {
 public:
  explicit LinearLR(Optimizer& optimizer, double start_factor = 1.0 / 3, double end_factor = 1,
                    std::int64_t total_iters = 5, SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  double start_factor_, end_factor_;
  std::int64_t total_iters_;
};

// b gamma^t.
class ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(Optimizer& optimizer, double gamma, SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  double gamma_;
};

// b (1 - min(t, total_iters) / total_iters)^power. Throws Error unless total_iters > 0.
class PolynomialLR : public LRScheduler {
 public:
  explicit PolynomialLR(Optimizer& optimizer, std::int64_t total_iters = 5, double power = 1,
                        SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  std::int64_t total_iters_;
  double power_;
};

// eta_min + (b - eta_min) (1 + cos(pi t / T_max)) / 2. Throws Error unless T_max > 0. (Loshchilov and Hutter 2017.)
class CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max, double eta_min = 0,
                    SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  std::int64_t T_max_;
  double eta_min_;
};

// The same over T_0 epochs, then from b again over T_0 T_mult, and so on. Throws Error unless T_0 and T_mult are above
// 0.
class CosineAnnealingWarmRestarts : public LRScheduler {
 public:
  CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t T_0, std::int64_t T_mult = 1, double eta_min = 0,
                              SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  void add_numbers(std::vector<Number>& numbers) override;
  void advance(Call call) override;
  std::int64_t T_mult_;
  double eta_min_;
  double T_cur_ = -1, T_i_;
};

struct CyclicLROptions {
  enum class Mode : std::uint8_t { triangular, triangular2, exp_range };

  double base_lr = 0;
  double max_lr = 0;
  std::int64_t step_size_up = 2000;
  std::optional<std::int64_t> step_size_down = std::nullopt;  // as step_size_up
  Mode mode = Mode::triangular;
  double gamma = 1;
  bool cycle_momentum = true;
  double base_momentum = 0.8;
  double max_momentum = 0.9;
};

// For a step() after each batch. From base_lr to max_lr in step_size_up steps and back in step_size_down, again and
// again; the height of cycle c = 1, 2, ... is multiplied by 1, by 2^(1 - c) or, of each step t, by gamma^t. Momentum,
// or beta1, goes from max_momentum to base_momentum and back meanwhile. Throws Error unless the sizes are above 0, and
// for cycle_momentum where the optimizer has none. (Smith 2017.)
class CyclicLR : public LRScheduler {
 public:
  CyclicLR(Optimizer& optimizer, CyclicLROptions options, SourceLocation at = SourceLocation::current());

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  void advance(Call call) override;
  double height() const;
  CyclicLROptions options_;
};

struct OneCycleLROptions {
  enum class Anneal : std::uint8_t { cos, linear };

  double max_lr = 0;
  std::int64_t total_steps = 0;
  double pct_start = 0.3;
  Anneal anneal_strategy = Anneal::cos;
  bool cycle_momentum = true;
  double base_momentum = 0.85;
  double max_momentum = 0.95;
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;
};

// For a step() after each batch: from max_lr / div_factor to max_lr in pct_start of total_steps, then down to the first
// rate / final_div_factor; with three_phase, back to the first rate in between. Momentum, or beta1, goes the other way
// between max_momentum and base_momentum. Throws Error unless total_steps > 0 and pct_start is in [0, 1], for
// cycle_momentum where the optimizer has none, and for a step beyond total_steps. (Smith and Topin 2018.)
class OneCycleLR : public LRScheduler {
 public:
  OneCycleLR(Optimizer& optimizer, OneCycleLROptions options, SourceLocation at = SourceLocation::current());
  void step(SourceLocation at = SourceLocation::current()) override;

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  void advance(Call call) override;
  // What goes from `low` to `high` first and ends at `end`.
  double along(double low, double high, double end) const;
  OneCycleLROptions options_;
};

struct ReduceLROnPlateauOptions {
  enum class Mode : std::uint8_t { min, max };
  enum class ThresholdMode : std::uint8_t { rel, abs };

  Mode mode = Mode::min;
  double factor = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;
  ThresholdMode threshold_mode = ThresholdMode::rel;
  std::int64_t cooldown = 0;
  double min_lr = 0;
  double eps = 1e-8;
};

// Multiplies the rates by factor, down to min_lr, when a metric has not become better by threshold for more than
// patience epochs; then waits for cooldown epochs. A change of at most eps is not made.
class ReduceLROnPlateau {
 public:
  // Throws Error unless factor < 1.
  explicit ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options = {},
                             SourceLocation at = SourceLocation::current());

  // The metric of the epoch that ended. Throws Error while a function is traced.
  void step(double metric, SourceLocation at = SourceLocation::current());
  std::vector<double> get_last_lr(SourceLocation at = SourceLocation::current()) const;

  // As those of an LRScheduler.
  StateDict state_dict(SourceLocation at = SourceLocation::current());
  void load_state_dict(const StateDict& state, SourceLocation at = SourceLocation::current());

 private:
  bool is_better(double metric) const;

  Optimizer& optimizer_;
  ReduceLROnPlateauOptions options_;
  double last_epoch_ = 0, best_, bad_epochs_ = 0, cooldown_left_ = 0;
};

using LRSchedulers = std::vector<std::shared_ptr<LRScheduler>>;

// The first schedule before epoch milestones[0], the second from there on, which begins at its own epoch 0, and so on.
// Throws Error unless there is one schedule more than milestones, all for this optimizer.
class SequentialLR : public LRScheduler {
 public:
  SequentialLR(Optimizer& optimizer, LRSchedulers schedulers, std::vector<std::int64_t> milestones,
               SourceLocation at = SourceLocation::current());
  void step(SourceLocation at = SourceLocation::current()) override;

 private:
  double next_lr(std::size_t group, double now, Call call) const override;
  void add_numbers(std::vector<Number>& numbers) override;
  void undo() override;
  void begin_again(SourceLocation at) override { step(at); }
  LRSchedulers schedulers_;
  std::vector<std::int64_t> milestones_;
};

// All of these in each epoch, in this order. Throws Error where there is none, or one is for another optimizer.
class ChainedScheduler : public LRScheduler {
 public:
  explicit ChainedScheduler(LRSchedulers schedulers, SourceLocation at = SourceLocation::current());
  void step(SourceLocation at = SourceLocation::current()) override;

 private:
  static Optimizer& optimizer_of_all(const LRSchedulers& schedulers, SourceLocation at);
  double next_lr(std::size_t group, double now, Call call) const override;
  void add_numbers(std::vector<Number>& numbers) override;
  void undo() override;
  void begin_again(SourceLocation at) override { step(at); }
  LRSchedulers schedulers_;
};

}  // namespace weft::optim
