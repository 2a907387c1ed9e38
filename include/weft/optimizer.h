// Optimizer: what all optimizers have in common. weft/optim.h has the optimizers.
//
// Threads: one optimizer is for one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weft/state_dict.h"
#include "weft/tensor.h"

namespace weft::optim {

// Parameters in groups, each with a learning rate and options of its own, and what is remembered of each parameter.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Two optimizers would share one state.
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // Clears the gradients: grad() of each parameter is undefined afterwards.
  void zero_grad(SourceLocation at = SourceLocation::current());
  // Updates each parameter that has a gradient, all in one run; leaves the others and their state as they are.
  void step(SourceLocation at = SourceLocation::current());

  // Of all groups.
  const std::vector<Tensor>& parameters() const { return parameters_; }
  std::size_t num_groups() const { return groups_.size(); }

  // The learning rate of a group. Throws Error where there is no such group.
  double lr(SourceLocation at = SourceLocation::current()) const { return lr(0, at); }
  double lr(std::size_t group, SourceLocation at = SourceLocation::current()) const;
  // Of all groups, or of one. Takes effect at the next step, also in compiled programs, which are not compiled again.
  // Throws Error unless lr >= 0, and where there is no such group.
  void set_lr(double lr, SourceLocation at = SourceLocation::current());
  void set_lr(double lr, std::size_t group, SourceLocation at = SourceLocation::current());

  // Of a group: the option momentum, or beta1. Takes effect at the next step. Compiled steps are traced again after the
  // first call, and not after later ones. Throws Error for optimizers but SGD, Adam and AdamW, and for one outside of
  // [0, 1).
  void set_momentum(double momentum, std::size_t group, SourceLocation at = SourceLocation::current());

  // What a run that resumes needs. Of parameter i "state.i.NAME", such as "state.0.exp_avg", which share elements with
  // the optimizer; of group g "param_groups.g.NAME": "lr", its other options as f64[] and bool[], and "params", the
  // numbers of its parameters.
  StateDict state_dict(SourceLocation at = SourceLocation::current()) const;
  // Takes all of that or, where it throws, nothing. Throws one Error that lists all names that are missing, unexpected
  // or of another shape; and Error for options that are out of range, and while a function is traced. A compiled step
  // is traced again where an option is another one than before.
  void load_state_dict(const StateDict& state, SourceLocation at = SourceLocation::current());

 protected:
  using Updates = std::vector<std::pair<Tensor, Tensor>>;
  // What is remembered of one parameter, by name.
  using State = std::vector<std::pair<std::string, Tensor>>;
  enum class Range { any, not_negative, below_one, up_to_one };  // the last two: and not negative
  // An option by name, where its value is, and where a number must lie.
  struct Option {
    std::string name;
    std::variant<double*, bool*> value;
    Range range = Range::not_negative;
  };

  explicit Optimizer(std::string name) : name_(std::move(name)) {}

  // Adds a group. Throws Error where there are no parameters, one is not a floating leaf, or one is there twice.
  void add_group(std::vector<Tensor> parameters, double lr, std::vector<State> states, SourceLocation at);
  // To be called before the parameters are looked at.
  void check_parameters(const std::vector<Tensor>& parameters, SourceLocation at) const;
  // Throws Error, which names the option, for a number that is out of range.
  void check_range(const Option& option, SourceLocation at) const;

  // Adds the new values of parameter i and of its state.
  virtual void update(std::size_t i, const Tensor& grad, Updates& updates, SourceLocation at) = 0;
  // The options of a group but for the learning rate, and what they must fulfil: throws Error.
  virtual std::vector<Option> options_of(std::size_t group) const = 0;
  virtual void check_options_of(std::size_t group, SourceLocation at) const = 0;
  // What is remembered of a parameter of a group with these options: other options may need something else.
  virtual State first_state_of(std::size_t group, const Tensor& parameter, SourceLocation at) const = 0;

  // Whether updates follow momentum_tensor().
  virtual bool has_variable_momentum() const { return false; }

