// All steps of a recurrent layer for some rows of the batch, on one thread: their states and the weights stay in the
// cache. For f32 and f64.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/kernels/gemm/gemm.h"
#include "ops/kernels/recurrent/cells.h"

namespace weft {

struct StepsShape {
  RecurrentCell cell;
  std::int64_t steps, batch, hidden, width;  // width: of h; hidden where nothing projects
  bool reverse, projects;

  std::int64_t gates() const { return gates_of(cell) * hidden; }
  std::int64_t kept() const { return kept_of(cell) * hidden; }
  // The step that is computed as number i, and the one before it; -1: the first state.
  std::int64_t step(std::int64_t i) const { return reverse ? steps - 1 - i : i; }
  std::int64_t before(std::int64_t i) const { return i == 0 ? -1 : step(i - 1); }
  double flops() const;
};

// Rows of the batch that are computed together.
struct StepsPart {
  std::int64_t begin, end;
};
std::vector<StepsPart> parts_of(const StepsShape& shape);

// Null: there is none. Dense; weight [gates, width], projection [width, hidden].
template <class T>
struct StepsOperands {
  const T *input, *weight, *h, *c = nullptr, *bias = nullptr;
  const std::int64_t* lengths = nullptr;
  const T* projection = nullptr;
  bool counts(std::int64_t step, std::int64_t row) const { return !lengths || step < lengths[row]; }
};

template <class T>
class StepsForward {
 public:
  StepsForward(const StepsShape& shape, const StepsPart& part);
  std::size_t scratch_bytes() const;
  struct Results {
    T *h, *c, *kept;  // [steps, batch, ..]
  };
  void run(const StepsOperands<T>& x, const Results& to, T* scratch) const;

 private:
  void finish_step(std::int64_t i, std::int64_t first, const StepsOperands<T>& x, const Results& to) const;

  StepsShape shape_;
  StepsPart part_;
  GemmPart<T> sums_, projected_;
};

template <class T>
class StepsBackward {
 public:
  StepsBackward(const StepsShape& shape, const StepsPart& part);
  std::size_t scratch_bytes() const;
  struct Slopes {
    const T *h, *c, *kept, *by_h, *by_c;  // what the forward pass gave, and slopes by it
    T *by_input, *by_sums, *by_state, *to_h,
        *to_c;  // by_sums of a GRU; by_state, the whole slope by h, where it projects
  };
  void run(const StepsOperands<T>& x, const Slopes& s, T* scratch) const;

 private:
  struct Carried;
  void run_step(std::int64_t i, const StepsOperands<T>& x, const Slopes& s, const Carried& carried) const;
  void run_row(std::int64_t i, std::int64_t row, const StepsOperands<T>& x, const Slopes& s,
               const Carried& carried) const;

  StepsShape shape_;
  StepsPart part_;
  GemmPart<T> by_state_, by_hidden_;
};

}  // namespace weft
