#include "graph/attrs.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_set>

#include "graph/element_program.h"

namespace weft {
namespace {

std::size_t mix(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

std::size_t hash_value(const AttrValue& value) {
  return std::visit(
      [](const auto& v) -> std::size_t {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, Dims>) {
          std::size_t h = v.size();
          for (std::int64_t d : v) h = mix(h, static_cast<std::size_t>(d));
          return h;
        } else if constexpr (std::is_same_v<T, double>) {
          return std::bit_cast<std::uint64_t>(v);
        } else if constexpr (std::is_same_v<T, ElementProgramPtr>) {
          return std::hash<std::string>{}(v->str());
        } else {
          return std::hash<T>{}(v);
        }
      },
      value);
}

bool same_value(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  if (const auto* number = std::get_if<double>(&a))
    return std::bit_cast<std::uint64_t>(*number) == std::bit_cast<std::uint64_t>(std::get<double>(b));
  if (const auto* program = std::get_if<ElementProgramPtr>(&a)) {
    const auto& other = std::get<ElementProgramPtr>(b);
    return *program == other || **program == *other;
  }
  return a == b;
}

}  // namespace

Attrs::Attrs(std::initializer_list<Entry> entries) {
  entries_.reserve(entries.size());
  for (const auto& [name, value] : entries) set(name, value);
}

const AttrValue* Attrs::find(std::string_view name) const {
  for (const Entry& entry : entries_)
    if (entry.first == name) return &entry.second;
  return nullptr;
}

void Attrs::set(std::string_view name, AttrValue value) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), name,
                                   [](const Entry& a, std::string_view b) { return a.first < b; });
  if (at != entries_.end() && at->first == name)
    at->second = std::move(value);
  else
    entries_.insert(at, {name, std::move(value)});
}

bool Attrs::operator==(const Attrs& other) const {
  return std::equal(begin(), end(), other.begin(), other.end(), [](const Entry& a, const Entry& b) {
    return a.first == b.first && same_value(a.second, b.second);
  });
}

std::size_t Attrs::hash() const {
  std::size_t h = entries_.size();
  for (const auto& [name, value] : entries_)
    h = mix(mix(h, std::hash<std::string_view>{}(name)), mix(value.index(), hash_value(value)));
  return h;
}

std::string_view intern(std::string_view text) {
  static std::mutex mutex;
  static auto& texts = *new std::unordered_set<std::string>;  // never destroyed: graphs may outlive main
  const std::lock_guard lock(mutex);
  return *texts.emplace(text).first;
}

}  // namespace weft
