// What Function::explain_nonfinite() and Function::gradient_audit() find.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weft/error.h"
#include "weft/tensor.h"

namespace weft {

// Where numbers that are not finite come from in a run of a compiled function.
struct NonfiniteReport {
  struct Values {
    std::string name;         // "argument 0 f32[2,3]", "[mul] f32[2,3] (train.cc:12)"
    double min = 0, max = 0;  // of the finite ones; both 0 where there are none
    std::int64_t nans = 0, infinities = 0, elements = 0;

    bool finite() const { return nans == 0 && infinities == 0; }
    // "argument 0 f32[2,3]: -1 to 2.5, 1 nan of 6"
    std::string str() const;
  };
  struct Origin {
    // The operation, "" for what the function is given: then the values were not finite before the run.
    std::string op;
    SourceLocation where;  // your line; of a gradient the line of the operation that it is the gradient of
    Values result;
    std::int64_t first = 0;  // the first element that is not finite, row-major
    std::vector<Values> operands;
  };
  // The first operation, in the order of the program, that makes numbers that are not finite of finite ones; and, where
  // that is another one, the first that makes a nan of operands without one. Numbers that are written in the function,
  // such as the -infinity of a mask, are no origin. Empty: everything is finite, but for such numbers.
  std::vector<Origin> origins;

  bool ok() const { return origins.empty(); }
  explicit operator bool() const { return ok(); }
  // A few lines for people.
  std::string str() const;
};

// Which tensors get gradients in a compiled function, and why others do not.
struct GradientAudit {
  struct Parameter {
    std::string name;  // as it was given, or "argument 0", "parameter 2"
    Tensor tensor;     // undefined where it is gone
    bool has_gradient = false;
    std::string reason;    // why there is none
    SourceLocation where;  // your line at which the gradient ends; file is "" where there is no such line
  };
  std::vector<Parameter> parameters;
  bool differentiates = false;  // the function calls backward() or grad()

  // Every parameter has a gradient.
  bool ok() const;
  explicit operator bool() const { return ok(); }
  // A line for each parameter without a gradient.
  std::string str() const;
};

}  // namespace weft
