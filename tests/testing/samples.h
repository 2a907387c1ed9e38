// Samples: small calls of each op. tests/all_ops_test.cc loops over all registered ops and puts every sample through
// every check (gradients in f64 against central differences, twice; f32 against f64; text round trip; planned runs
// against the plain interpreter), and fails for an op without samples. Register them in
// tests/ops/samples/samples_<family>.cc:
//
//   WEFT_OP_SAMPLES("matmul", [](OpSamples& s) {
//     s.add([](SampleBuilder& b) { return matmul(b.input({2, 3}), b.input({3, 4})); });
//     s.add([](SampleBuilder& b) { return matmul(b.input({0, 3}), b.input({3, 4})); });  // no elements
//     s.add([](SampleBuilder& b) { return matmul(b.input({65, 33}), b.input({33, 17})); }, {.f32_tolerance = 1e-4});
//   });
//   WEFT_OP_SAMPLES("log", [](OpSamples& s) {
//     s.add([](SampleBuilder& b) { return log(b.input({5, 7}, {.low = 0.1, .high = 3})); });
//   });
//   WEFT_OP_SAMPLES("relu", [](OpSamples& s) {
//     s.add([](SampleBuilder& b) { return relu(b.input({3, 5}, {.avoid = {0}})); });  // values keep off the kink
//   });
//
// Give each op: an odd size, extents of 1, broadcasting where it does, and no elements. Gradcheck costs two runs for
// each element: a few dozen elements a sample, or {.gradients = false} for larger ones.
#pragma once

#include <functional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "graph/builder.h"
#include "tests/testing/interpreter.h"

namespace weft {

// Where the values of an input lie.
struct Range {
  double low = -2;
  double high = 2;
  std::vector<double> avoid = {};  // values keep 0.05 away from these points, where gradients break
  bool distinct = false;           // no two values closer than (high - low) / (2 numel): for max, min and their kind
};

// Makes the inputs of a sample: seeded random values that f32 holds exactly, so that an f32 and an f64 build of one
// sample see equal numbers.
class SampleBuilder {
 public:
  SampleBuilder(Graph& graph, std::vector<HostTensor>& inputs, DType floating, std::uint64_t seed)
      : builder_(graph), inputs_(inputs), floating_(floating), random_(seed) {}

  // A floating input (f64 for gradients, f32 for the comparison of kernels) that requires gradients.
  Value input(const Shape& shape, const Range& range = {});
  // The same with these values.
  Value input_of(const Shape& shape, const std::vector<double>& values);
  // Uniform in [low, high); u8 wraps around.
  Value integers(const Shape& shape, std::int64_t low, std::int64_t high, DType dtype = DType::i64);
  Value booleans(const Shape& shape);

  DType floating() const { return floating_; }
  // For ops without inputs.
  Builder& builder() { return builder_; }

 private:
  Value add(TensorType type, std::span<const double> values);
  double uniform();

  Builder builder_;
  std::vector<HostTensor>& inputs_;
  DType floating_;
  std::uint64_t random_;
};

struct SampleOptions {
  bool gradients = true;  // check first derivatives
  bool smooth = true;     // check second derivatives too
  // f32 results differ from f64 results by at most this times max(1, |result|).
  double f32_tolerance = 1e-5;
};

struct Sample {
  std::string_view op;
  int index = 0;
  std::function<std::vector<Value>(SampleBuilder&)> build;
  SampleOptions options;
};

// The samples of one op. build returns a Value or a std::vector<Value> of results, computed by the op among others.
class OpSamples {
 public:
  explicit OpSamples(std::string_view op) : op_(op) {}

  template <class F>
  void add(F build, const SampleOptions& options = {}) {
    add_erased(
        [build](SampleBuilder& b) -> std::vector<Value> {
          if constexpr (std::is_same_v<decltype(build(b)), Value>)
            return {build(b)};
          else
            return build(b);
        },
        options);
  }

 private:
  void add_erased(std::function<std::vector<Value>(SampleBuilder&)> build, const SampleOptions& options);
  std::string_view op_;
};

struct SampleRegistration {
  SampleRegistration(std::string_view op, const std::function<void(OpSamples&)>& add_samples);
};
#define WEFT_OP_SAMPLES_NAME2(line) op_samples_##line
#define WEFT_OP_SAMPLES_NAME(line) WEFT_OP_SAMPLES_NAME2(line)
#define WEFT_OP_SAMPLES(op, ...) \
  static const ::weft::SampleRegistration WEFT_OP_SAMPLES_NAME(__LINE__) { op, __VA_ARGS__ }

// Of this op; of all ops, by op.
std::vector<Sample> samples_of(std::string_view op);
std::vector<Sample> all_samples();

// A sample as a graph with its inputs. Equal calls give equal graphs and equal numbers.
struct SampleGraph {
  Graph graph;
  std::vector<HostTensor> inputs;
};
SampleGraph build_sample(const Sample& sample, DType floating);

}  // namespace weft
