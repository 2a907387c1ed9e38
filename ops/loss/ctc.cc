// Connectionist temporal classification (Graves et al., ICML 2006), as its recursion over time in logarithms.
#include <string>

#include "graph/capture/capture.h"
#include "graph/capture/versions.h"
#include "ops/indexing/index.h"
#include "ops/loss/loss.h"

namespace weft {
namespace {

// The logarithm of nothing. Finite, so that derivatives stay finite where a path cannot be.
constexpr double kNothing = -1e30;

struct Sequences {
  Value logs;                           // [t, n, classes]
  Value targets;                        // [n, s]
  Value input_lengths, target_lengths;  // [n]
  std::int64_t blank;

  std::int64_t time() const { return logs.shape()[0]; }
  std::int64_t batch() const { return logs.shape()[1]; }
  std::int64_t states() const { return 2 * targets.shape()[1] + 1; }
  Builder& builder() const { return logs.builder(); }
};

Value whole(const Value& x, std::int64_t value) { return full(x.builder(), {DType::i64, {}}, Operand(value)); }

// x moved on by `by` states, with `fill` in front.
Value shifted(const Value& x, std::int64_t by, const Value& fill) {
  const std::int64_t n = x.shape()[0], states = x.shape()[1], kept = std::max<std::int64_t>(states - by, 0);
  const Value parts[] = {expand(fill, {n, states - kept}), slice(x, 1, 0, kept, 1)};
  return cat(parts, 1);
}

// A blank, then each label of a target and a blank. Behind its length a target counts as blanks.
Value labels_of(const Sequences& s) {
  const std::int64_t n = s.batch(), length = s.targets.shape()[1];
  const Value blank = whole(s.logs, s.blank);
  const Value inside = lt(arange(s.builder(), length), unsqueeze(s.target_lengths, 1));
  const Value labels = unsqueeze(where(inside, s.targets, blank), 2);
  const Value pairs[] = {expand(blank, {n, length, 1}), labels};
  const Value all[] = {reshape(cat(pairs, 2), {n, 2 * length}), expand(blank, {n, 1})};
  return cat(all, 1);
}

// log of the probability of each state at the end of each input.
Value forward(const Sequences& s) {
  const std::int64_t n = s.batch(), states = s.states();
  const Value labels = labels_of(s), blank = whole(s.logs, s.blank), nothing = like(s.logs, kNothing);
  const Value emitted = gather(s.logs, 2, expand(reshape(labels, {1, n, states}), {s.time(), n, states}));
  const auto at = [&](std::int64_t t) { return reshape(slice(emitted, 0, t, t + 1, 1), {n, states}); };
  // A label follows another one without a blank between them where they differ.
  const Value skips = logical_and(ne(labels, blank), ne(labels, shifted(labels, 2, blank)));
  const Value first = lt(arange(s.builder(), states), whole(s.logs, 2));
  // Before the first step, without one.
  const Value start = where(lt(arange(s.builder(), states), whole(s.logs, 1)), like(s.logs, 0), nothing);
  const Value has_steps = unsqueeze(gt(s.input_lengths, whole(s.logs, 0)), 1);
  Value alpha = where(has_steps, where(first, at(0), nothing), start);
  for (std::int64_t t = 1; t < s.time(); ++t) {
    const Value before = logaddexp(alpha, shifted(alpha, 1, nothing));
    const Value all = logaddexp(before, where(skips, shifted(alpha, 2, nothing), nothing));
    alpha = where(unsqueeze(gt(s.input_lengths, whole(s.logs, t)), 1), all + at(t), alpha);
  }
  return alpha;
}

Value losses_of(const Sequences& s, bool zero_infinity) {
  const std::int64_t n = s.batch();
  const Value alpha = forward(s), nothing = like(s.logs, kNothing);
  const auto state = [&](const Value& index) { return reshape(gather(alpha, 1, reshape(index, {n, 1})), {n}); };
  const Value last = s.target_lengths * whole(s.logs, 2);
  const Value is_empty = eq(s.target_lengths, whole(s.logs, 0));
  const Value label = state(maximum(last - whole(s.logs, 1), whole(s.logs, 0)));
  const Value loss = neg(logaddexp(state(last), where(is_empty, nothing, label)));
  // Adds e^x to the gradient, and 0 to the value.
  const Value inside = lt(unsqueeze(arange(s.builder(), s.time()), 1), s.input_lengths);
  const Value probabilities = where(unsqueeze(inside, 2), exp(s.logs), like(s.logs, 0));
  const Value total = sum(probabilities, {0, 2}, false);
  const double infinity = zero_infinity ? 0 : std::numeric_limits<double>::infinity();
  return where(gt(loss, like(loss, -kNothing / 10)), like(loss, infinity), loss + (total - record_detach(total)));
}

// Lengths in [0, most], or Error when they are read.
Value checked_lengths(const Value& lengths, std::int64_t most) {
  return index_select(arange(lengths.builder(), most + 1), 0, lengths);
}

Sequences checked(CaptureScope& scope, const CtcOptions& options) {
  const std::span<const Value> v = scope.values();
  const auto require = [&](bool ok, ErrorKind kind, std::string_view rule) {
    if (!ok) fail_call(kind, "ctc_loss", v, scope.builder().where, rule);
  };
  require(is_floating(v[0].dtype()), ErrorKind::dtype, "log probabilities must be floating");
  for (const Value& x : v.subspan(1))
    require(x.dtype() == DType::i64, ErrorKind::dtype, "targets and lengths must be i64");
  require(v[0].rank() == 3 && v[1].rank() == 2, ErrorKind::shape, "needs x [t, n, classes] and targets [n, s]");
  const std::int64_t n = v[0].shape()[1];
  require(v[0].shape()[0] > 0, ErrorKind::shape, "there is no time step");
  require(v[1].shape()[0] == n && v[2].shape() == Shape{n} && v[3].shape() == Shape{n}, ErrorKind::shape,
          "needs a target and lengths for each sequence");
  require(options.blank >= 0 && options.blank < v[0].shape()[2], ErrorKind::value, "blank is no class");
  return {v[0], v[1], checked_lengths(v[2], v[0].shape()[0]), checked_lengths(v[3], v[1].shape()[1]), options.blank};
}

}  // namespace

Tensor ctc_loss(const Operand& x, const Operand& targets, const Tensor& input_lengths, const Tensor& target_lengths,
                const CtcOptions& options, Reduction reduction) {
  const Operand inputs(input_lengths, x.at()), lengths(target_lengths, x.at());
  const Operand* const operands[] = {&x, &targets, &inputs, &lengths};
  CaptureScope scope(operands);
  const Sequences s = checked(scope, options);
  Value losses = losses_of(s, options.zero_infinity);
  if (reduction == Reduction::mean) losses = losses / cast(maximum(s.target_lengths, whole(s.logs, 1)), losses.dtype());
  return reduced(scope, losses, reduction, reduction == Reduction::none ? "CtcLossBackward0" : nullptr);
}

}  // namespace weft
