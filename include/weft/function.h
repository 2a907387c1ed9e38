// compile(fn): a program captured once, planned once and run many times.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iosfwd>
#include <map>
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
  std::size_t traces = 0;    // times that the function was traced
  std::size_t plans = 0;     // programs planned
  std::size_t programs = 0;  // programs kept now
  std::size_t runs = 0;
  std::size_t nodes = 0;               // of the program last used, after optimisation
  std::size_t steps = 0;               // kernel calls of one run of it
  std::size_t arena_bytes_in_use = 0;  // what executions of it take at once; all programs of the process share it
};

enum class ExecutorKind : std::uint8_t {
  automatic,  // parallel, and serial where the arena has one thread or the program is tiny
  serial,     // the calling thread only
  parallel    // oneTBB tasks in the caller's task arena
};

enum class Retrace : std::uint8_t {
  on_change,  // when something that the trace has read is different
  always      // at each call: full eager meaning, branches on C++ values included, at planned speed
};

struct CompileOptions {
  ExecutorKind executor = ExecutorKind::automatic;
  Retrace retrace = Retrace::on_change;
  std::size_t max_programs = 8;  // kept, those that were used last
};

namespace detail {

// The arguments or the results of a call, taken apart: its tensors, and what else tells one kind of call from another.
struct Bundle {
  std::vector<Tensor> tensors;
  std::vector<std::uint64_t> numbers;
  std::vector<std::string> names;
};

// Reads a bundle in the order in which it was written. Throws Error where it ends too early, or too late.
class BundleReader {
 public:
  explicit BundleReader(const Bundle& bundle) : bundle_(bundle) {}
  const Tensor& tensor();
  std::uint64_t number();
  const std::string& name();
  void end() const;

 private:
  [[noreturn]] void fail() const;

  const Bundle& bundle_;
  std::size_t tensors_ = 0, numbers_ = 0, names_ = 0;
};

}  // namespace detail

// The type-erased core of compile().
//
// A call does what the same lines do eagerly, to the bit. The function runs only to be traced: when it is called in a
// way that it was not called before (shapes, dtypes and requires_grad of its tensors, which of them are the same
// tensor, numbers, grad mode, training flags of modules, whether the .grad fields that it reads are there), and at each
// call with Retrace::always. What it does to tensors from outside is an effect of each run: writes in place, gradients,
// optimizer steps, draws of random numbers. Effects happen at the end of a run, all or none. What cannot be captured
// throws when it is traced: looking at values, seeding the generator. Other C++ values that the function reads are
// constants of the program.
//
// Results carry gradients as those of the same lines do.
//
// Threads: may be called from any number of threads. Runs that write the same tensors take turns, others go side by
// side. A run uses the task arena it is called from.
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

 protected:
  using BundleBody = std::function<detail::Bundle(const detail::Bundle&)>;
  struct OfBundles {};
  Function(OfBundles, BundleBody body, CompileOptions options);
  detail::Bundle call_bundle(const detail::Bundle& inputs, SourceLocation at) const;

 private:
  struct Impl;
  Impl& impl(SourceLocation at) const;

  std::shared_ptr<Impl> impl_;
};

namespace detail {

// ---- What functions take and give back: tensors, numbers, and vectors, arrays, tuples, pairs, maps by name and plain
// structs of these.
template <class T>
struct Flat;

// Stands for any member of a struct.
struct AnyMember {
  template <class T>
  operator T() const;
};
template <class T, std::size_t... I>
constexpr bool has_members(std::index_sequence<I...>) {
  return requires { T{(void(I), AnyMember{})...}; };
}
template <class T, std::size_t N = 8>
constexpr std::size_t num_members() {
  if constexpr (N == 0 || has_members<T>(std::make_index_sequence<N>{}))
    return N;
  else
    return num_members<T, N - 1>();
}
template <class T, class F>
void for_each_member(T& value, F f) {
  constexpr std::size_t n = num_members<std::remove_const_t<T>>();
  static_assert(n > 0, "compile() takes structs of one to eight tensors, numbers and containers of them");
  if constexpr (n == 1) {
    auto& [a] = value;
    f(a);
  } else if constexpr (n == 2) {
    auto& [a, b] = value;
    f(a), f(b);
  } else if constexpr (n == 3) {
    auto& [a, b, c] = value;
    f(a), f(b), f(c);
  } else if constexpr (n == 4) {
    auto& [a, b, c, d] = value;
    f(a), f(b), f(c), f(d);
  } else if constexpr (n == 5) {
    auto& [a, b, c, d, e] = value;
    f(a), f(b), f(c), f(d), f(e);
  } else if constexpr (n == 6) {
    auto& [a, b, c, d, e, g] = value;
    f(a), f(b), f(c), f(d), f(e), f(g);
  } else if constexpr (n == 7) {
    auto& [a, b, c, d, e, g, h] = value;
    f(a), f(b), f(c), f(d), f(e), f(g), f(h);
  } else {
    auto& [a, b, c, d, e, g, h, i] = value;
    f(a), f(b), f(c), f(d), f(e), f(g), f(h), f(i);
  }
}

template <class T>
void write(const T& value, Bundle& to) {
  Flat<T>::write(value, to);
}
template <class T>
void read(T& value, BundleReader& from) {
  Flat<T>::read(value, from);
}

template <class T>
struct Flat {
  static_assert(std::is_aggregate_v<T>, "compile() takes tensors, numbers, containers and plain structs of them");
  static void write(const T& value, Bundle& to) {
    for_each_member(value, [&](const auto& member) { detail::write(member, to); });
  }
  static void read(T& value, BundleReader& from) {
    for_each_member(value, [&](auto& member) { detail::read(member, from); });
  }
};
template <>
struct Flat<Tensor> {
  static void write(const Tensor& value, Bundle& to) { to.tensors.push_back(value); }
  static void read(Tensor& value, BundleReader& from) { value = from.tensor(); }
};
template <class T>
requires std::is_arithmetic_v<T> || std::is_enum_v<T>
struct Flat<T> {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  static void write(const T& value, Bundle& to) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    to.numbers.push_back(bits);
  }
  static void read(T& value, BundleReader& from) {
    const std::uint64_t bits = from.number();
    std::memcpy(&value, &bits, sizeof value);
  }
};
template <class T>
struct Flat<std::vector<T>> {
  static void write(const std::vector<T>& value, Bundle& to) {
    to.numbers.push_back(value.size());
    for (const T& element : value) detail::write(element, to);
  }
  static void read(std::vector<T>& value, BundleReader& from) {
    value.resize(from.number());
    for (T& element : value) detail::read(element, from);
  }
};
template <class T, std::size_t N>
struct Flat<std::array<T, N>> {
  static void write(const std::array<T, N>& value, Bundle& to) {
    for (const T& element : value) detail::write(element, to);
  }
  static void read(std::array<T, N>& value, BundleReader& from) {
    for (T& element : value) detail::read(element, from);
  }
};
template <class T>
struct Flat<std::map<std::string, T>> {
  static void write(const std::map<std::string, T>& value, Bundle& to) {
    to.numbers.push_back(value.size());
    for (const auto& [name, element] : value) {
      to.names.push_back(name);
      detail::write(element, to);
    }
  }
  static void read(std::map<std::string, T>& value, BundleReader& from) {
    for (std::uint64_t left = from.number(); left > 0; --left) {
      const std::string name = from.name();
      detail::read(value[name], from);
    }
  }
};
template <class... T>
struct Flat<std::tuple<T...>> {
  static void write(const std::tuple<T...>& value, Bundle& to) {
    std::apply([&](const auto&... element) { (detail::write(element, to), ...); }, value);
  }
  static void read(std::tuple<T...>& value, BundleReader& from) {
    std::apply([&](auto&... element) { (detail::read(element, from), ...); }, value);
  }
};
template <class A, class B>
struct Flat<std::pair<A, B>> {
  static void write(const std::pair<A, B>& value, Bundle& to) {
    detail::write(value.first, to);
    detail::write(value.second, to);
  }
  static void read(std::pair<A, B>& value, BundleReader& from) {
    detail::read(value.first, from);
    detail::read(value.second, from);
  }
};

