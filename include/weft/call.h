// How compiled functions are called: their arguments and results, flattened into tensors and the rest of the signature.
// For weft/function.h.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft::detail {

// The arguments or the results of a call, flattened: its tensors, and the rest of the signature.
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

}  // namespace weft::detail
