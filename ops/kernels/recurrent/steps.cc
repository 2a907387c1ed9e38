#include "ops/kernels/recurrent/steps.h"

#include <algorithm>

#include "graph/cost.h"

namespace weft {
namespace {

std::size_t rounded(std::int64_t elements) { return (static_cast<std::size_t>(elements) + 15) / 16 * 16; }

// A product of m x k and k x n for the rows of a part; extents of 0 become 1, for products that nobody asks for.
template <class T>
GemmPart<T> rows_of_product(const StepsPart& part, std::int64_t m, std::int64_t n, std::int64_t k) {
  const auto some = [](std::int64_t extent) { return std::max<std::int64_t>(extent, 1); };
  const GemmShape shape{.m = some(m), .n = some(n), .k = some(k)};
  return GemmPart<T>(shape, Block{part.begin, 0, some(part.end - part.begin), shape.n}, /*has_epilogue=*/false);
}

// C = A B for the rows of the part; sums of no terms are 0.
template <class T>
void multiply(const GemmPart<T>& product, const StepsPart& part, std::int64_t n, std::int64_t k, const T* a, const T* b,
              T* c, T* scratch) {
  if (n == 0 || part.end == part.begin) return;
  if (k == 0)
    std::fill(c + part.begin * n, c + part.end * n, T{0});
  else
    gemm(product, a, b, c, scratch);
}

template <class T>
void transpose(const T* x, std::int64_t rows, std::int64_t cols, T* to) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < cols; ++c) to[c * rows + r] = x[r * cols + c];
}

// The state before step i, [batch, size].
template <class T>
const T* state_before(const StepsShape& s, std::int64_t i, const T* first, const T* states, std::int64_t size) {
  return i == 0 ? first : states + s.before(i) * s.batch * size;
}

}  // namespace

double StepsShape::flops() const {
  const double terms = static_cast<double>(gates() * width + (projects ? width * hidden : 0) + 20 * gates());
  return 2 * static_cast<double>(steps * batch) * terms;
}

std::vector<StepsPart> parts_of(const StepsShape& s) {
  constexpr std::int64_t kLeastRows = 8;
  const std::int64_t wanted = num_parts(s.flops(), 0, s.batch / kLeastRows);
  const std::int64_t rows = std::max<std::int64_t>((s.batch + wanted - 1) / wanted, 1);
  std::vector<StepsPart> parts;
  for (std::int64_t begin = 0; begin < s.batch || parts.empty(); begin += rows)
    parts.push_back({begin, std::min(s.batch, begin + rows)});
  return parts;
}

// ---- Forward

template <class T>
StepsForward<T>::StepsForward(const StepsShape& s, const StepsPart& part)
    : shape_(s),
      part_(part),
      sums_(rows_of_product<T>(part, s.batch, s.gates(), s.width)),
      projected_(rows_of_product<T>(part, s.batch, s.width, s.hidden)) {}

template <class T>
std::size_t StepsForward<T>::scratch_bytes() const {
  const StepsShape& s = shape_;
  return (rounded(s.width * s.gates()) + rounded(s.hidden * s.width) + rounded(s.batch * s.gates()) +
          rounded(s.batch * s.hidden) + std::max(sums_.scratch(), projected_.scratch())) *
         sizeof(T);
}

template <class T>
void StepsForward<T>::run(const StepsOperands<T>& x, const Results& to, T* scratch) const {
  const StepsShape& s = shape_;
  T* const weight = scratch;
  T* const projection = weight + rounded(s.width * s.gates());
  T* const sums = projection + rounded(s.hidden * s.width);
  T* const hidden = sums + rounded(s.batch * s.gates());
  T* const rest = hidden + rounded(s.batch * s.hidden);
  transpose(x.weight, s.gates(), s.width, weight);
  if (s.projects) transpose(x.projection, s.width, s.hidden, projection);
  for (std::int64_t i = 0; i < s.steps; ++i) {
    const std::int64_t first = s.step(i) * s.batch;
    const T *const h = state_before(s, i, x.h, to.h, s.width), *const c = state_before(s, i, x.c, to.c, s.hidden);
    T* const next_h = to.h + first * s.width;
    multiply(sums_, part_, s.gates(), s.width, h, weight, sums, rest);
    for (std::int64_t r = part_.begin; r < part_.end; ++r)
      cell_step(s.cell, CellRow<T>{.hidden = s.hidden,
                                   .input = x.input + (first + r) * s.gates(),
                                   .sums = sums + r * s.gates(),
                                   .bias = x.bias,
                                   .h = h + r * s.width,
                                   .c = x.c ? c + r * s.hidden : nullptr,
                                   .next_h = s.projects ? hidden + r * s.hidden : next_h + r * s.width,
                                   .next_c = x.c ? to.c + (first + r) * s.hidden : nullptr,
                                   .kept = to.kept + (first + r) * s.kept()});
    if (s.projects) multiply(projected_, part_, s.width, s.hidden, hidden, projection, next_h, rest);
    if (x.lengths) finish_step(i, first, x, to);
  }
}

// Rows for which step i does not count keep their state.
template <class T>
void StepsForward<T>::finish_step(std::int64_t i, std::int64_t first, const StepsOperands<T>& x,
                                  const Results& to) const {
  const StepsShape& s = shape_;
  const T *const h = state_before(s, i, x.h, to.h, s.width), *const c = state_before(s, i, x.c, to.c, s.hidden);
  for (std::int64_t r = part_.begin; r < part_.end; ++r) {
    if (x.counts(s.step(i), r)) continue;
    std::copy_n(h + r * s.width, s.width, to.h + (first + r) * s.width);
    if (x.c) std::copy_n(c + r * s.hidden, s.hidden, to.c + (first + r) * s.hidden);
    std::fill_n(to.kept + (first + r) * s.kept(), s.kept(), T{0});
  }
}

