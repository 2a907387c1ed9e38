#include "tests/testing/samples.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace weft {
namespace {

constexpr double kKeepOff = 0.05;

std::map<std::string_view, std::vector<Sample>>& registry() {
  static auto& samples = *new std::map<std::string_view, std::vector<Sample>>;
  return samples;
}

bool near_any(double x, const std::vector<double>& points) {
  return std::any_of(points.begin(), points.end(), [x](double p) { return std::abs(x - p) < kKeepOff; });
}

// FNV-1a: the same in every build, unlike std::hash.
std::uint64_t seed_of(const Sample& sample) {
  std::uint64_t h = 0xcbf29ce484222325ULL + static_cast<std::uint64_t>(sample.index);
  for (const char c : sample.op) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace

double SampleBuilder::uniform() {  // splitmix64
  std::uint64_t z = random_ += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

Value SampleBuilder::add(TensorType type, std::span<const double> values) {
  const bool requires_grad = is_floating(type.dtype);
  inputs_.emplace_back(type, values);
  return builder_.value({builder_.graph().add_input(std::move(type), requires_grad), 0});
}

Value SampleBuilder::input(const Shape& shape, const Range& range) {
  const auto n = static_cast<std::size_t>(shape.numel());
  std::vector<double> values(n);
  if (range.distinct) {  // evenly spaced with some jitter, then shuffled
    const double step = (range.high - range.low) / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = range.low + (static_cast<double>(i) + uniform() / 2) * step;
    for (std::size_t i = n; i > 1; --i)
      std::swap(values[i - 1], values[static_cast<std::size_t>(uniform() * static_cast<double>(i))]);
  } else {
    for (double& x : values) do {
        x = range.low + uniform() * (range.high - range.low);
      } while (near_any(x, range.avoid));
  }
  return input_of(shape, values);
}

Value SampleBuilder::input_of(const Shape& shape, const std::vector<double>& values) {
  std::vector<double> rounded(values);
  for (double& x : rounded) x = static_cast<double>(static_cast<float>(x));
  return add({floating_, shape}, rounded);
}

Value SampleBuilder::integers(const Shape& shape, std::int64_t low, std::int64_t high, DType dtype) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (double& x : values) x = std::floor(static_cast<double>(low) + uniform() * static_cast<double>(high - low));
  return add({dtype, shape}, values);
}

Value SampleBuilder::booleans(const Shape& shape) {
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (double& x : values) x = uniform() < 0.5 ? 0 : 1;
  return add({DType::boolean, shape}, values);
}

void OpSamples::add_erased(std::function<std::vector<Value>(SampleBuilder&)> build, const SampleOptions& options) {
  std::vector<Sample>& samples = registry()[op_];
  samples.push_back({op_, static_cast<int>(samples.size()), std::move(build), options});
}

SampleRegistration::SampleRegistration(std::string_view op, const std::function<void(OpSamples&)>& add_samples) {
  OpSamples samples(op);
  add_samples(samples);
}

std::vector<Sample> samples_of(std::string_view op) {
  const auto at = registry().find(op);
  return at == registry().end() ? std::vector<Sample>{} : at->second;
}

std::vector<Sample> all_samples() {
  std::vector<Sample> all;
  for (const auto& [op, samples] : registry()) all.insert(all.end(), samples.begin(), samples.end());
  return all;
}

SampleGraph build_sample(const Sample& sample, DType floating) {
  SampleGraph made;
  SampleBuilder builder(made.graph, made.inputs, floating, seed_of(sample));
  for (const Value& v : sample.build(builder)) made.graph.outputs().push_back(v.id());
  return made;
}

}  // namespace weft