  const std::string& name() const { return name_; }
  std::size_t group_of(std::size_t i) const { return group_of_[i]; }
  // f64[]: a variable of compiled programs.
  const Tensor& lr_tensor(std::size_t i) const { return groups_[group_of_[i]].lr; }
  // f64[], a variable, too, where set_momentum() was called for the group of parameter i; else undefined.
  const Tensor& momentum_tensor(std::size_t i) const { return groups_[group_of_[i]].momentum; }
  // What is remembered of parameter i under this name, which must be there.
  const Tensor& state(std::size_t i, const char* name) const;
  // State: a tensor of zeros (of another value) of a parameter's shape and dtype; a count, zero at first; a number,
  // f64[].
  static Tensor zeros_like(const Tensor& parameter, SourceLocation at, double value = 0);
  static Tensor counter(SourceLocation at);
  static Tensor scalar(double value, SourceLocation at);

 private:
  friend class LRScheduler;
  struct Group {
    Tensor lr;
    std::size_t first = 0, size = 0;  // parameters
    Tensor momentum = {};
    std::optional<double> initial_lr = {};  // when its first schedule was made
  };
  double initial_lr(std::size_t group, SourceLocation at);
  void add_missing_state(std::size_t i, SourceLocation at);
  // The option momentum or beta1.
  double* momentum_of(std::size_t group) const;
  void check_group(std::size_t group, SourceLocation at) const;
  void check_state_of(std::size_t group, SourceLocation at) const;
  StateDict tensors(SourceLocation at) const;

  std::string name_;
  std::vector<Tensor> parameters_;
  std::vector<std::size_t> group_of_;  // each parameter
  std::vector<State> states_;
  std::vector<Group> groups_;
  // Counts changes of groups and options, which are constants of compiled programs. Shared with traces that read it.
  std::shared_ptr<std::size_t> revision_ = std::make_shared<std::size_t>(0);
};

// An optimizer whose groups have options of this type. It has lr and maximize among others.
template <class Options>
class OptimizerOf : public Optimizer {
 public:
  // Further parameters with options of their own. A compiled step is traced again. Throws Error as the constructor
  // does, and while a function is traced.
  void add_param_group(std::vector<Tensor> parameters, Options options = {},
                       SourceLocation at = SourceLocation::current()) {
    check_all(options, at);
    check_parameters(parameters, at);
    std::vector<State> states;
    for (const Tensor& parameter : parameters) states.push_back(first_state(parameter, options, at));
    add_group(std::move(parameters), options.lr, std::move(states), at);
    options_.push_back(std::make_unique<Options>(options));
  }

 protected:
  using Optimizer::Optimizer;

  // All options but lr and maximize.
  virtual std::vector<Option> list(Options& options) const = 0;
  // Throws Error for options that do not go together.
  virtual void check(const Options&, SourceLocation) const {}
  // What is remembered of a parameter before its first update.
  virtual State first_state(const Tensor& parameter, const Options& options, SourceLocation at) const = 0;
  // Adds the new values of parameter i, whose gradient is `grad`, and of its state.
  virtual void update_parameter(std::size_t i, const Tensor& grad, const Options& options, Updates& updates,
                                SourceLocation at) = 0;

 private:
  std::vector<Option> list_all(Options& options) const {
    std::vector<Option> all = list(options);
    all.push_back({"maximize", &options.maximize});
    return all;
  }
  void check_all(Options& options, SourceLocation at) const {
    for (const Option& option : list_all(options)) check_range(option, at);
    check(options, at);
  }

  void update(std::size_t i, const Tensor& grad, Updates& updates, SourceLocation at) final {
    const Options& options = *options_[group_of(i)];
    update_parameter(i, options.maximize ? -Operand(grad, at) : grad, options, updates, at);
  }
  std::vector<Option> options_of(std::size_t group) const final { return list_all(*options_[group]); }
  void check_options_of(std::size_t group, SourceLocation at) const final { check_all(*options_[group], at); }
  State first_state_of(std::size_t group, const Tensor& parameter, SourceLocation at) const final {
    return first_state(parameter, *options_[group], at);
  }

  std::vector<std::unique_ptr<Options>> options_;  // of each group
};

}  // namespace weft::optim
