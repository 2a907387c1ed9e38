// compile(fn): a function that is traced once, planned once and run many times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/call.h"
#include "weft/diagnosis.h"
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

// A prediction of a run by a number of workers, from the measured times of its steps.
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
  std::size_t traces = 0;    // times that the function was traced
  std::size_t plans = 0;     // programs planned
  std::size_t programs = 0;  // programs kept now
  std::size_t runs = 0;
  std::size_t nodes = 0;               // of the program last used, after optimisation
  std::size_t steps = 0;               // kernel calls of one run of it
  std::size_t arena_bytes_in_use = 0;  // what executions of it take at once; all programs of the process share it
};

enum class ExecutorKind : std::uint8_t {
  automatic,  // parallel, and serial where the arena has one thread, the program is tiny, or that was faster of late
  serial,     // the calling thread only
  parallel    // oneTBB tasks in the caller's task arena
};

enum class Retrace : std::uint8_t {
  on_change,  // when something that the trace has read is different
  always      // at each call: branches on C++ values work as in eager use, and plans are reused
};

struct CompileOptions {
  ExecutorKind executor = ExecutorKind::automatic;
  Retrace retrace = Retrace::on_change;
  std::size_t max_programs = 8;  // kept: the most recently used
  // Denormal numbers count as zero, in all threads of a run: on some processors arithmetic with them takes a hundred
  // times as long. Off as in PyTorch, since it changes results near zero.
  bool flush_denormals = false;
  // Where the graph is printed as it was captured and after every pass, whenever a program is planned. Null: nowhere.
  // It must outlive the function.
  std::ostream* print_passes = nullptr;
  // Keeps what the last call read and wrote as it was before, for Function::explain_last_run(): as much memory again as
  // the tensors that it writes, and the arguments stay alive.
  bool keep_last_run = false;
};

// Where a call writes its results: f.call_into({y}, x). And where in the user's code they were named.
class Outputs {
 public:
  Outputs(std::initializer_list<Tensor> tensors, SourceLocation at = SourceLocation::current())
      : tensors_(tensors), at_(at) {}
  Outputs(std::vector<Tensor> tensors, SourceLocation at = SourceLocation::current())
      : tensors_(std::move(tensors)), at_(at) {}

  const std::vector<Tensor>& tensors() const { return tensors_; }
  SourceLocation at() const { return at_; }

 private:
  std::vector<Tensor> tensors_;
  SourceLocation at_;
};

// The type-erased core of compile().
//
// A call gives the bits that the same lines give eagerly. The first call with a signature traces the function; later
// calls run the compiled program. The signature: shapes, dtypes and requires_grad of the tensors, which of them are the
// same tensor, numbers, grad mode, training flags of modules, and whether the .grad fields that the function reads are
// there. With Retrace::always, every call traces.
//
// What the function does to tensors from outside (writes in place, gradients, optimizer steps, random numbers drawn)
// happens at the end of each run, all of it or none. What cannot be captured throws while it is traced: looking at
// values, seeding the generator. Other C++ values that the function reads are constants of the program; builds without
// NDEBUG trace every 64th call again, and throw Error where that gives another program.
//
// Results carry gradients as those of the same lines do.
//
// Threads: may be called from any number of threads. Runs that write the same tensors, or set the .grad of the same
// ones, take turns; others run side by side. A run reads what the last complete run left. It does not wait for one that
// trains, except the first time that the two meet: from then on that one writes to other bytes than those read. A run
// uses the task arena it is called from.
class Function {
 public:
  using Body = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

  explicit Function(Body body, CompileOptions options = {}, SourceLocation at = SourceLocation::current());

  std::vector<Tensor> call(const std::vector<Tensor>& inputs, SourceLocation at = SourceLocation::current()) const;
  // Calls the function, and writes its results to these tensors, such as tensors in memory of the host (weft/host.h);
  // they may be arguments, too. Gradients do not see it. Throws Error where there are other numbers of outputs and
  // results, or one is no leaf of the result's type; the call itself has happened then.
  void call_into(const Outputs& outputs, const std::vector<Tensor>& inputs) const;

