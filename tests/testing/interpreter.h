// Runs a graph the plain way: node after node, each with its own compiled kernel and buffers of its own. Shares nothing
// with runtime/, so what the planner and the executors compute can be held against it.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace weft {

// A value for tests: a type and its bytes, aligned to 64. New bytes are 0xCD, never 0 by luck, and a guard after the
// last element tells whether somebody wrote there.
class HostTensor {
 public:
  HostTensor() : HostTensor(TensorType{}) {}
  explicit HostTensor(TensorType type);
  // Elements given as numbers, row-major, converted to the dtype. There must be type.shape.numel() of them.
  HostTensor(TensorType type, std::span<const double> values);
  HostTensor(TensorType type, std::initializer_list<double> values)
      : HostTensor(std::move(type), std::span(values.begin(), values.size())) {}
  HostTensor(TensorType type, const std::vector<double>& values) : HostTensor(std::move(type), std::span(values)) {}

  const TensorType& type() const { return type_; }
  std::int64_t numel() const { return type_.shape.numel(); }
  void* data() { return chunks_.data(); }
  const void* data() const { return chunks_.data(); }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(chunks_.data());
  }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(chunks_.data());
  }

  // All elements as numbers.
  std::vector<double> doubles() const;
  double at(std::int64_t i) const;
  void set(std::int64_t i, double value);
  // Equal types and equal bytes: tells -0.0 from 0.0 and calls a NaN equal to itself.
  bool same_bits(const HostTensor& other) const;
  bool guard_is_intact() const;

 private:
  struct alignas(64) Chunk {
    std::array<std::byte, 64> bytes;
  };
  TensorType type_;
  std::vector<Chunk> chunks_;
};

// "f32[2]{1, 2.5}", for failure texts; long tensors are cut.
std::ostream& operator<<(std::ostream& out, const HostTensor& tensor);

// The outputs of the graph for these inputs, one for each of graph.inputs(). Throws Error when an input does not fit or
// a kernel throws, and when a kernel writes beyond its result.
std::vector<HostTensor> interpret(const Graph& graph, const std::vector<HostTensor>& inputs);

}  // namespace weft
