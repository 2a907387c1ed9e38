// From what a trace captured to a program, and its plan.
#include <ostream>
#include <set>
#include <string_view>
#include <unordered_map>

#include "graph/alignment.h"
#include "graph/passes/optimize.h"
#include "graph/text/text.h"
#include "runtime/running/float_environment.h"
#include "runtime/trace_builder.h"

namespace weft {
namespace {

// The bytes of all results, except those of calls without operands and those that the graph returns.
std::size_t intermediate_bytes(const Graph& graph) {
  std::set<ValueId> returned;
  for (ValueId v : graph.outputs()) {
    while (graph.node(v.node).op->alias) v = graph.operand(v.node, 0);
    returned.insert(v);
  }
  std::size_t bytes = 0;
  for (NodeId n = 0; n < graph.size(); ++n) {
    const Node& node = graph.node(n);
    if (node.op->alias || graph.num_operands(n) == 0) continue;
    for (std::uint32_t k = 0; k < node.outputs.size(); ++k)
      if (!returned.contains({n, k})) bytes += aligned(node.outputs[k].bytes());
  }
  return bytes;
}

// Prints the captured graph, and returns an observer that prints the graph after each pass.
PassObserver printer(std::ostream* out, const Graph& captured) {
  if (!out) return {};
  *out << "captured:\n" << print_graph(captured);
  return [out](std::string_view pass, const Graph& graph) {
    *out << "\nafter " << pass << ":\n" << print_graph(graph) << std::flush;
  };
}

}  // namespace

void TracedProgram::Builder::plan(const TraceOptions& options) {
  program_.planned_ = std::make_shared<PlannedTrace>();
  if (options.keep_structure || options.find_plan) keep_structure();
  if (options.only_structure) return;
  if (options.find_plan) {
    if (auto known = options.find_plan(*program_.planned_)) {
      program_.planned_ = std::move(known);
      return;
    }
  }
  const FloatEnvironment environment(/*flush_denormals=*/false);  // constants are computed here
  program_.planned_->plan = make_plan(make_program(options));
}

// What the plan depends on.
void TracedProgram::Builder::keep_structure() {
  constexpr ValueId kEnd{~NodeId{0}, 0};
  EagerRequest request{*calls_};
  for (const CapturedValue& v : outputs_) request.wanted.push_back(calls_->id(v));
  request.wanted.push_back(kEnd);
  for (const CapturedValue& v : bound_now_)
    if (v) request.wanted.push_back(calls_->id(v));
  request.wanted.push_back(kEnd);
  for (const CapturedValue& v : fresh_values_) request.wanted.push_back(calls_->id(v));
  std::vector<std::uint64_t>& words = program_.planned_->words;
  words = structure_words(request);
  for (std::size_t b = 0; b < bound_input_.size(); ++b) {
    words.push_back(program_.bound_[b].written);
    words.push_back(calls_->contains(bound_input_[b].get()) ? calls_->id({bound_input_[b], 0}).node
                                                            : ~std::uint64_t{0});
    words.push_back(static_cast<std::uint64_t>(program_.bound_[b].type.dtype));
    for (const std::int64_t d : program_.bound_[b].type.shape) words.push_back(static_cast<std::uint64_t>(d));
  }
  for (const Extraction::Entry& entry : calls_->entries())
    program_.planned_->ops.push_back({entry.call->op, entry.call->attrs, entry.call->where});
}

Program TracedProgram::Builder::make_program(const TraceOptions& options) const {
  Program program;
  std::unordered_map<const CapturedCall*, NodeId> inputs;
  for (const bool written : {false, true})
    for (std::size_t b = 0; b < bound_input_.size(); ++b)
      if (program_.bound_[b].written == written)
        inputs[bound_input_[b].get()] = program.graph.add_input(program_.bound_[b].type, false, bound_input_[b]->where);
  for (const TensorType& type : program_.fresh_) program.graph.add_input(type);
  std::vector<NodeId> place(calls_->entries().size());  // of each captured call
  std::vector<ValueId> operands;
  for (std::size_t i = 0; i < place.size(); ++i) {
    const CapturedCall& call = *calls_->entries()[i].call;
    if (call.op == &kInput) {
      const auto at = inputs.find(&call);
      if (at == inputs.end())
        throw Error(ErrorKind::state, "[compile] a tensor of another traced function is used in this one", at_,
                    "return it from there");
      place[i] = at->second;
      continue;
    }
    operands.clear();
    for (const ValueId& v : calls_->operands(calls_->entries()[i])) operands.push_back({place[v.node], v.output});
    place[i] = program.graph.add(*call.op, operands, call.attrs, call.outputs, call.where);
  }
  const auto give = [&](const CapturedValue& v) {
    const ValueId id = calls_->id(v);
    program.graph.outputs().push_back({place[id.node], id.output});
  };
  for (const CapturedValue& v : outputs_) give(v);
  for (const CapturedValue& v : bound_now_)
    if (v) give(v);
  for (const CapturedValue& v : fresh_values_) give(v);
  const std::size_t written = program.graph.outputs().size() - outputs_.size();
  program.num_variables = written;
  for (std::uint32_t j = 0; j < written; ++j) program.writes.push_back(j);
  PreparedGraph prepared = run_passes(program.graph, printer(options.print_passes, program.graph));
  program.unfused_bytes = intermediate_bytes(prepared.unfused);
  program.graph = std::move(prepared.fused);
  if (options.keep_unfused) program_.planned_->unfused = std::make_unique<const Graph>(std::move(prepared.unfused));
  return program;
}

}  // namespace weft
