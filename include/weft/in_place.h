// In-place forms of functions, as PyTorch's: exp2_(x) gives x the value of exp2(x) and returns it. What holds for the
// in-place methods of Tensor holds for them: views write through, gradients flow, and refused are leaves that require
// gradients while grad mode is on, and results of another shape or of a higher category than the dtype of x.
//
// Threads: changing a tensor while another thread uses it is not safe.
#pragma once

#include <cstdint>
#include <optional>

#include "weft/tensor.h"

namespace weft {

// ---- Of one operand
Tensor acos_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor acosh_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor asin_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor asinh_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor atan_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor atanh_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor bitwise_not_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor cosh_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor deg2rad_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor digamma_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor erfc_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor erfinv_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor exp2_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor frac_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor i0_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor lgamma_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor log10_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor log2_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor logical_not_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor rad2deg_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor sign_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor sinc_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor sinh_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor tan_(const Tensor& x, SourceLocation at = SourceLocation::current());

// ---- With another operand, which must broadcast to x
Tensor atan2_(const Tensor& x, const Operand& other);
Tensor bitwise_and_(const Tensor& x, const Operand& other);
Tensor bitwise_left_shift_(const Tensor& x, const Operand& other);
Tensor bitwise_or_(const Tensor& x, const Operand& other);
Tensor bitwise_right_shift_(const Tensor& x, const Operand& other);
Tensor bitwise_xor_(const Tensor& x, const Operand& other);
Tensor clamp_max_(const Tensor& x, const Operand& other);
Tensor clamp_min_(const Tensor& x, const Operand& other);
Tensor copysign_(const Tensor& x, const Operand& other);
Tensor eq_(const Tensor& x, const Operand& other);
Tensor float_power_(const Tensor& x, const Operand& other);
Tensor floor_divide_(const Tensor& x, const Operand& other);
Tensor fmod_(const Tensor& x, const Operand& other);
Tensor ge_(const Tensor& x, const Operand& other);
Tensor gt_(const Tensor& x, const Operand& other);
Tensor heaviside_(const Tensor& x, const Operand& other);
Tensor hypot_(const Tensor& x, const Operand& other);
Tensor ldexp_(const Tensor& x, const Operand& other);
Tensor le_(const Tensor& x, const Operand& other);
Tensor logical_and_(const Tensor& x, const Operand& other);
Tensor logical_or_(const Tensor& x, const Operand& other);
Tensor logical_xor_(const Tensor& x, const Operand& other);
Tensor lt_(const Tensor& x, const Operand& other);
Tensor ne_(const Tensor& x, const Operand& other);
Tensor remainder_(const Tensor& x, const Operand& other);
Tensor xlogy_(const Tensor& x, const Operand& other);

// ---- Activations
Tensor relu_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor selu_(const Tensor& x, SourceLocation at = SourceLocation::current());
Tensor elu_(const Tensor& x, double alpha = 1, SourceLocation at = SourceLocation::current());
Tensor celu_(const Tensor& x, double alpha = 1, SourceLocation at = SourceLocation::current());
Tensor leaky_relu_(const Tensor& x, double negative_slope = 0.01, SourceLocation at = SourceLocation::current());
Tensor hardtanh_(const Tensor& x, double min = -1, double max = 1, SourceLocation at = SourceLocation::current());
Tensor threshold_(const Tensor& x, double threshold, double value, SourceLocation at = SourceLocation::current());
Tensor rrelu_(const Tensor& x, double lower = 1.0 / 8, double upper = 1.0 / 3, bool training = false,
              SourceLocation at = SourceLocation::current());

// ---- With arguments of their own
Tensor nan_to_num_(const Tensor& x, double nan = 0, std::optional<double> posinf = std::nullopt,
                   std::optional<double> neginf = std::nullopt, SourceLocation at = SourceLocation::current());
Tensor logit_(const Tensor& x, std::optional<double> eps = std::nullopt, SourceLocation at = SourceLocation::current());
Tensor cumsum_(const Tensor& x, std::int64_t dim, SourceLocation at = SourceLocation::current());
Tensor cumprod_(const Tensor& x, std::int64_t dim, SourceLocation at = SourceLocation::current());
Tensor tril_(const Tensor& x, std::int64_t diagonal = 0, SourceLocation at = SourceLocation::current());
Tensor triu_(const Tensor& x, std::int64_t diagonal = 0, SourceLocation at = SourceLocation::current());
Tensor renorm_(const Tensor& x, double p, std::int64_t dim, double maxnorm,
               SourceLocation at = SourceLocation::current());
Tensor polygamma_(const Tensor& x, std::int64_t n, SourceLocation at = SourceLocation::current());
Tensor masked_scatter_(const Tensor& x, const Tensor& mask, const Tensor& src,
                       SourceLocation at = SourceLocation::current());
Tensor put_(const Tensor& x, const Tensor& index, const Operand& src, bool accumulate = false);

// ---- Random numbers: 1 with probability p, else 0; and exponential ones of this rate (lambda)
Tensor bernoulli_(const Tensor& x, double p = 0.5, SourceLocation at = SourceLocation::current());
Tensor exponential_(const Tensor& x, double lambda = 1, SourceLocation at = SourceLocation::current());

}  // namespace weft
