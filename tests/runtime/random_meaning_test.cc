// Random programs with writes in place, views, looks, several backward() calls and compiled bodies: eager, looked at in
// random places, compiled and traced anew at each call, they give the same bits.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "weft/weft.h"

namespace weft {
namespace {

constexpr std::int64_t kRows = 3, kCols = 4;

// The lines of a program: it is interpreted as often as somebody wants, always with the same choices.
struct Line {
  int kind;
  std::size_t a, b;
  std::int64_t n;
  bool look;
};
std::vector<Line> random_lines(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  std::vector<Line> lines(4 + below(12));
  for (Line& line : lines)
    line = {static_cast<int>(below(16)), below(64), below(64), static_cast<std::int64_t>(below(kRows)), below(3) == 0};
  return lines;
}

// Leaves with their values from the seed.
std::vector<Tensor> leaves(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Tensor> made;
  for (int i = 0; i < 4; ++i) {
    std::vector<float> values(kRows * kCols);
    for (float& v : values) v = static_cast<float>(static_cast<double>(random() % 2000) / 500.0 - 2.0);
    made.push_back(from_data(std::span<const float>(values), Shape{kRows, kCols}));
    if (i < 2) made.back().requires_grad_();
  }
  return made;
}

void write(const Line& line, const Tensor& target, const Tensor& source) {
  const NoGradGuard no_grad;
  switch (line.kind) {
    case 8:
      target.add_(source * 0.25);
      break;
    case 9:
      target.select(0, line.n).mul_(0.5);
      break;
    case 10:
      target.narrow(1, line.n, 1).copy_(source.narrow(1, 0, 1));
      break;
    case 11:
      target.t().select(1, line.n).fill_(0.125);
      break;
    default:
      target.view({-1}).sub_(0.0625);
  }
}

Tensor combine(const Line& line, const Tensor& a, const Tensor& b) {
  switch (line.kind) {
    case 0:
      return a + b;
    case 1:
      return a * b;
    case 2:
      return tanh(a) - b;
    case 3:
      return a.t().reshape({kRows, kCols}) * 0.5 + b;
    case 4:
      return matmul(a, b.t()).narrow(1, 0, 1) + a;
    case 5:
      return a.sum({0}) * b;
    case 6:
      return relu(a) + b.select(0, line.n);
    default:
      return a.detach() * b;
  }
}

// Runs the lines on tensors; returns the values that are alive at the end.
std::vector<Tensor> run(const std::vector<Line>& lines, std::vector<Tensor> alive, bool may_look, bool all_looks) {
  for (const Line& line : lines) {
    const Tensor a = alive[line.a % alive.size()], b = alive[line.b % alive.size()];
    if (line.kind < 8) {
      alive.push_back(combine(line, a, b));
    } else if (line.kind < 13) {
      write(line, a, b);
    } else if (line.kind == 13) {
      const Tensor base = a * 1.0;  // a result, which may be written with gradients
      base.narrow(0, line.n, 1).add_(b.narrow(0, 0, 1));
      alive.push_back(base);
    } else {
      const Tensor loss = (tanh(a) * tanh(b)).sum();
      if (loss.requires_grad()) loss.backward({}, /*retain_graph=*/true);
    }
    if (may_look && (line.look || all_looks)) (void)alive.back().sum().item();
  }
  return alive;
}

// All bits that a program leaves: values, leaves and their gradients.
std::vector<std::vector<float>> bits(const std::vector<Tensor>& results, const std::vector<Tensor>& leaves) {
  std::vector<std::vector<float>> all;
  for (const Tensor& t : results) all.push_back(t.to_vector<float>());
  for (const Tensor& t : leaves) {
    all.push_back(t.to_vector<float>());
    all.push_back(t.grad().defined() ? t.grad().to_vector<float>() : std::vector<float>{});
  }
  return all;
}

bool same_bits(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].size() != b[i].size() ||
        (!a[i].empty() && std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(float)) != 0))
      return false;
  return true;
}

// WEFT_RANDOM_PROGRAMS sets another number of programs.
std::uint64_t num_programs() {
  const char* const asked = std::getenv("WEFT_RANDOM_PROGRAMS");
  return asked ? std::strtoull(asked, nullptr, 10) : 2000;
}

TEST(RandomMeaningTest, LooksAndCompilationChangeNoBit) {
  for (std::uint64_t seed = 1; seed <= num_programs(); ++seed) {
    const std::vector<Line> lines = random_lines(seed);
    const auto eagerly = [&](bool may_look, bool all_looks) {
      const std::vector<Tensor> given = leaves(seed);
      std::vector<Tensor> results = run(lines, given, may_look, all_looks);
      results = run(lines, given, may_look, all_looks);
      return bits(results, given);
    };
    const auto compiled = [&](CompileOptions options) {
      const std::vector<Tensor> given = leaves(seed);
      const Function function(
          [&](const std::vector<Tensor>& in) {
            std::vector<Tensor> all = given;
            for (std::size_t i = 0; i < in.size(); ++i) all[2 + i] = in[i];
            return run(lines, all, false, false);
          },
          options);
      std::vector<Tensor> results = function.call({given[2], given[3]});
      results = function.call({given[2], given[3]});
      return bits(results, given);
    };
    const auto expected = eagerly(false, false);
    EXPECT_TRUE(same_bits(eagerly(true, false), expected)) << "looked at, seed " << seed;
    EXPECT_TRUE(same_bits(eagerly(true, true), expected)) << "looked at everywhere, seed " << seed;
    EXPECT_TRUE(same_bits(compiled({.executor = ExecutorKind::serial}), expected)) << "compiled, seed " << seed;
    EXPECT_TRUE(same_bits(compiled({.executor = ExecutorKind::parallel}), expected)) << "parallel, seed " << seed;
    EXPECT_TRUE(same_bits(compiled({.retrace = Retrace::always}), expected)) << "traced anew, seed " << seed;
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace weft
