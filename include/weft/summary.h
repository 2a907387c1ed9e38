// Summary: the layers of a network as a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "weft/module.h"
#include "weft/tensor.h"

namespace weft {

// What a network does with an input, module by module:
//
//   std::cout << weft::Summary(model, weft::zeros({128, 784}));
//
// The network is called once as compile() would trace it: nothing is computed, and parameters, buffers, running
// statistics, the generator, gradients, hooks and training flags stay as they are. Hooks are called. What cannot be
// traced, such as a branch on a value, throws Error.
//
// Threads: as calling the network.
class Summary {
 public:
  struct Row {
    std::string path;             // as in named_modules(); "" for the network itself
    std::string layer;            // "Linear(784, 128)"
    std::string output;           // "f32[128,128]", of the last call; "" where it was not called with one tensor
    std::size_t calls = 0;        // with one tensor
    std::int64_t parameters = 0;  // elements, its parts' included
    double flops = 0;             // arithmetic that the results need, its parts' included: that of products (2*m*n*k
                                  // for m*k by k*n elements) and convolutions, and what other kernels tell; elementwise
                                  // functions tell none
    std::size_t bytes = 0;        // of its results, those of all calls
  };

  // Throws Error where the call does, for an undefined input, and while a function is traced.
  Summary(nn::Module& model, const Tensor& input, SourceLocation at = SourceLocation::current());
  // For a network that is called otherwise: forward() calls it and gives the result.
  Summary(nn::Module& model, const std::function<Tensor()>& forward, SourceLocation at = SourceLocation::current());

  // A module comes before its parts. Each is there once, under its first name.
  const std::vector<Row>& rows() const { return rows_; }
  std::int64_t parameters() const { return rows_.front().parameters; }
  std::int64_t trainable_parameters() const { return trainable_; }
  std::size_t parameter_bytes() const { return parameter_bytes_; }
  double flops() const { return rows_.front().flops; }

  // A table for terminals with so many columns. Where they are few, long names are cut, and the last columns left out.
  std::string str(int columns = 80) const;
  friend std::ostream& operator<<(std::ostream& out, const Summary& summary);

 private:
  std::vector<Row> rows_;
  std::int64_t trainable_ = 0;
  std::size_t parameter_bytes_ = 0;
};

// The same as Summary(model, input).str(columns).
std::string summary(nn::Module& model, const Tensor& input, int columns = 80,
                    SourceLocation at = SourceLocation::current());

}  // namespace weft
