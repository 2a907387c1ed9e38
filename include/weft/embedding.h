// Tables whose rows are looked up by number: functions and modules. Names and defaults are PyTorch's, and so are the
// numbers. Indices are i64 or i32; one outside of the table throws Error when the value is computed. Gradients of a row
// that is read several times are added in the order of the indices.
//
//   nn::Embedding words(10000, 64);
//   Tensor vectors = words(indices);  // [.., 64]
//
// Threads: as weft/ops.h and weft/module.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weft/module.h"
#include "weft/tensor.h"

namespace weft {

struct EmbeddingOptions {
  // The gradient does not reach this row; negative from the end.
  std::optional<std::int64_t> padding_idx = std::nullopt;
  // Gradients of a row are divided by how often the indices name it.
  bool scale_grad_by_freq = false;
  // Not supported: throws Error where it is set.
  std::optional<double> max_norm = std::nullopt;
};
// out[.., :] = weight[index[..], :] for weight [rows, d] and an index of any shape.
Tensor embedding(const Operand& index, const Tensor& weight, const EmbeddingOptions& options = {});

enum class BagMode : std::uint8_t { sum, mean, max };
struct EmbeddingBagOptions {
  BagMode mode = BagMode::mean;
  // Indices that do not count; negative from the end.
  std::optional<std::int64_t> padding_idx = std::nullopt;
  bool include_last_offset = false;  // the last offset ends the last bag
  bool scale_grad_by_freq = false;   // as in EmbeddingOptions, not for max
  // Not supported: throws Error where it is set.
  std::optional<double> max_norm = std::nullopt;
};
// The sum, mean or maximum of the rows of each bag: [bags, d]; zeros for a bag without rows. index [bags, n], or a
// vector of all bags one after the other, of which bag k begins at offsets[k] (ascending from 0; other offsets
// throw Error when the value is computed). For sums, the rows are multiplied by per_sample_weights, which has the shape
// of index. The gradient of a maximum goes to the first of equal rows.
Tensor embedding_bag(const Operand& index, const Tensor& weight, const Tensor& offsets = {},
                     const EmbeddingBagOptions& options = {}, const Tensor& per_sample_weights = {});

namespace nn {

// embedding() with a weight [rows, d] of its own that starts as N(0, 1), the row padding_idx as zeros.
class Embedding : public Module {
 public:
  // Throws Error for a negative extent and for a padding_idx outside of the table.
  Embedding(std::int64_t rows, std::int64_t d, const EmbeddingOptions& options = {}, DType dtype = kFloat32,
            SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& index) override;
  std::string str() const override;

  Tensor weight;

 private:
  EmbeddingOptions options_;
};

// embedding_bag() in the same way.
class EmbeddingBag : public Module {
 public:
  EmbeddingBag(std::int64_t rows, std::int64_t d, const EmbeddingBagOptions& options = {}, DType dtype = kFloat32,
               SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& index) override;
  Tensor forward(const Operand& index, const Tensor& offsets, const Tensor& per_sample_weights = {});
  Tensor operator()(const Operand& index) { return Module::operator()(index); }
  Tensor operator()(const Operand& index, const Tensor& offsets, const Tensor& per_sample_weights = {}) {
    check_no_hooks(index.at());
    return forward(index, offsets, per_sample_weights);
  }
  std::string str() const override;

  Tensor weight;

 private:
  EmbeddingBagOptions options_;
};

}  // namespace nn
}  // namespace weft