// ---- Backward

// What comes back from later steps, and memory of one step.
template <class T>
struct StepsBackward<T>::Carried {
  T *h, *c;            // slopes by the state after the step: [batch, width], [batch, hidden]
  T *hidden, *before;  // by what is projected; by the state before, but for what goes through the sums
  T *through, *rest;
};

template <class T>
StepsBackward<T>::StepsBackward(const StepsShape& s, const StepsPart& part)
    : shape_(s),
      part_(part),
      by_state_(rows_of_product<T>(part, s.batch, s.width, s.gates())),
      by_hidden_(rows_of_product<T>(part, s.batch, s.hidden, s.width)) {}

template <class T>
std::size_t StepsBackward<T>::scratch_bytes() const {
  const StepsShape& s = shape_;
  return (3 * rounded(s.batch * s.width) + 2 * rounded(s.batch * s.hidden) +
          std::max(by_state_.scratch(), by_hidden_.scratch())) *
         sizeof(T);
}

template <class T>
void StepsBackward<T>::run(const StepsOperands<T>& x, const Slopes& s, T* scratch) const {
  const std::size_t h = rounded(shape_.batch * shape_.width), c = rounded(shape_.batch * shape_.hidden);
  const Carried carried{.h = scratch,
                        .c = scratch + 3 * h,
                        .hidden = scratch + 3 * h + c,
                        .before = scratch + h,
                        .through = scratch + 2 * h,
                        .rest = scratch + 3 * h + 2 * c};
  const std::int64_t rows = part_.end - part_.begin;
  std::fill_n(carried.h + part_.begin * shape_.width, rows * shape_.width, T{0});
  std::fill_n(carried.c + part_.begin * shape_.hidden, rows * shape_.hidden, T{0});
  for (std::int64_t i = shape_.steps; i-- > 0;) run_step(i, x, s, carried);
  std::copy_n(carried.h + part_.begin * shape_.width, rows * shape_.width, s.to_h + part_.begin * shape_.width);
  if (x.c)
    std::copy_n(carried.c + part_.begin * shape_.hidden, rows * shape_.hidden, s.to_c + part_.begin * shape_.hidden);
}

template <class T>
void StepsBackward<T>::run_step(std::int64_t i, const StepsOperands<T>& x, const Slopes& s,
                                const Carried& carried) const {
  const std::int64_t width = shape_.width, hidden = shape_.hidden, first = shape_.step(i) * shape_.batch;
  for (std::int64_t r = part_.begin; r < part_.end; ++r) {
    T* const h = carried.h + r * width;
    const T* const by_h = s.by_h + (first + r) * width;
    for (std::int64_t k = 0; k < width; ++k) h[k] += by_h[k];
    for (std::int64_t k = 0; x.c && k < hidden; ++k) carried.c[r * hidden + k] += s.by_c[(first + r) * hidden + k];
  }
  if (shape_.projects)
    multiply(by_hidden_, part_, hidden, width, carried.h, x.projection, carried.hidden, carried.rest);
  for (std::int64_t r = part_.begin; r < part_.end; ++r) run_row(i, r, x, s, carried);
  const T* const sums = (shape_.cell == RecurrentCell::gru ? s.by_sums : s.by_input) + first * shape_.gates();
  multiply(by_state_, part_, width, shape_.gates(), sums, x.weight, carried.through, carried.rest);
  for (std::int64_t k = part_.begin * width; k < part_.end * width; ++k)
    carried.h[k] = carried.before[k] + carried.through[k];
}

template <class T>
void StepsBackward<T>::run_row(std::int64_t i, std::int64_t r, const StepsOperands<T>& x, const Slopes& s,
                               const Carried& carried) const {
  const std::int64_t width = shape_.width, hidden = shape_.hidden, gates = shape_.gates();
  const std::int64_t row = shape_.step(i) * shape_.batch + r;
  const bool counts = x.counts(shape_.step(i), r), gru = shape_.cell == RecurrentCell::gru;
  T *const h = carried.h + r * width, *const before = carried.before + r * width, *const c = carried.c + r * hidden;
  if (shape_.projects) {
    if (counts)
      std::copy_n(h, width, s.by_state + row * width);
    else
      std::fill_n(s.by_state + row * width, width, T{0});
  }
  if (!counts) {
    std::copy_n(h, width, before);
    std::fill_n(s.by_input + row * gates, gates, T{0});
    if (gru) std::fill_n(s.by_sums + row * gates, gates, T{0});
    return;
  }
  // Where h is projected it takes no way around the sums.
  if (shape_.projects) std::fill_n(before, width, T{0});
  const T* const c_before = x.c ? state_before(shape_, i, x.c, s.c, hidden) + r * hidden : nullptr;
  cell_slopes(shape_.cell, CellSlopes<T>{.hidden = hidden,
                                         .h = state_before(shape_, i, x.h, s.h, width) + r * width,
                                         .c = c_before,
                                         .next_h = s.h + row * width,
                                         .next_c = x.c ? s.c + row * hidden : nullptr,
                                         .kept = s.kept + row * shape_.kept(),
                                         .by_h = shape_.projects ? carried.hidden + r * hidden : h,
                                         .by_c = x.c ? c : nullptr,
                                         .by_input = s.by_input + row * gates,
                                         .by_sums = gru ? s.by_sums + row * gates : nullptr,
                                         .before_h = shape_.projects ? nullptr : before,
                                         .before_c = x.c ? c : nullptr});
}

template class StepsForward<float>;
template class StepsForward<double>;
template class StepsBackward<float>;
template class StepsBackward<double>;

}  // namespace weft