  // Of the program that was used last; empty before the first call.
  MemoryReport memory(SourceLocation at = SourceLocation::current()) const;
  FunctionStats stats(SourceLocation at = SourceLocation::current()) const;
  std::string graph_text(SourceLocation at = SourceLocation::current()) const;
  // The steps of a run: where their operands are, what they are expected to take, which steps follow.
  std::string plan_text(SourceLocation at = SourceLocation::current()) const;
  // Measures each step of the program on copies of its variables, and simulates a run by `workers`. For more than one
  // worker, steps are measured while they run side by side in the caller's task arena, so the times include how much
  // that many threads slow each other down, not how much `workers` would. Takes the time and the memory of a few runs.
  // Throws Error before the first call, and for less than one worker.
  ScheduleReport schedule_report(int workers, SourceLocation at = SourceLocation::current()) const;
  // Writes one run of the program to a file in the JSON of Chrome's trace viewer and of Perfetto: a lane for each
  // worker of the caller's task arena, with each step (operation, result, your line, bytes, GFLOP/s) and how long the
  // worker waited before it. The run is one on copies of the variables and arguments of zeros, after one that warms it
  // up: it changes nothing. Other runs measure nothing. Throws Error before the first call, and where the file cannot
  // be written.
  void trace_run(const std::string& path, SourceLocation at = SourceLocation::current()) const;
  // Writes a page about the program to a file: the memory map of its plan with the values at the peak, the steps of one
  // run by worker with the critical path, and the work by operation and line. HTML for any browser, which needs no
  // network and no script. The run is the fastest of a few as trace_run() has them, and changes nothing. The file is
  // there as a whole or not at all. Throws Error before the first call, and where the file cannot be written.
  void report(const std::string& path, SourceLocation at = SourceLocation::current()) const;
  // Graphviz, with shapes and bytes. Of more than 200 nodes those of one operation and line are one box, since Graphviz
  // takes minutes for a thousand.
  void write_dot(std::ostream& out, SourceLocation at = SourceLocation::current()) const;

  // Where nan and infinity come from: does what a call with these inputs would do now, operation by operation and to
  // the bit, and looks at every result. No tensor, no .grad and no generator changes; the function itself is traced
  // once more. Slow: for looking for a fault. Throws Error as the call would.
  NonfiniteReport explain_nonfinite(const std::vector<Tensor>& inputs,
                                    SourceLocation at = SourceLocation::current()) const;
  // The same of the last call that ended, with what it found: parameters as they were before it, its arguments, its
  // random numbers. Throws Error without CompileOptions::keep_last_run, and before the first call.
  NonfiniteReport explain_last_run(SourceLocation at = SourceLocation::current()) const;
  // Which parameters the program that was used last computes gradients for, and why others get none: those that the
  // function met and that require gradients, and `parameters` (such as model.named_parameters()) by their names. Throws
  // Error before the first call, and for undefined tensors.
  GradientAudit gradient_audit(const std::vector<std::pair<std::string, Tensor>>& parameters = {},
                               SourceLocation at = SourceLocation::current()) const;

 protected:
  using BundleBody = std::function<detail::Bundle(const detail::Bundle&)>;
  struct OfBundles {};
  Function(OfBundles, BundleBody body, CompileOptions options);
  detail::Bundle call_bundle(const detail::Bundle& inputs, SourceLocation at) const;
  void call_bundle_into(const Outputs& outputs, const detail::Bundle& inputs) const;
  NonfiniteReport explain_bundle(const detail::Bundle& inputs, SourceLocation at) const;

 private:
  struct Impl;
  Impl& impl(SourceLocation at) const;

  std::shared_ptr<Impl> impl_;
};

