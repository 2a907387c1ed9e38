#include "runtime/reports/nonfinite.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "runtime/planning/kernel_cache.h"
#include "runtime/running/failure.h"
#include "runtime/running/float_environment.h"

namespace weft {
namespace {

using Values = NonfiniteReport::Values;

template <class T>
void look_at(const T* elements, Values& values, std::int64_t& first) {
  bool any = false;
  for (std::int64_t i = 0; i < values.elements; ++i) {
    const auto x = static_cast<double>(elements[i]);
    if (std::isfinite(x)) {
      values.min = any ? std::min(values.min, x) : x;
      values.max = any ? std::max(values.max, x) : x;
      any = true;
      continue;
    }
    if (values.finite()) first = i;
    ++(std::isnan(x) ? values.nans : values.infinities);
  }
}

// One run, whose values are let go after their last reader.
class Replay {
 public:
  explicit Replay(const Graph& graph) : graph_(graph), values_(graph.size()), last_reader_(graph.size()) {
    for (NodeId n = 0; n < graph.size(); ++n) {
      last_reader_[n] = n;
      for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) last_reader_[graph.operand(n, slot).node] = n;
    }
    for (const ValueId& v : graph.outputs()) last_reader_[v.node] = static_cast<NodeId>(graph.size());
  }

  NonfiniteReport run(const std::vector<ReplayInput>& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) take_input(graph_.inputs()[i], inputs[i]);
    for (NodeId n = 0; n < graph_.size(); ++n) {
      if (graph_.node(n).op == &kInput) continue;
      compute(n);
      for (std::uint32_t k = 0; k < graph_.node(n).outputs.size(); ++k) judge({n, k});
      for (const ValueId& v : graph_.operands(n))
        if (last_reader_[v.node] == n)
          for (Known& known : values_[v.node]) known.buffer.reset();
    }
    return std::move(report_);
  }

  std::shared_ptr<const Buffer> value(ValueId v) const { return values_[v.node][v.output].buffer; }

 private:
  struct Known {
    std::shared_ptr<const Buffer> buffer;
    Values values;
    std::int64_t first = 0;  // that is not finite
  };

  const Known& known(ValueId v) const { return values_[v.node][v.output]; }
  static bool is_clean(const Known& known) { return known.values.finite(); }

  Known seen(std::shared_ptr<const Buffer> buffer, const TensorType& type, std::string name) const {
    Known known{std::move(buffer), {}, 0};
    known.values.name = std::move(name);
    known.values.elements = type.shape.numel();
    if (type.dtype == DType::f32)
      look_at(static_cast<const float*>(known.buffer->data()), known.values, known.first);
    else if (type.dtype == DType::f64)
      look_at(static_cast<const double*>(known.buffer->data()), known.values, known.first);
    return known;
  }

  void take_input(NodeId n, const ReplayInput& input) {
    const TensorType& type = graph_.node(n).outputs[0];
    auto buffer = input.value;
    if (!buffer) {
      const auto zeros = std::make_shared<Buffer>(type.bytes());
      if (type.bytes() > 0) std::memset(zeros->data(), 0, type.bytes());
      buffer = zeros;
    }
    values_[n].push_back(seen(std::move(buffer), type, input.name + " " + type.str()));
    if (!is_clean(values_[n][0]) && last_reader_[n] != n) report({n, 0});
  }

  void compute(NodeId n) {
    const Node& node = graph_.node(n);
    std::vector<std::shared_ptr<const Buffer>> results;
    if (node.op->alias)
      results.push_back(known(graph_.operand(n, 0)).buffer);
    else
      results = run_kernel(n);
    for (std::uint32_t k = 0; k < node.outputs.size(); ++k) {
      std::string name = "[" + std::string(node.op->name) + "] " + node.outputs[k].str();
      if (node.where.line > 0)
        name += std::string(" (") + node.where.file + ":" + std::to_string(node.where.line) + ")";
      values_[n].push_back(seen(std::move(results[k]), node.outputs[k], std::move(name)));
    }
  }