// An argument, and where in the user's code it was handed over.
template <class T>
struct Located {
  template <class U>
  requires std::convertible_to<U&&, T> Located(U&& v, SourceLocation a = SourceLocation::current())
      : value(std::forward<U>(v)), at(a) {}
  T value;
  SourceLocation at;
};

// The signature of a function, or of the call operator of an object.
template <class F>
struct SignatureOf : SignatureOf<decltype(&F::operator())> {};
template <class R, class... Args>
struct SignatureOf<R (*)(Args...)> {
  using type = R(Args...);
};
template <class C, class R, class... Args>
struct SignatureOf<R (C::*)(Args...)> {
  using type = R(Args...);
};
template <class C, class R, class... Args>
struct SignatureOf<R (C::*)(Args...) const> {
  using type = R(Args...);
};
template <class C, class R, class... Args>
struct SignatureOf<R (C::*)(Args...) noexcept> {
  using type = R(Args...);
};
template <class C, class R, class... Args>
struct SignatureOf<R (C::*)(Args...) const noexcept> {
  using type = R(Args...);
};

// Throws Error for a std::function, or a pointer, that is empty.
void require_callable(bool callable);

}  // namespace detail

// A Function with the argument and return types of fn.
template <class Signature>
class Compiled;
template <class R, class... Args>
class Compiled<R(Args...)> : public Function {
 public:
  template <class F>
  Compiled(F fn, CompileOptions options) : Function(OfBundles{}, body_of(std::move(fn)), options) {}

  R operator()(detail::Located<std::decay_t<Args>>... args) const requires(sizeof...(Args) > 0) {
    detail::Bundle inputs;
    (detail::write(args.value, inputs), ...);
    const SourceLocation places[] = {args.at...};
    return result(call_bundle(inputs, places[0]));
  }
  R operator()(SourceLocation at = SourceLocation::current()) const requires(sizeof...(Args) == 0) {
    return result(call_bundle({}, at));
  }

 private:
  static R result(const detail::Bundle& bundle) {
    if constexpr (!std::is_void_v<R>) {
      std::decay_t<R> value{};
      detail::BundleReader reader(bundle);
      detail::read(value, reader);
      return value;
    }
  }

  template <class F>
  static BundleBody body_of(F fn) {
    // A lambda without captures is a bool, too, by way of a pointer: never an empty one.
    constexpr bool is_lambda = !std::is_pointer_v<F> && std::is_convertible_v<const F&, R (*)(Args...)>;
    if constexpr (std::is_constructible_v<bool, const F&> && !is_lambda)
      detail::require_callable(static_cast<bool>(fn));
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
requires(!std::is_function_v<F>) auto compile(F fn, CompileOptions options = {}) {
  return Compiled<typename detail::SignatureOf<F>::type>(std::move(fn), options);
}
template <class Signature, class F>
requires std::is_function_v<Signature>
auto compile(F fn, CompileOptions options = {}) { return Compiled<Signature>(std::move(fn), options); }

// Counters of eager use, for the process.
struct EagerStats {
  std::size_t plans = 0;       // programs planned
  std::size_t cache_hits = 0;  // programs found in the plan cache
  std::size_t cached = 0;      // programs that the cache holds now
};
EagerStats eager_stats();
void clear_plan_cache();

}  // namespace weft
