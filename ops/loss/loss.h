// What losses share: operands of one floating dtype, and their reduction.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/losses.h"

namespace weft {

inline Value like(const Value& x, double value) { return number(x.builder(), x.dtype(), value); }

// The operands in the floating dtype of all; scalars count as tensors. They must broadcast, and one must be floating.
std::vector<Value> loss_operands(std::string_view name, std::span<const Value> operands);

Value reduced(const Value& losses, Reduction reduction);
// The same as a tensor. Its gradient function is called grad_name, or as that of the reduction is.
Tensor reduced(CaptureScope& scope, const Value& losses, Reduction reduction, const char* grad_name = nullptr);

// Scores [n, classes, ...] or [classes] as rows of classes (classes.cc), and the shape of their targets.
Value class_rows(const Value& x);
Shape without_classes(const Shape& shape);

// max(x, 0), with the gradient 0 at 0.
inline Value hinge(const Value& x) { return clamp(x, 0, std::nullopt); }

// The p-norm of a - b + eps along the last dim, with this name in errors.
Value pairwise_distance(std::string_view name, const Value& a, const Value& b, double p, double eps, bool keepdim);

}  // namespace weft
