// LBFGS: directions from pairs of steps and changes of the gradient, distances by a line search.
#include "weft/lbfgs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "graph/capture/trace.h"
#include "weft/autograd.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft::optim {
namespace {

using Flat = std::vector<double>;

double dot(const Flat& a, const Flat& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double largest(const Flat& a) {
  double most = 0;
  for (const double x : a) most = std::isnan(x) ? x : std::max(most, std::abs(x));
  return most;
}

// a + c b
Flat along(const Flat& a, double c, const Flat& b) {
  Flat result(a);
  for (std::size_t i = 0; i < a.size(); ++i) result[i] += c * b[i];
  return result;
}

Flat times(double c, Flat a) {
  for (double& x : a) x *= c;
  return a;
}

// The least point between low and high of the cubic with these values and slopes at x1 and x2.
double cubic(double x1, double f1, double g1, double x2, double f2, double g2, double low, double high) {
  const double d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2), square = d1 * d1 - g1 * g2;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double least = x1 <= x2 ? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
                                : x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2));
  return std::min(std::max(least, low), high);
}

}  // namespace

LBFGS::LBFGS(std::vector<Tensor> parameters, LBFGSOptions options, SourceLocation at)
    : parameters_(std::move(parameters)), options_(options) {
  const auto require = [&](bool ok, const char* what, double value) {
    if (!ok) throw Error(std::string("[LBFGS] ") + what + " " + std::to_string(value) + ": negative", at);
  };
  require(options.lr >= 0, "lr", options.lr);
  require(options.max_iter >= 0, "max_iter", static_cast<double>(options.max_iter));
  require(options.history_size >= 0, "history_size", static_cast<double>(options.history_size));
  require(!options.max_eval || *options.max_eval >= 0, "max_eval", static_cast<double>(options.max_eval.value_or(0)));
  if (!options_.max_eval) options_.max_eval = options_.max_iter * 5 / 4;
  SGD(parameters_, {}, at);  // its rules for parameters
}

void LBFGS::zero_grad(SourceLocation at) {
  for (const Tensor& parameter : parameters_) parameter.set_grad({}, at);
}

// ---- Between tensors and vectors

