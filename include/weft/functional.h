// Derivatives of functions of tensors, as torch.autograd.functional has them, and checks of gradients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft::autograd {

// A function from tensors to tensors. It gets handles of its own, which require gradients: it must not use the inputs
// by other handles.
using TensorsFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

struct FunctionalOptions {
  // The results can be differentiated again, also by what the function uses besides its inputs.
  bool create_graph = false;
  // Throw Error for an input that an output does not depend on, instead of giving zeros.
  bool strict = false;
};

// All of these call f once with the inputs, work in traced functions, too, and throw Error where f gives nothing or
// undefined tensors, where an input or output has no floating elements, and where v does not fit.

// Outputs y = f(x), and v^T J for each input: sum_k v[k] * d y[k] / d x[i]. No v: ones, for one output of one element.
std::pair<std::vector<Tensor>, std::vector<Tensor>> vjp(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                                                        const std::vector<Tensor>& v = {},
                                                        const FunctionalOptions& options = {},
                                                        SourceLocation at = SourceLocation::current());
// Outputs y = f(x), and J v for each output: sum_i d y[k] / d x[i] * v[i], by two walks backward. No v: ones, for one
// input of one element.
std::pair<std::vector<Tensor>, std::vector<Tensor>> jvp(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                                                        const std::vector<Tensor>& v = {},
                                                        const FunctionalOptions& options = {},
                                                        SourceLocation at = SourceLocation::current());
// [k][i]: d y[k] / d x[i], of the shape of y[k] followed by that of x[i]. A walk backward for each element of y.
std::vector<std::vector<Tensor>> jacobian(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                                          const FunctionalOptions& options = {},
                                          SourceLocation at = SourceLocation::current());
// [i][j]: d^2 y / (d x[i] d x[j]) of a function with one output of one element; of the shapes of x[i] and x[j].
std::vector<std::vector<Tensor>> hessian(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                                         const FunctionalOptions& options = {},
                                         SourceLocation at = SourceLocation::current());
// The output of such a function, and H v for each input.
std::pair<std::vector<Tensor>, std::vector<Tensor>> hvp(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                                                        const std::vector<Tensor>& v = {},
                                                        const FunctionalOptions& options = {},
                                                        SourceLocation at = SourceLocation::current());
// The output of such a function, and v^T H for each input: as hvp() by one walk less.
std::pair<std::vector<Tensor>, std::vector<Tensor>> vhp(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                                                        const std::vector<Tensor>& v = {},
                                                        const FunctionalOptions& options = {},
                                                        SourceLocation at = SourceLocation::current());

struct GradcheckOptions {
  double eps = 1e-6;   // the step of the differences
  double atol = 1e-5;  // |got - expected| <= atol + rtol |expected|
  double rtol = 1e-3;
};

// What gradcheck() found.
struct GradcheckReport {
  struct Mismatch {
    std::size_t output = 0, input = 0;                   // which of them
    std::int64_t output_element = 0, input_element = 0;  // row-major
    double expected = 0;                                 // by central differences
    double got = 0;                                      // by backward()
  };
  std::vector<Mismatch> mismatches;  // the first 100
  std::size_t compared = 0;          // derivatives

  bool ok() const { return mismatches.empty(); }
  explicit operator bool() const { return ok(); }
  // A line for each mismatch: "output 0 element 3 by input 1 element 0: expected 2, got 4".
  std::string str() const;
};

// Compares the gradients of f with central differences (f(x + eps) - f(x - eps)) / (2 eps), for each element of each
// input that requires gradients. f is called with f64 leaves; f32 inputs are refused, since the differences have no
// digits there. Throws Error where no input requires gradients, and in a traced function.
GradcheckReport gradcheck(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {}, SourceLocation at = SourceLocation::current());
// The same for the gradients of f, weighted by fixed numbers: second derivatives.
GradcheckReport gradgradcheck(const TensorsFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {}, SourceLocation at = SourceLocation::current());

}  // namespace weft::autograd
