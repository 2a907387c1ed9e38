// vmap: the function is recorded for one sample, and each call of it is done for all of them.
#include "weft/vmap.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "graph/capture/recording.h"
#include "ops/autograd/batching.h"
#include "ops/values.h"
#include "weft/autograd.h"

namespace weft {
namespace {

using Tensors = std::vector<Tensor>;

// Where samples of the inputs lie.
class Samples {
 public:
  Samples(const Tensors& inputs, const VmapOptions& options, SourceLocation at) : at_(at) {
    const auto& in_dims = options.in_dims;
    if (inputs.empty()) fail(ErrorKind::state, "no inputs");
    if (!in_dims.empty() && in_dims.size() != inputs.size())
      fail(ErrorKind::value,
           std::to_string(in_dims.size()) + " in_dims for " + std::to_string(inputs.size()) + " inputs");
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined()) fail(ErrorKind::state, "undefined tensor");
      add(i, TensorAccess::impl(inputs[i])->type, in_dims.empty() ? std::optional<std::int64_t>(0) : in_dims[i]);
    }
    if (!size_) fail(ErrorKind::value, "no input has samples");
  }

  std::int64_t size() const { return *size_; }
  const Types& types() const { return types_; }  // of one sample
  const std::vector<std::optional<std::int64_t>>& dims() const { return dims_; }

  [[noreturn]] void fail(ErrorKind kind, const std::string& text) const { throw Error(kind, "[vmap] " + text, at_); }

 private:
  void add(std::size_t i, TensorType type, std::optional<std::int64_t> dim) {
    if (dim) {
      const std::string name = "input " + std::to_string(i) + ": " + type.str() + ": ";
      const std::int64_t rank = type.shape.rank();
      if (*dim < -rank || *dim >= rank)
        fail(ErrorKind::shape, name + "dim " + std::to_string(*dim) + " is out of range");
      if (*dim < 0) *dim += rank;
      const std::int64_t extent = type.shape[static_cast<int>(*dim)];
      if (size_ && *size_ != extent)
        fail(ErrorKind::shape, name + std::to_string(extent) + " samples, " + std::to_string(*size_) + " before");
      size_ = extent;
      Dims rest = type.shape.vec();
      rest.erase(rest.begin() + *dim);
      type.shape = Shape(rest);
    }
    types_.push_back(std::move(type));
    dims_.push_back(dim);
  }

  SourceLocation at_;
  std::optional<std::int64_t> size_;
  Types types_;
  std::vector<std::optional<std::int64_t>> dims_;
};

// x with one of its dims elsewhere.
Value move_dim(const Value& x, std::int64_t from, std::int64_t to) {
  if (from == to) return x;
  Dims order;
  for (std::int64_t d = 0; d < x.rank(); ++d)
    if (d != from) order.push_back(d);
  order.insert(order.begin() + to, from);
  return permute(x, order);
}

// The recorded calls, done for a batch.
class Batch {
 public:
  Batch(CaptureScope& scope, const Recording& recording, const Samples& samples, SourceLocation at)
      : scope_(scope), trace_(recording.trace), size_(samples.size()), calls_(recording.calls(at)) {
    for (std::size_t i = 0; i < recording.arguments.size(); ++i) {
      const auto& dim = samples.dims()[i];
      const Value& input = scope.values()[i];
      known_[recording.arguments[i].call.get()] = {dim ? move_dim(input, *dim, 0) : input, dim.has_value()};
    }
    for (const auto& [tensor, input] : recording.outside) outside_[input.call.get()] = tensor;
    const bool enabled = scope.builder().grad_enabled;
    for (const Extraction::Entry& entry : calls_.entries()) {
      scope.builder().grad_enabled = enabled && entry.call->requires_grad;
      results_.push_back(result_of(entry));
    }
    scope.builder().grad_enabled = enabled;
    scope.builder().where = at;
  }