LBFGS::Flat LBFGS::values(SourceLocation at) const {
  Flat all;
  for (const Tensor& parameter : parameters_) {
    const auto part = parameter.detach(at).to(kFloat64, at).to_vector<double>(at);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

LBFGS::Flat LBFGS::gradient(SourceLocation at) const {
  Flat all;
  for (const Tensor& parameter : parameters_) {
    const Tensor grad = parameter.grad(at);
    const auto part = grad.defined() ? grad.detach(at).to(kFloat64, at).to_vector<double>(at)
                                     : Flat(static_cast<std::size_t>(parameter.numel(at)));
    all.insert(all.end(), part.begin(), part.end());
  }
  return options_.maximize ? times(-1, std::move(all)) : all;
}

void LBFGS::set_values(const Flat& values, SourceLocation at) {
  const NoGradGuard no_grad;
  std::size_t first = 0;
  for (const Tensor& parameter : parameters_) {
    const auto size = static_cast<std::size_t>(parameter.numel(at));
    parameter.copy_(from_data(std::span(values).subspan(first, size), parameter.shape(at), at), at);
    first += size;
  }
}

double LBFGS::evaluate(const std::function<Tensor()>& closure, Tensor* loss, SourceLocation at) {
  const GradModeGuard grad_mode(true);
  const Tensor value = closure();
  if (loss) *loss = value;
  const double number = value.item(at);
  return options_.maximize ? -number : number;
}

// ---- Direction

void LBFGS::remember(const Flat& gradient) {
  Pair pair{along(gradient, -1, last_gradient_), times(last_t_, direction_)};
  const double ys = dot(pair.y, pair.s);
  if (!(ys > 1e-10)) return;
  if (static_cast<std::int64_t>(history_.size()) == options_.history_size && !history_.empty())
    history_.erase(history_.begin());
  pair.rho = 1 / ys;
  diagonal_ = ys / dot(pair.y, pair.y);
  if (options_.history_size > 0) history_.push_back(std::move(pair));
}

// The gradient against the approximate inverse Hessian, by the two loops over the history.
LBFGS::Flat LBFGS::direction(const Flat& gradient) {
  Flat q = times(-1, gradient);
  std::vector<double> alpha(history_.size());
  for (std::size_t i = history_.size(); i-- > 0;) {
    alpha[i] = dot(history_[i].s, q) * history_[i].rho;
    q = along(q, -alpha[i], history_[i].y);
  }
  q = times(diagonal_, std::move(q));
  for (std::size_t i = 0; i < history_.size(); ++i)
    q = along(q, alpha[i] - dot(history_[i].y, q) * history_[i].rho, history_[i].s);
  return q;
}

// ---- Distance

LBFGS::Point LBFGS::at_distance(double t, const Flat& from, const std::function<Tensor()>& closure, SourceLocation at) {
  set_values(along(from, t, direction_), at);
  Point point{t, evaluate(closure, nullptr, at), gradient(at)};
  point.slope = dot(point.gradient, direction_);
  return point;
}

// A point that fulfils the strong Wolfe conditions, or the best one met.
LBFGS::Point LBFGS::search(const Point& start, double t, const Flat& from, std::int64_t most,
                           const std::function<Tensor()>& closure, std::int64_t& evaluations, SourceLocation at) {
  constexpr double kDecrease = 1e-4, kCurvature = 0.9;
  const auto falls = [&](const Point& p) { return p.loss <= start.loss + kDecrease * p.t * start.slope; };
  const auto is_flat = [&](const Point& p) { return std::abs(p.slope) <= -kCurvature * start.slope; };
  const auto evaluated = [&](double distance) {
    ++evaluations;
    return at_distance(distance, from, closure, at);
  };
  Point before = start, now = evaluated(t);
  std::array<Point, 2> bracket;
  std::int64_t i = 0;
  bool found = false;
  for (; i < most; ++i) {
    if (is_flat(now) && falls(now) && !(i > 1 && now.loss >= before.loss)) return now;
    found = !falls(now) || (i > 1 && now.loss >= before.loss) || now.slope >= 0;
    if (found) break;
    const double next = cubic(before.t, before.loss, before.slope, now.t, now.loss, now.slope,
                              now.t + 0.01 * (now.t - before.t), now.t * 10);
    before = std::move(now);
    now = evaluated(next);
  }
  bracket = {found ? before : start, now};
  bool slow = false;
  int low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
  for (bool done = false; !done && i < most; ++i) {
    Point &best = bracket[static_cast<std::size_t>(low)], &other = bracket[static_cast<std::size_t>(1 - low)];
    const auto [least, highest] = std::minmax(bracket[0].t, bracket[1].t);
    if ((highest - least) * largest(direction_) < options_.tolerance_change) break;
    t = cubic(bracket[0].t, bracket[0].loss, bracket[0].slope, bracket[1].t, bracket[1].loss, bracket[1].slope, least,
              highest);
    const double margin = 0.1 * (highest - least);
    const bool close = std::min(highest - t, t - least) < margin;
    if (close && (slow || t >= highest || t <= least)) {
      t = std::abs(t - highest) < std::abs(t - least) ? highest - margin : least + margin;
      slow = false;
    } else {
      slow = close;
    }
    now = evaluated(t);
    if (!falls(now) || now.loss >= best.loss) {
      other = std::move(now);
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
      continue;
    }
    done = is_flat(now);
    if (!done && now.slope * (other.t - best.t) >= 0) other = best;
    best = std::move(now);
  }
  return bracket[static_cast<std::size_t>(low)];
}

// ---- Steps

Tensor LBFGS::step(const std::function<Tensor()>& closure, SourceLocation at) {
  if (Trace::current())
    throw Error(ErrorKind::state, "[LBFGS] step() looks at values: it cannot be part of a traced function", at,
                "compile what the closure calls");
  if (!closure) throw Error(ErrorKind::state, "[LBFGS] the closure is empty", at);
  Tensor first_loss;
  Point now{0, evaluate(closure, &first_loss, at), gradient(at)};
  std::int64_t evaluations = 1;
  if (largest(now.gradient) <= options_.tolerance_grad) return first_loss;
  for (std::int64_t i = 1; i <= options_.max_iter; ++i) {
    if (moves_++ > 0) remember(now.gradient);
    direction_ = direction(now.gradient);
    last_gradient_ = now.gradient;
    const double loss_before = now.loss;
    double sum = 0;
    for (const double g : now.gradient) sum += std::abs(g);
    last_t_ = moves_ == 1 ? std::min(1.0, 1 / sum) * options_.lr : options_.lr;
    now.t = 0;
    now.slope = dot(now.gradient, direction_);
    if (now.slope > -options_.tolerance_change) break;
    const Flat from = values(at);
    try {
      if (options_.line_search_fn == LBFGSOptions::LineSearch::strong_wolfe) {
        now = search(now, last_t_, from, *options_.max_eval - evaluations, closure, evaluations, at);
        last_t_ = now.t;
        set_values(along(from, now.t, direction_), at);
      } else if (i != options_.max_iter) {
        now = at_distance(last_t_, from, closure, at);
        ++evaluations;
      } else {
        set_values(along(from, last_t_, direction_), at);
      }
    } catch (...) {
      set_values(from, at);
      throw;
    }
    if (i == options_.max_iter || evaluations >= *options_.max_eval) break;
    if (largest(now.gradient) <= options_.tolerance_grad) break;
    if (largest(direction_) * std::abs(last_t_) <= options_.tolerance_change) break;
    if (std::abs(now.loss - loss_before) < options_.tolerance_change) break;
  }
  return first_loss;
}

}  // namespace weft::optim
