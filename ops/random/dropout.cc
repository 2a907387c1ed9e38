// dropout and its kind: elements or channels vanish at random, the others grow so that the expected value stays.
#include <cmath>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/random/random.h"
#include "ops/values.h"
#include "weft/images.h"
#include "weft/ops.h"

namespace weft {
namespace {

// What shares one draw.
enum class Unit { element, channel, first_dim };

Shape draws(const char* name, const Value& x, Unit unit) {
  if (unit == Unit::element) return x.shape();
  const int kept = unit == Unit::channel ? 2 : 1;
  if (x.rank() < kept) fail_call(ErrorKind::shape, name, x, "a channel needs at least 2 dims");
  Dims shape(static_cast<std::size_t>(x.rank()), 1);
  std::copy_n(x.shape().begin(), kept, shape.begin());
  return Shape(shape);
}

void check_probability(const char* name, const Operand& x, double p) {
  if (!(p >= 0 && p <= 1))
    fail_call(ErrorKind::value, name, {}, x.at(), "p = " + std::to_string(p) + " is outside of [0, 1]");
}

// f(x, the factors 0 and 1 of the draws, which broadcast to x) in training; x itself where nothing drops.
template <class F>
Tensor dropped(const char* name, const Operand& x, double p, bool training, Unit unit, F f) {
  check_probability(name, x, p);
  const bool nothing_drops = !training || p == 0;
  if (nothing_drops && x.tensor().defined()) return x.tensor();

  CaptureScope scope(std::span<const Operand* const>({&x}), name);
  const Value v = scope.values()[0];
  if (!is_floating(v.dtype())) fail_call(ErrorKind::dtype, name, v, "wants a floating tensor");
  if (nothing_drops) return scope.tensor(v);
  const TensorType type{v.dtype(), draws(name, v, unit)};
  if (p == 1) return scope.tensor(v * zeros_like(v));
  return scope.tensor(f(v, cast(ge(rand(next_random(scope), type), number(v.builder(), v.dtype(), p)), v.dtype())));
}

// The factors are a value that the product and its gradient share.
Tensor dropped(const char* name, const Operand& x, double p, bool training, Unit unit) {
  return dropped(name, x, p, training, unit,
                 [p](const Value& v, const Value& kept) { return v * (kept * (1 / (1 - p))); });
}

Tensor alpha_dropped(const char* name, const Operand& x, double p, bool training, Unit unit) {
  constexpr double kAlpha = 1.7580993408473766;  // of selu
  return dropped(name, x, p, training, unit, [p](const Value& v, const Value& kept) {
    const double scale = 1 / std::sqrt((kAlpha * kAlpha * p + 1) * (1 - p));
    return v * (kept * scale) + ((kept - 1) * (kAlpha * scale) + kAlpha * scale * p);
  });
}

}  // namespace

Tensor dropout(const Operand& x, double p, bool training) { return dropped("dropout", x, p, training, Unit::element); }

Tensor dropout1d(const Operand& x, double p, bool training) {
  check_probability("dropout1d", x, p);
  const Operand* const operands[] = {&x};
  const CaptureScope scope(operands);
  const int rank = scope.values()[0].rank();
  if (rank != 2 && rank != 3)
    fail_call(ErrorKind::shape, "dropout1d", scope.values()[0], "x must be [n, channels, l] or [channels, l]");
  return dropped("dropout1d", x, p, training, rank == 3 ? Unit::channel : Unit::first_dim);
}

Tensor dropout2d(const Operand& x, double p, bool training) {
  return dropped("dropout2d", x, p, training, Unit::channel);
}

Tensor dropout3d(const Operand& x, double p, bool training) {
  const bool has_images = x.tensor().defined() && x.tensor().dim() == 5;
  return dropped("dropout3d", x, p, training, has_images ? Unit::channel : Unit::first_dim);
}

Tensor alpha_dropout(const Operand& x, double p, bool training) {
  return alpha_dropped("alpha_dropout", x, p, training, Unit::element);
}

Tensor feature_alpha_dropout(const Operand& x, double p, bool training) {
  return alpha_dropped("feature_alpha_dropout", x, p, training, Unit::channel);
}

}  // namespace weft
