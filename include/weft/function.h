// compile(fn): a program captured once, planned once and run many times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft {

// Bytes that a compiled program needs, planned before it runs.
struct MemoryReport {
  std::size_t planned_peak_bytes = 0;   // the arena of one run: intermediates, after reuse
  std::size_t scratch_bytes = 0;        // what kernels need to work, for each worker that a run has
  std::size_t without_reuse_bytes = 0;  // the peak if nothing shared bytes
  std::size_t unfused_bytes = 0;        // and if each call of the function were a kernel of its own
  std::size_t variable_bytes = 0;       // parameters, gradients and optimizer state that it reads or writes
  std::size_t constant_bytes = 0;
  std::size_t input_bytes = 0;
  std::size_t output_bytes = 0;

  // The intermediate values that are held when most bytes are, in serial order; the largest first.
  struct Holder {
    std::string value;  // op, type, and the line that made it
    std::size_t bytes = 0;
  };
  std::vector<Holder> at_peak;

  // A few lines for people.
  std::string str() const;
};

// What a number of workers make of a program, from the times that its steps take one after the other.
struct ScheduleReport {
  struct Step {
    std::string name;
    double seconds = 0;
  };
  int workers = 0;
  double work_seconds = 0;       // of all steps: one worker is no faster
  double span_seconds = 0;       // of the critical path: no number of workers is faster
  double predicted_seconds = 0;  // of a run, by simulation
  std::vector<Step> critical_path;

  // The work by the call that it is done for, the longest first.
  struct Call {
    std::string name;  // op, type, and the line that made it
    std::size_t parts = 0;
    double seconds = 0;  // of all parts
    double flops = 0;    // its arithmetic, as far as its kernel tells; a function counts as several operations
  };
  std::vector<Call> calls;

  // A few lines for people.
  std::string str() const;
};

struct FunctionStats {
  std::size_t traces = 0;  // programs captured and planned, one for each input signature
  std::size_t runs = 0;
  std::size_t nodes = 0;               // of the program last used, after optimisation
  std::size_t steps = 0;               // kernel calls of one run of it
  std::size_t arena_bytes_in_use = 0;  // bytes of arenas that were really allocated for it
};

enum class ExecutorKind : std::uint8_t {
  automatic,  // parallel, and serial where the arena has one thread or the program is tiny
  serial,     // the calling thread only
  parallel    // oneTBB tasks in the caller's task arena
};

struct CompileOptions {
  ExecutorKind executor = ExecutorKind::automatic;
};

// The type-erased core of compile().
//
// Called with tensors, it traces fn for a signature (shapes, dtypes, requires_grad of the inputs, and the state of the
// .grad fields that fn reads) that it has not seen, and runs the program. Inside fn, backward(), zero_grad() and
// optimizer steps are captured: parameters, gradients and optimizer state are variables, read at the start of a run and
// written by it. fn runs only while it is traced: values that it prints or branches on cannot be computed there
// (Error).
//
// Threads: may be called from any number of threads. Runs that write no variable go side by side, others take turns.
// A run uses the task arena it is called from. When a run fails the variables keep their values.
class Function {
 public:
  using Body = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

  explicit Function(Body body, CompileOptions options = {});

  std::vector<Tensor> call(const std::vector<Tensor>& inputs, SourceLocation at = SourceLocation::current()) const;

  // Of the program that was used last; empty before the first call.
  MemoryReport memory() const;
  FunctionStats stats() const;
  std::string graph_text() const;
  // The steps of a run: where their operands are, what they are expected to take, which steps follow.
  std::string plan_text() const;
  // Measures each step of the program on copies of its variables, and simulates a run by `workers`. For more than one
  // worker, steps are measured as they run side by side in the caller's task arena: they slow each other down as far as
  // that goes, not as more workers would. Takes the time and the memory of a few runs. Throws
  // Error before the first call, and for less than one worker.
  ScheduleReport schedule_report(int workers, SourceLocation at = SourceLocation::current()) const;
  // Graphviz, with shapes and bytes.
  void write_dot(std::ostream& out) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

namespace detail {
template <class R>
struct Results {  // Tensor
  static std::vector<Tensor> pack(R value) { return {std::move(value)}; }
  static R unpack(std::vector<Tensor> values) { return std::move(values[0]); }
};
template <>
struct Results<void> {
  static void unpack(std::vector<Tensor>) {}
};
template <>
struct Results<std::vector<Tensor>> {
  static std::vector<Tensor> pack(std::vector<Tensor> values) { return values; }
  static std::vector<Tensor> unpack(std::vector<Tensor> values) { return values; }
};
template <class... T>
struct Results<std::tuple<T...>> {
  static std::vector<Tensor> pack(std::tuple<T...> value) {
    return std::apply([](auto&... t) { return std::vector<Tensor>{t...}; }, value);
  }
  static std::tuple<T...> unpack(std::vector<Tensor> values) { return unpack(values, std::index_sequence_for<T...>{}); }
  template <std::size_t... I>
  static std::tuple<T...> unpack(std::vector<Tensor>& values, std::index_sequence<I...>) {
    return {values[I]...};
  }
};

template <class F, class... Args>
F deduce(std::function<F(Args...)>);

template <class F, std::size_t... I>
auto invoke_with(F& fn, const std::vector<Tensor>& in, std::index_sequence<I...>) {
  return fn(in[I]...);
}
}  // namespace detail

// A Function with the argument and return types of fn.
template <class Signature>
class Compiled;
template <class R, class... Args>
class Compiled<R(Args...)> : public Function {
 public:
  template <class F>
  Compiled(F fn, CompileOptions options)
      : Function(
            [fn = std::move(fn)](const std::vector<Tensor>& in) mutable -> std::vector<Tensor> {
              if constexpr (std::is_void_v<R>) {
                detail::invoke_with(fn, in, std::index_sequence_for<Args...>{});
                return {};
              } else {
                return detail::Results<R>::pack(detail::invoke_with(fn, in, std::index_sequence_for<Args...>{}));
              }
            },
            options) {}

  R operator()(const std::type_identity_t<std::decay_t<Args>>&... args) const {
    return detail::Results<R>::unpack(call({args...}));
  }
};

namespace detail {
template <class R, class... Args>
Compiled<R(Args...)> compiled_type(std::function<R(Args...)>*);
}  // namespace detail

// auto step = weft::compile([&](Tensor images, Tensor labels) { ...; return loss; });
// fn takes tensors and returns nothing, a Tensor, a std::tuple of them, or a std::vector of them.
template <class F>
auto compile(F fn, CompileOptions options = {}) {
  using Std = decltype(std::function{fn});
  using Result = decltype(detail::compiled_type(static_cast<Std*>(nullptr)));
  return Result(std::move(fn), options);
}

// Counters of eager use, for the process.
struct EagerStats {
  std::size_t plans = 0;       // programs planned
  std::size_t cache_hits = 0;  // programs found in the plan cache
  std::size_t cached = 0;      // programs that the cache holds now
};
EagerStats eager_stats();
void clear_plan_cache();

}  // namespace weft
