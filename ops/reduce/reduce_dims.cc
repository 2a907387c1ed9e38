#include <algorithm>

#include "graph/alignment.h"
#include "graph/passes/rewriter.h"
#include "ops/call_checks.h"
#include "ops/reduce/reduce.h"
#include "ops/values.h"

namespace weft {

std::int64_t normalize_axis(std::string_view op, std::int64_t dim, const TensorType& type, SourceLocation where) {
  if (type.shape.rank() == 0 && (dim == 0 || dim == -1)) return 0;
  return normalize_dim(op, dim, type, where);
}

Dims normalize_dims(std::string_view op, const Dims& dims, const TensorType& type, SourceLocation where) {
  const int rank = type.shape.rank();
  Dims result;
  if (dims.empty()) {
    for (int d = 0; d < rank; ++d) result.push_back(d);
    return result;
  }
  for (const std::int64_t d : dims) result.push_back(normalize_axis(op, d, type, where));
  std::sort(result.begin(), result.end());
  const auto twice = std::adjacent_find(result.begin(), result.end());
  if (twice != result.end())
    throw Error(ErrorKind::shape,
                "[" + std::string(op) + "] a: " + type.str() + ": dim " + std::to_string(*twice) + " is given twice",
                where);
  if (rank == 0) result.clear();
  return result;
}

Shape reduced_shape(const Shape& shape, const Dims& dims, bool keepdim) {
  Dims result;
  for (int d = 0; d < shape.rank(); ++d) {
    if (!std::binary_search(dims.begin(), dims.end(), d))
      result.push_back(shape[d]);
    else if (keepdim)
      result.push_back(1);
  }
  return result;
}

Shape infer_reduction(const OpCall& call) {
  const Dims& dims = checked_attr<Dims>(call, "dims");
  for (std::size_t i = 0; i < dims.size(); ++i) {
    call.require(dims[i] >= 0 && dims[i] < call.in(0).shape.rank(), "dims must be in [0, rank)");
    call.require(i == 0 || dims[i - 1] < dims[i], "dims must be ascending, each given once");
  }
  return reduced_shape(call.in(0).shape, dims, checked_attr<bool>(call, "keepdim"));
}

std::optional<ValueId> simplify_reduction(Rewriter& r, const Call& call) {
  const TensorType& x = r.type(call.operands[0]);
  if (x.dtype != call.type().dtype || x.shape.numel() != call.type().shape.numel()) return std::nullopt;
  return r.reshaped(call.operands[0], call.type().shape);
}

std::int64_t infer_axis(const OpCall& call) {
  return checked_attr_in(call, "dim", 0, std::max(call.in(0).shape.rank(), 1) - 1);
}

ReducePass axis_pass(const Shape& shape, std::int64_t dim) {
  ReducePass pass;
  for (int d = 0; d < shape.rank(); ++d) (d < dim ? pass.outer : d > dim ? pass.inner : pass.count) *= shape[d];
  return pass;
}

std::vector<ReducePass> reduce_passes(const Shape& shape, const Dims& dims) {
  std::vector<ReducePass> passes;
  ReducePass run;  // the neighbouring reduced dims met so far, with the kept ones to their right in inner
  bool in_run = false;
  const auto close = [&](int left) {
    if (!in_run) return;
    for (int d = 0; d < left; ++d) run.outer *= shape[d];
    passes.push_back(run);
    run = {.inner = run.inner};
    in_run = false;
  };
  for (int d = shape.rank(); d-- > 0;) {
    if (shape[d] == 1) continue;  // kept or reduced, it changes nothing and must not part neighbours
    if (std::binary_search(dims.begin(), dims.end(), d)) {
      run.count *= shape[d];
      in_run = true;
    } else {
      close(d + 1);
      run.inner *= shape[d];
    }
  }
  close(0);
  if (passes.empty()) passes.push_back({.outer = shape.numel()});
  return passes;
}

Kernel reduce_kernel(const OpCall& call, ReducePassFn fn) {
  struct Stage {
    ReducePass pass;
    std::size_t offset;  // of its result in the scratch, for all but the last
  };
  std::vector<Stage> stages;
  std::size_t bytes = 0;
  const std::vector<ReducePass> passes = reduce_passes(call.in(0).shape, call.attr<Dims>("dims"));
  for (const ReducePass& pass : passes) {
    stages.push_back({pass, bytes});
    if (stages.size() == passes.size()) break;
    const std::size_t result = static_cast<std::size_t>(pass.outer * pass.inner) * size_of(call.in(0).dtype);
    bytes += aligned(result);
  }
  auto run = [stages = std::move(stages), fn](const KernelArgs& args) {
    const void* x = args.in[0];
    for (const Stage& stage : stages) {
      void* out = &stage == &stages.back() ? args.out[0] : static_cast<char*>(args.scratch) + stage.offset;
      fn(x, out, stage.pass);
      x = out;
    }
  };
  return {.run = std::move(run), .scratch_bytes = bytes};
}

Value expand_reduced(const Value& reduced, const Value& x, const Dims& dims) {
  return expand(reshape(reduced, reduced_shape(x.shape(), dims, true)), x.shape());
}

}  // namespace weft
