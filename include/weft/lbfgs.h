// LBFGS: an optimizer that evaluates its loss several times in each step.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "weft/tensor.h"

namespace weft::optim {

struct LBFGSOptions {
  enum class LineSearch : std::uint8_t { none, strong_wolfe };

  double lr = 1;
  std::int64_t max_iter = 20;                           // of one step
  std::optional<std::int64_t> max_eval = std::nullopt;  // of one step; max_iter 5 / 4
  double tolerance_grad = 1e-7;                         // of the largest element of the gradient
  double tolerance_change = 1e-9;                       // of the loss, and of the parameters
  std::int64_t history_size = 100;
  LineSearch line_search_fn = LineSearch::none;
  bool maximize = false;
};

//   optim::LBFGS optimizer(model.parameters(), {.line_search_fn = optim::LBFGSOptions::LineSearch::strong_wolfe});
//   optimizer.step([&] {
//     optimizer.zero_grad();
//     auto loss = mse_loss(model(x), y);
//     loss.backward();
//     return loss;
//   });
//
// PyTorch's, after minFunc (Schmidt 2005; Liu and Nocedal 1989). It looks at values, so it cannot be part of a compiled
// function; the closure may call one. Directions are kept in f64: 16 bytes for each parameter and entry of the history.
//
// Threads: one optimizer is for one thread at a time.
class LBFGS {
 public:
  // Throws Error for options that are negative and for parameters that SGD refuses.
  explicit LBFGS(std::vector<Tensor> parameters, LBFGSOptions options = {},
                 SourceLocation at = SourceLocation::current());

  // Up to max_iter moves. The closure clears the gradients, computes the loss and its gradients, and returns the loss,
  // which step() returns as it was before the first move. Throws Error for an empty closure, a loss that is no scalar,
  // and while a function is traced. What the closure throws leaves the parameters where the last move was.
  Tensor step(const std::function<Tensor()>& closure, SourceLocation at = SourceLocation::current());
  void zero_grad(SourceLocation at = SourceLocation::current());

  const std::vector<Tensor>& parameters() const { return parameters_; }

 private:
  using Flat = std::vector<double>;
  struct Point {
    double t = 0, loss = 0;
    Flat gradient;
    double slope = 0;  // along the direction
  };

  double evaluate(const std::function<Tensor()>& closure, Tensor* loss, SourceLocation at);
  Flat gradient(SourceLocation at) const;
  Flat values(SourceLocation at) const;
  void set_values(const Flat& values, SourceLocation at);
  Flat direction(const Flat& gradient);
  void remember(const Flat& gradient);
  Point at_distance(double t, const Flat& from, const std::function<Tensor()>& closure, SourceLocation at);
  Point search(const Point& start, double t, const Flat& from, std::int64_t most,
               const std::function<Tensor()>& closure, std::int64_t& evaluations, SourceLocation at);

  std::vector<Tensor> parameters_;
  LBFGSOptions options_;
  // Since the first step.
  std::int64_t moves_ = 0;
  Flat direction_, last_gradient_;
  double last_t_ = 0, diagonal_ = 1;
  struct Pair {
    Flat y, s;
    double rho = 0;
  };
  std::vector<Pair> history_;
};

}  // namespace weft::optim
