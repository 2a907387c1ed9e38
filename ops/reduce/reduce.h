// What reductions share: their dims, their shape rule, and how a reduction of any dims is made of simple passes.
#pragma once

#include <optional>

#include "graph/builder.h"
#include "ops/kernels/reduce/reduce_pass.h"

namespace weft {

// Dims of a reduction or softmax as the attribute holds them: in [0, rank), ascending. Empty means all. A scalar takes
// 0 and -1, as in PyTorch. Throws Error for a dim out of range or given twice.
Dims normalize_dims(std::string_view op, const Dims& dims, const TensorType& type, SourceLocation where);
std::int64_t normalize_axis(std::string_view op, std::int64_t dim, const TensorType& type, SourceLocation where);

// shape without dims, or with extents of 1 in their place.
Shape reduced_shape(const Shape& shape, const Dims& dims, bool keepdim);

// The shape rule of ops with the attributes "dims" and "keepdim": checks both.
Shape infer_reduction(const OpCall& call);
// OpDef::simplify of ops that reduce one element to itself: applies where there are as many results as elements.
std::optional<ValueId> simplify_reduction(Rewriter& r, const Call& call);
// The attribute "dim" of softmax and argmax, checked: in [0, max(rank, 1)).
std::int64_t infer_axis(const OpCall& call);

ReducePass axis_pass(const Shape& shape, std::int64_t dim);
// The passes that reduce dims, each on the result of the one before; innermost dims first, so that the passes after
// the first are small. Never empty.
std::vector<ReducePass> reduce_passes(const Shape& shape, const Dims& dims);

// A kernel that runs fn for each pass of the call's "dims"; results between passes are in its scratch.
Kernel reduce_kernel(const OpCall& call, ReducePassFn fn);

// A gradient or extreme without its reduced dims, back in the shape of the operand x.
Value expand_reduced(const Value& reduced, const Value& x, const Dims& dims);

}  // namespace weft