// A Function with the argument and return types of fn.
template <class Signature>
class Compiled;
template <class R, class... Args>
class Compiled<R(Args...)> : public Function {
 public:
  template <class F>
  Compiled(F fn, CompileOptions options, SourceLocation at = SourceLocation::current())
      : Function(OfBundles{}, body_of(std::move(fn), at), options) {}

  R operator()(detail::Located<std::decay_t<Args>>... args) const requires(sizeof...(Args) > 0) {
    detail::Bundle inputs;
    (detail::write(args.value, inputs), ...);
    const SourceLocation places[] = {args.at...};
    return call_at(places[0], inputs);
  }
  R operator()(SourceLocation at = SourceLocation::current()) const requires(sizeof...(Args) == 0) {
    return call_at(at, {});
  }

  // See Function::explain_nonfinite().
  NonfiniteReport explain_nonfinite(detail::Located<std::decay_t<Args>>... args) const requires(sizeof...(Args) > 0) {
    detail::Bundle inputs;
    (detail::write(args.value, inputs), ...);
    const SourceLocation places[] = {args.at...};
    return explain_bundle(inputs, places[0]);
  }
  NonfiniteReport explain_nonfinite(SourceLocation at = SourceLocation::current()) const
      requires(sizeof...(Args) == 0) {
    return explain_bundle({}, at);
  }

  // Calls it, and writes the tensors of what it gives back, in their order: see Function::call_into().
  void call_into(const Outputs& outputs, const std::decay_t<Args>&... args) const {
    detail::Bundle inputs;
    (detail::write(args, inputs), ...);
    call_bundle_into(outputs, inputs);
  }

 private:
  R call_at(SourceLocation at, const detail::Bundle& inputs) const {
    return result(detail::placed(at, [&] { return call_bundle(inputs, at); }));
  }
  static R result(const detail::Bundle& bundle) {
    if constexpr (!std::is_void_v<R>) {
      std::decay_t<R> value{};
      detail::BundleReader reader(bundle);
      detail::read(value, reader);
      return value;
    }
  }

  template <class F>
  static BundleBody body_of(F fn, SourceLocation at) {
    // A lambda without captures is a bool, too, by way of a pointer: never an empty one.
    constexpr bool is_lambda = !std::is_pointer_v<F> && std::is_convertible_v<const F&, R (*)(Args...)>;
    if constexpr (std::is_constructible_v<bool, const F&> && !is_lambda)
      detail::placed(at, [&] { detail::require_callable(static_cast<bool>(fn)); });
    // Shared, since a std::function must be copied and fn need not be.
    return [shared = std::make_shared<F>(std::move(fn))](const detail::Bundle& inputs) {
      std::tuple<std::decay_t<Args>...> args;
      detail::BundleReader reader(inputs);
      detail::read(args, reader);
      reader.end();
      detail::Bundle results;
      const auto invoke = [&](auto&... arg) -> R { return (*shared)(static_cast<Args&&>(arg)...); };
      if constexpr (std::is_void_v<R>)
        std::apply(invoke, args);
      else
        detail::write<std::decay_t<R>>(std::apply(invoke, args), results);
      return results;
    };
  }
};

// auto step = weft::compile([&](Tensor images, Tensor labels) { ...; return loss; });
// fn takes and returns tensors, numbers (arguments only; their values tell one program from another), and vectors,
// arrays, tuples, maps by name and plain structs of them. A generic lambda is given its types:
// compile<Tensor(Tensor, Tensor)>([](auto a, auto b) { ... }).
template <class F>
requires(!std::is_function_v<F>) auto compile(F fn, CompileOptions options = {},
                                              SourceLocation at = SourceLocation::current()) {
  return Compiled<typename detail::SignatureOf<F>::type>(std::move(fn), options, at);
}
template <class Signature, class F>
requires std::is_function_v<Signature>
auto compile(F fn, CompileOptions options = {}, SourceLocation at = SourceLocation::current()) {
  return Compiled<Signature>(std::move(fn), options, at);
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