  std::vector<std::shared_ptr<const Buffer>> run_kernel(NodeId n) const {
    std::vector<const TensorType*> types;
    const OpCall call = call_of(graph_, n, types);
    std::vector<const void*> in;
    for (const ValueId& v : graph_.operands(n)) in.push_back(known(v).buffer->data());
    std::vector<std::shared_ptr<const Buffer>> results;
    std::vector<void*> out;
    try {
      for (const TensorType& type : call.outputs) {
        const auto buffer = std::make_shared<Buffer>(type.bytes());
        out.push_back(buffer->data());
        results.push_back(buffer);
      }
      const Kernel kernel = call.op.compile(call);
      Buffer scratch(kernel.scratch_bytes);
      const KernelFn run = kernel.instance ? kernel.instance() : kernel.run;
      for (std::uint32_t part = 0; part < kernel.parts; ++part) run({in.data(), out.data(), scratch.data(), part});
    } catch (...) {
      throw_failure(graph_, n, std::current_exception());
    }
    return results;
  }

  // Whether the value is an origin.
  void judge(ValueId v) {
    const Values& values = known(v).values;
    if (values.finite() || graph_.num_operands(v.node) == 0) return;
    bool from_finite = true, from_no_nan = true;
    for (const ValueId& operand : graph_.operands(v.node)) {
      from_finite = from_finite && is_clean(known(operand));
      from_no_nan = from_no_nan && known(operand).values.nans == 0;
    }
    if ((from_finite && report_.origins.empty()) || (from_no_nan && values.nans > 0)) report(v);
  }

  // The first origin, and one more where that has no nan.
  void report(ValueId v) {
    const Known& result = known(v);
    if (has_nan_ || (!report_.origins.empty() && result.values.nans == 0)) return;
    has_nan_ = result.values.nans > 0;
    const Node& node = graph_.node(v.node);
    NonfiniteReport::Origin origin;
    if (node.op != &kInput) origin.op = node.op->name;
    origin.where = node.where;
    origin.result = result.values;
    origin.first = result.first;
    for (const ValueId& operand : graph_.operands(v.node)) origin.operands.push_back(known(operand).values);
    report_.origins.push_back(std::move(origin));
  }

  const Graph& graph_;
  std::vector<std::vector<Known>> values_;  // of each node
  std::vector<NodeId> last_reader_;
  NonfiniteReport report_;
  bool has_nan_ = false;
};

}  // namespace

NonfiniteReport find_nonfinite(const Graph& graph, const std::vector<ReplayInput>& inputs, bool flush_denormals,
                               std::vector<std::shared_ptr<const Buffer>>* results) {
  const FloatEnvironment environment(flush_denormals);
  Replay replay(graph);
  NonfiniteReport report = replay.run(inputs);
  if (results)
    for (const ValueId& v : graph.outputs()) results->push_back(replay.value(v));
  return report;
}

std::string NonfiniteReport::Values::str() const {
  std::ostringstream text;
  text << name << ": ";
  if (nans + infinities < elements) text << min << " to " << max;
  if (nans + infinities < elements && !finite()) text << ", ";
  if (nans > 0) text << nans << " nan";
  if (nans > 0 && infinities > 0) text << " and ";
  if (infinities > 0) text << infinities << " infinite";
  if (!finite()) text << " of " << elements;
  if (elements == 0) text << "no elements";
  return text.str();
}

std::string NonfiniteReport::str() const {
  if (ok()) return "every result is finite\n";
  std::string text;
  for (const Origin& origin : origins) {
    const bool from_finite = std::all_of(origin.operands.begin(), origin.operands.end(),
                                         [](const Values& operand) { return operand.finite(); });
    text += origin.op.empty()                       ? "not finite before the run: "
            : from_finite && &origin == &origins[0] ? "the first result that is not finite: "
                                                    : "the first nan: ";
    text += origin.result.str() + ", the first at element " + std::to_string(origin.first) + "\n";
    for (std::size_t i = 0; i < origin.operands.size(); ++i)
      text += "  operand " + std::to_string(i) + ": " + origin.operands[i].str() + "\n";
  }
  return text;
}

}  // namespace weft
