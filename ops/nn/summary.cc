#include "weft/summary.h"

#include <map>
#include <ostream>
#include <unordered_map>

#include "graph/capture/extract.h"
#include "graph/capture/tensor_impl.h"
#include "graph/capture/trace.h"
#include "ops/nn/module_calls.h"
#include "weft/autograd.h"

namespace weft {
namespace {

// Above the order of all that this thread captured before, below that of what it captures later.
std::uint64_t mark() { return CapturedCall(kInput, {}, {}, {TensorType{}}, {}, false).order; }

// The calls of modules, each with what was captured meanwhile.
class Recorder final : public nn::ModuleCalls {
 public:
  struct Span {
    const nn::Module* module;
    std::uint64_t begin, end;
  };

  void begin(const nn::Module& module) override { open_.push_back({&module, mark(), 0}); }
  void end(const nn::Module& module, const Tensor& result) override {
    // Calls that threw were left open.
    while (open_.back().module != &module) open_.pop_back();
    spans_.push_back(open_.back());
    spans_.back().end = mark();
    open_.pop_back();
    results_.emplace_back(&module, result);
  }

  const std::vector<Span>& spans() const { return spans_; }
  const std::vector<std::pair<const nn::Module*, Tensor>>& results() const { return results_; }

 private:
  std::vector<Span> open_, spans_;
  std::vector<std::pair<const nn::Module*, Tensor>> results_;
};

double flops_of(const Extraction& calls, const Extraction::Entry& entry) {
  const CapturedCall& call = *entry.call;
  if (entry.known || !call.op->compile) return 0;
  std::vector<const TensorType*> types;
  for (const ValueId& operand : calls.operands(entry))
    types.push_back(&calls.entries()[operand.node].call->outputs[operand.output]);
  return call.op->compile({*call.op, types, call.attrs, call.where, call.outputs}).flops;
}

// The sum of those flops whose order is below each order.
std::map<std::uint64_t, double> flops_up_to(const std::vector<Tensor>& results, SourceLocation at) {
  std::vector<CapturedValue> values;
  for (const Tensor& result : results) values.push_back(current_version(TensorAccess::impl(result), at));
  const Extraction calls(values, {}, at);
  std::map<std::uint64_t, double> sums{{0, 0}};
  double sum = 0;
  for (const Extraction::Entry& entry : calls.entries()) sums[entry.call->order] = sum += flops_of(calls, entry);
  return sums;
}

}  // namespace

Summary::Summary(nn::Module& model, const Tensor& input, SourceLocation at)
    : Summary(
          model,
          [&] {
            if (!input.defined()) throw Error(ErrorKind::state, "[summary] undefined tensor", at);
            return model(Operand(input, at));
          },
          at) {}

Summary::Summary(nn::Module& model, const std::function<Tensor()>& forward, SourceLocation at) {
  if (!forward) throw Error(ErrorKind::state, "[summary] the function is empty", at);
  if (Trace::current()) throw Error(ErrorKind::state, "[summary] a function is traced", at);
  std::unordered_map<const nn::Module*, std::size_t> row_of;
  for (const auto& [path, module] : model.named_modules()) {
    Row row{.path = path, .layer = module->str(), .output = {}};
    for (const Tensor& parameter : module->parameters()) row.parameters += parameter.numel(at);
    row_of.emplace(module, rows_.size());
    rows_.push_back(std::move(row));
  }
  for (const Tensor& parameter : model.parameters()) {
    if (parameter.requires_grad()) trainable_ += parameter.numel(at);
    parameter_bytes_ += TensorAccess::impl(parameter)->type.bytes();
  }

  const NoGradGuard no_grad;
  Trace trace;
  Recorder recorder;
  const Tensor result = detail::placed(at, forward);
  if (!result.defined()) throw Error(ErrorKind::state, "[summary] the function gives an undefined tensor", at);
  std::vector<Tensor> results{result};
  for (const auto& [module, tensor] : recorder.results()) {
    const auto row = row_of.find(module);
    if (!tensor.defined()) continue;
    results.push_back(tensor);
    if (row == row_of.end()) continue;  // of a module that the network made for this call
    const TensorType& type = TensorAccess::impl(tensor)->type;
    ++rows_[row->second].calls;
    rows_[row->second].output = type.str();
    rows_[row->second].bytes += type.bytes();
  }
  const std::map<std::uint64_t, double> sums = flops_up_to(results, at);
  const auto below = [&](std::uint64_t order) { return std::prev(sums.upper_bound(order))->second; };
  for (const Recorder::Span& span : recorder.spans())
    if (const auto row = row_of.find(span.module); row != row_of.end())
      rows_[row->second].flops += below(span.end) - below(span.begin);
  // A network that was called otherwise: all that its result needs.
  if (rows_.front().calls == 0) rows_.front().flops = sums.rbegin()->second;
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.str(); }

std::string summary(nn::Module& model, const Tensor& input, int columns, SourceLocation at) {
  return Summary(model, input, at).str(columns);
}

}  // namespace weft
