// Modules of tables.
#include <string>

#include "weft/embedding.h"

namespace weft::nn {
namespace {

// From the start; nothing without one.
std::optional<std::int64_t> checked(const char* name, std::int64_t rows, std::int64_t d,
                                    std::optional<std::int64_t> padding, SourceLocation at) {
  const std::string table = std::string("[") + name + "] " + std::to_string(rows) + " x " + std::to_string(d);
  if (rows < 0 || d < 0) throw Error(ErrorKind::shape, table + ": a negative extent", at);
  if (!padding) return padding;
  if (*padding < -rows || *padding >= rows)
    throw Error(ErrorKind::value, table + ": padding_idx " + std::to_string(*padding) + " is outside of the table", at);
  return *padding < 0 ? *padding + rows : *padding;
}

// The user may have put any tensor there.
std::string extents(const Tensor& weight) {
  if (!weight.defined() || weight.dim() != 2) return "?, ?";
  return std::to_string(weight.size(0)) + ", " + std::to_string(weight.size(1));
}

std::string padding_text(std::optional<std::int64_t> padding) {
  return padding ? ", padding_idx=" + std::to_string(*padding) : "";
}

}  // namespace

Embedding::Embedding(std::int64_t rows, std::int64_t d, const EmbeddingOptions& options, DType dtype, SourceLocation at)
    : options_(options) {
  options_.padding_idx = checked("Embedding", rows, d, options.padding_idx, at);
  weight = register_normal("weight", {rows, d}, options_.padding_idx, dtype, at);
}
Tensor Embedding::forward(const Operand& index) { return embedding(index, weight, options_); }
std::string Embedding::str() const { return "Embedding(" + extents(weight) + padding_text(options_.padding_idx) + ")"; }

EmbeddingBag::EmbeddingBag(std::int64_t rows, std::int64_t d, const EmbeddingBagOptions& options, DType dtype,
                           SourceLocation at)
    : options_(options) {
  options_.padding_idx = checked("EmbeddingBag", rows, d, options.padding_idx, at);
  weight = register_normal("weight", {rows, d}, options_.padding_idx, dtype, at);
}
Tensor EmbeddingBag::forward(const Operand& index) { return forward(index, {}); }
Tensor EmbeddingBag::forward(const Operand& index, const Tensor& offsets, const Tensor& per_sample_weights) {
  return embedding_bag(index, weight, offsets, options_, per_sample_weights);
}
std::string EmbeddingBag::str() const {
  const std::string mode = options_.mode == BagMode::sum ? "sum" : options_.mode == BagMode::mean ? "mean" : "max";
  return "EmbeddingBag(" + extents(weight) + ", mode='" + mode + "'" + padding_text(options_.padding_idx) + ")";
}

}  // namespace weft::nn