  Batched value(ValueId v) const {
    const Batched& first = results_[v.node];
    return known_.contains(calls_.entries()[v.node].call.get())
               ? first
               : Batched{first.value.output(v.output), first.has_batch};
  }
  Batched value(const CapturedValue& recorded) const { return value(calls_.id(recorded)); }

 private:
  Batched result_of(const Extraction::Entry& entry) {
    const CapturedCall& call = *entry.call;
    if (const auto at = known_.find(&call); at != known_.end()) return at->second;
    if (const auto at = outside_.find(&call); at != outside_.end())
      return known_[&call] = {scope_.value_of(TensorAccess::wrap(at->second)), false};
    // Captured before: its value is the same for all samples.
    if (call.trace != trace_) return {scope_.builder().value(CapturedValue{entry.call, 0}), false};
    scope_.builder().where = call.where;
    std::vector<Batched> operands;
    std::vector<Value> values;
    bool any = false;
    for (const ValueId& v : calls_.operands(entry)) {
      operands.push_back(value(v));
      values.push_back(operands.back().value);
      any = any || operands.back().has_batch;
    }
    const BatchCall batched{*call.op, call.attrs, operands, size_};
    if (call.code) batched.refuse("vmap() has no rule for hooks and functions with gradients of their own code");
    if (!any) return {scope_.builder().record(*call.op, values, call.attrs), false};
    return {record_batched(batched), true};
  }

  CaptureScope& scope_;
  std::uint64_t trace_;
  std::int64_t size_;
  Extraction calls_;
  std::unordered_map<const CapturedCall*, Batched> known_;
  std::unordered_map<const CapturedCall*, std::shared_ptr<TensorImpl>> outside_;
  std::vector<Batched> results_;  // of each call: the first one
};

// Where the samples of a result shall lie.
std::int64_t out_dim(const VmapOptions& options, std::size_t k, std::int64_t rank, const Samples& samples) {
  if (options.out_dims.empty()) return 0;
  const std::int64_t dim = options.out_dims[k];
  if (dim < -rank || dim >= rank)
    samples.fail(ErrorKind::shape,
                 "result " + std::to_string(k) + ": out_dim " + std::to_string(dim) + " is out of range");
  return dim < 0 ? dim + rank : dim;
}

}  // namespace

Tensors vmap(const std::function<Tensors(const Tensors&)>& f, const Tensors& inputs, const VmapOptions& options,
             SourceLocation at) {
  if (!f) throw Error(ErrorKind::state, "[vmap] the function is empty", at);
  const Samples samples(inputs, options, at);
  const Recording recording = record_function("[vmap] the function", samples.types(), f, at);
  if (!options.out_dims.empty() && options.out_dims.size() != recording.results.size())
    samples.fail(ErrorKind::value, std::to_string(options.out_dims.size()) + " out_dims for " +
                                       std::to_string(recording.results.size()) + " results");
  for (const CapturedValue& result : recording.results)
    if (!result) samples.fail(ErrorKind::state, "the function gives an undefined tensor");
  CaptureScope scope(inputs, at);
  const Batch batch(scope, recording, samples, at);
  Tensors results;
  for (std::size_t k = 0; k < recording.results.size(); ++k) {
    const Batched result = batch.value(recording.results[k]);
    Dims shape = result.value.shape().vec();
    if (!result.has_batch) shape.insert(shape.begin(), samples.size());
    const Value whole = result.has_batch ? result.value : expand(result.value, Shape(shape));
    results.push_back(scope.tensor(move_dim(whole, 0, out_dim(options, k, whole.rank(), samples))));
  }
  return results;
}

Tensor vmap(const std::function<Tensor(const Tensor&)>& f, const Operand& x) {
  if (!f) throw Error(ErrorKind::state, "[vmap] the function is empty", x.at());
  return vmap([&f](const Tensors& in) { return Tensors{f(in[0])}; }, {x.tensor()}, {}, x.at())[0];
}

}  // namespace weft
