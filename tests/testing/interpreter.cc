#include "tests/testing/interpreter.h"

#include <cstring>
#include <ostream>

#include "graph/builder.h"
#include "graph/element_type.h"

namespace weft {
namespace {

constexpr std::byte kUnset{0xCD};

Error broken(const Graph& graph, NodeId n, const std::string& what) {
  return Error("[interpreter] node " + std::to_string(n) + " (" + std::string(graph.node(n).op->name) + "): " + what);
}

// values[n][k] is result k of node n.
using Values = std::vector<std::vector<HostTensor>>;

void run_kernel(const Graph& graph, NodeId n, Values& values) {
  const Node& node = graph.node(n);
  if (!node.op->compile) throw broken(graph, n, "the op has no kernel");
  std::vector<const TensorType*> types;
  std::vector<const void*> in;
  for (const ValueId& v : graph.operands(n)) {
    types.push_back(&graph.type(v));
    in.push_back(values[v.node][v.output].data());
  }
  std::vector<void*> out;
  for (HostTensor& result : values[n]) out.push_back(result.data());

  const Kernel kernel = node.op->compile({*node.op, types, node.attrs, node.where, node.outputs});
  HostTensor scratch({DType::boolean, {static_cast<std::int64_t>(kernel.scratch_bytes)}});
  const KernelFn run = kernel.instance ? kernel.instance() : kernel.run;
  for (std::uint32_t part = 0; part < kernel.parts; ++part) run({in.data(), out.data(), scratch.data(), part});

  if (!scratch.guard_is_intact()) throw broken(graph, n, "the kernel wrote beyond its scratch");
  for (const HostTensor& result : values[n])
    if (!result.guard_is_intact()) throw broken(graph, n, "the kernel wrote beyond its result");
}

void run_node(const Graph& graph, NodeId n, Values& values) {
  const Node& node = graph.node(n);
  for (const TensorType& type : node.outputs) values[n].emplace_back(type);
  if (!node.op->alias) return run_kernel(graph, n, values);
  const ValueId source = graph.operand(n, 0);
  if (graph.type(source).bytes() != node.outputs[0].bytes()) throw broken(graph, n, "an alias of another size");
  if (node.outputs[0].bytes() > 0)
    std::memcpy(values[n][0].data(), values[source.node][source.output].data(), node.outputs[0].bytes());
}

}  // namespace

HostTensor::HostTensor(TensorType type) : type_(std::move(type)) {
  Chunk unset;
  unset.bytes.fill(kUnset);
  chunks_.assign(type_.bytes() / sizeof(Chunk) + 2, unset);
}

HostTensor::HostTensor(TensorType type, std::span<const double> values) : HostTensor(std::move(type)) {
  if (static_cast<std::int64_t>(values.size()) != numel())
    throw Error("[interpreter] " + type_.str() + " from " + std::to_string(values.size()) + " numbers");
  for (std::int64_t i = 0; i < numel(); ++i) set(i, values[static_cast<std::size_t>(i)]);
}

double HostTensor::at(std::int64_t i) const {
  if (type_.dtype == DType::boolean) return as<unsigned char>()[i];
  return with_element_type(type_.dtype, [&]<class T>(T) { return static_cast<double>(as<T>()[i]); });
}

void HostTensor::set(std::int64_t i, double value) {
  with_element_type(type_.dtype, [&]<class T>(T) { as<T>()[i] = convert<T>(value); });
}

std::vector<double> HostTensor::doubles() const {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(numel()));
  for (std::int64_t i = 0; i < numel(); ++i) values.push_back(at(i));
  return values;
}

bool HostTensor::same_bits(const HostTensor& other) const {
  return type_ == other.type_ && std::memcmp(data(), other.data(), type_.bytes()) == 0;
}

bool HostTensor::guard_is_intact() const {
  const auto* bytes = reinterpret_cast<const std::byte*>(chunks_.data());
  for (std::size_t i = type_.bytes(); i < chunks_.size() * sizeof(Chunk); ++i)
    if (bytes[i] != kUnset) return false;
  return true;
}

std::ostream& operator<<(std::ostream& out, const HostTensor& tensor) {
  constexpr std::int64_t kShown = 16;
  out << tensor.type().str() << "{";
  for (std::int64_t i = 0; i < std::min(tensor.numel(), kShown); ++i) out << (i ? ", " : "") << tensor.at(i);
  return out << (tensor.numel() > kShown ? ", ...}" : "}");
}

std::vector<HostTensor> interpret(const Graph& graph, const std::vector<HostTensor>& inputs) {
  if (inputs.size() != graph.inputs().size())
    throw Error("[interpreter] " + std::to_string(inputs.size()) + " inputs for a graph of " +
                std::to_string(graph.inputs().size()));
  Values values(graph.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const NodeId n = graph.inputs()[i];
    if (inputs[i].type() != graph.node(n).outputs[0])
      throw broken(graph, n, "wants " + graph.node(n).outputs[0].str() + ", is given " + inputs[i].type().str());
    values[n] = {inputs[i]};
  }
  for (NodeId n = 0; n < graph.size(); ++n)
    if (graph.node(n).op != &kInput) run_node(graph, n, values);
  std::vector<HostTensor> outputs;
  for (const ValueId& v : graph.outputs()) outputs.push_back(values[v.node][v.output]);
  return outputs;
}

}  // namespace weft
